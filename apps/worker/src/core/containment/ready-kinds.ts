/**
 * Of which kinds sandboxes are made ahead of their commands, and how many. A kind is all that a sandbox is made for: its
 * directories, network and ends. It decides by when kinds were used; it knows no process.
 */
export interface ReadyPolicy {
  /** Most sandboxes that wait at once, of all kinds together (`--ready-sandboxes`). */
  readonly most: number;
  /** A kind that was not used for so long has none waiting, and none waits longer itself: the host may have changed. */
  readonly maxAgeMs: number;
}

/** When each kind was used last, the latest last. */
export type KindUses = Map<string, number>;

export function noteUse(uses: KindUses, kind: string, nowMs: number, policy: ReadyPolicy): void {
  uses.delete(kind);
  uses.set(kind, nowMs);
  for (const [other, usedAtMs] of uses)
    if (uses.size > policy.most || nowMs - usedAtMs > policy.maxAgeMs) uses.delete(other);
}

/** How many of each kind should wait: kinds that are used in turn share what there is. */
export function chooseWanted(uses: KindUses, nowMs: number, policy: ReadyPolicy): Map<string, number> {
  const recent = [...uses].filter(([, usedAtMs]) => nowMs - usedAtMs <= policy.maxAgeMs);
  const share = Math.floor(policy.most / Math.max(1, recent.length));
  return new Map(recent.map(([kind]) => [kind, share]));
}
