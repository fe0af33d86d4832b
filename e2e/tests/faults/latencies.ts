/** How long a neighbour's short commands take, before, while and after something: what is measured of them, and what follows from it. */
import type { SandboxManager } from '@sandcrew/manager';

/** One command, from the call to its end. */
export interface Probe {
  readonly beganMs: number;
  readonly tookMs: number;
}

export interface Spread {
  readonly probes: number;
  readonly p50Ms: number;
  readonly worstMs: number;
}

const WINDOW_MS = 500;
/** Slower than the usual by this much is not back to the usual. */
const USUAL_WITHIN = 1.5;

/** Those that began in a span of time. A command counts where it began, however late it ended. */
export function spreadOf(probes: readonly Probe[], fromMs: number, toMs: number): Spread {
  const took = probes
    .filter(({ beganMs }) => beganMs >= fromMs && beganMs < toMs)
    .map(({ tookMs }) => tookMs)
    .sort((a, b) => a - b);
  return {
    probes: took.length,
    p50Ms: took[Math.floor(took.length / 2)] ?? Number.NaN,
    worstMs: took.at(-1) ?? Number.NaN,
  };
}

/** The spans of half a second that lie whole in a longer one. */
export function halfSeconds(probes: readonly Probe[], fromMs: number, toMs: number): Spread[] {
  const spreads: Spread[] = [];
  for (let startMs = fromMs; startMs + WINDOW_MS <= toMs; startMs += WINDOW_MS)
    spreads.push(spreadOf(probes, startMs, startMs + WINDOW_MS));
  return spreads;
}

/**
 * Milliseconds from `endMs` to the first command from which on half a second of them is as fast as usual: their median within
 * 1.5 times `usualP50Ms`. Infinite where there is none.
 */
export function recoveredAfterMs(probes: readonly Probe[], endMs: number, usualP50Ms: number): number {
  const after = probes.filter(({ beganMs }) => beganMs >= endMs).sort((a, b) => a.beganMs - b.beganMs);
  const lastMs = after.at(-1)?.beganMs ?? endMs;
  const first = after.find(
    ({ beganMs, tookMs }) =>
      beganMs + WINDOW_MS <= lastMs &&
      tookMs <= USUAL_WITHIN * usualP50Ms &&
      spreadOf(after, beganMs, beganMs + WINDOW_MS).p50Ms <= USUAL_WITHIN * usualP50Ms,
  );
  return first === undefined ? Number.POSITIVE_INFINITY : first.beganMs + first.tookMs - endMs;
}

/** The longest time in a span in which not one command ended. */
export function longestSilenceMs(probes: readonly Probe[], fromMs: number, toMs: number): number {
  const ends = probes.map(({ beganMs, tookMs }) => beganMs + tookMs).filter((ms) => ms > fromMs && ms < toMs);
  const marks = [fromMs, ...ends.sort((a, b) => a - b), toMs];
  return Math.max(...marks.slice(1).map((ms, index) => ms - (marks[index] ?? fromMs)));
}

/** Runs a short command at a pace, whether or not those before have ended, so that a long wait is felt by each that falls into it. */
export class Neighbour {
  readonly probes: Probe[] = [];
  readonly #manager: SandboxManager;
  readonly #timer: NodeJS.Timeout;
  readonly #open = new Set<Promise<void>>();
  /** What went wrong with a command: nothing may. */
  readonly failures: unknown[] = [];

  constructor(manager: SandboxManager, paceMs: number) {
    this.#manager = manager;
    this.#timer = setInterval(() => this.#probe(), paceMs);
  }

  /** Resolves when each that was begun has ended. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#open);
  }

  #probe(): void {
    const beganMs = performance.now();
    const done = this.#manager.run({ command: 'true', timeoutMs: 20_000 }).then(
      ({ exitCode }) => {
        this.probes.push({ beganMs, tookMs: performance.now() - beganMs });
        if (exitCode !== 0) this.failures.push(exitCode);
      },
      (error) => void this.failures.push(error),
    );
    this.#open.add(done);
    void done.then(() => this.#open.delete(done));
  }
}
