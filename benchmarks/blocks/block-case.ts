/** One labelled case: a command, what it is given, and whether it can go on. README.md tells what the fields mean. */
import { BLOCK_REASONS, type BlockReason } from '@sandcrew/protocol';

export interface BlockCase {
  readonly id: string;
  /** The near-identical case with the opposite label, if there is one. */
  readonly twin: string | null;
  /** Name to content, written into the case's directory. */
  readonly files: Readonly<Record<string, string>>;
  /** Run by `sh -c` in the directory, before and outside the task. */
  readonly setup: string | null;
  readonly command: string;
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: { readonly mode: 'closed' | 'open' | 'pty'; readonly feed: readonly Feed[] };
  readonly external: readonly { readonly atMs: number; readonly sh: string }[];
  /** `blackhole`, `slowhttp:GAP_S:CHUNKS` or `flock:FILE:SECONDS`: stands outside the task. */
  readonly aux: string | null;
  readonly limits: { readonly memoryBytes?: number; readonly pids?: number };
  readonly label: Label;
  /** Null unless blocked. */
  readonly reason: BlockReason | null;
  readonly acceptReasons: readonly string[];
  /** On an idle machine, after the start. Null unless blocked. */
  readonly becomesBlockedAtMs: number | null;
  readonly decidability: Decidability | null;
  /** How long it is watched; a healthy case ends by itself before. */
  readonly durationMs: number;
  /** It takes a whole core: few of these run at once. */
  readonly cpuBound: boolean;
  readonly needs: readonly string[];
}

export type Feed = { readonly atMs: number } & ({ readonly data: string } | { readonly close: true });
export type Label = (typeof LABELS)[number];
export type Decidability = (typeof DECIDABILITIES)[number];

const LABELS = ['healthy', 'serving', 'blocked'] as const;
const DECIDABILITIES = ['certain', 'probable', 'undecidable'] as const;
const STDIN_MODES = ['closed', 'open', 'pty'];

/** Whether it loops, alone or with others: what only a proof could confirm. */
export function isLoop({ reason }: BlockCase): boolean {
  return reason === 'infinite_loop' || reason === 'livelock';
}

/** A case from its line of JSON. @throws {Error} naming what is wrong with it. */
export function parseCase(line: string): BlockCase {
  const one = JSON.parse(line) as BlockCase;
  const expect = (holds: boolean, what: string) => {
    if (!holds) throw new Error(`case ${JSON.stringify(one.id)}: expected ${what}`);
  };
  expect(/^[a-z0-9-]{1,64}$/.test(one.id), 'an id of a-z, 0-9 and -');
  expect(LABELS.includes(one.label), `a label of ${LABELS.join(', ')}`);
  expect(typeof one.command === 'string' && one.command !== '', 'a command');
  expect(STDIN_MODES.includes(one.stdin?.mode), `stdin.mode of ${STDIN_MODES.join(', ')}`);
  expect(one.durationMs > 0, 'durationMs over 0');
  const isBlocked = one.label === 'blocked';
  expect(isBlocked === (one.reason !== null), 'a reason where it is blocked, and only there');
  expect(isBlocked === (one.becomesBlockedAtMs !== null), 'becomesBlockedAtMs where it is blocked');
  if (!isBlocked) return one;
  expect(BLOCK_REASONS.includes(one.reason as BlockReason), `a reason of the wire, got ${one.reason}`);
  expect(one.acceptReasons.includes(one.reason as string), 'its reason among acceptReasons');
  expect(
    DECIDABILITIES.includes(one.decidability as Decidability),
    `decidability of ${DECIDABILITIES.join(', ')}`,
  );
  return one;
}
