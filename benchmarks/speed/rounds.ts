/** Interleaved rounds: each peer is measured once a round, in a new order each time, so that what disturbs one disturbs all. */
import type { PlottedLine } from '@sandcrew/testkit';
import type { OpenPeer, Peer } from './peer.js';

/** One figure for each round, by the name of the peer. */
export type Samples = ReadonlyMap<string, readonly number[]>;

/** Puts the peers up, measures them round by round, and takes them down. Those that are missing are told to `skip`. */
export async function measureRounds(
  peers: readonly Peer[],
  plan: { readonly rounds: number; readonly width: number; readonly warmUps: number },
  measure: (peer: OpenPeer, round: number) => Promise<number>,
  skip: (peer: string, why: string) => void,
): Promise<Samples> {
  const open: { readonly name: string; readonly peer: OpenPeer; readonly figures: number[] }[] = [];
  try {
    for (const peer of peers) {
      const why = peer.missing();
      if (why !== null) skip(peer.name, why);
      else open.push({ name: peer.name, peer: await peer.open(plan.width), figures: [] });
    }
    for (let count = 0; count < plan.warmUps; count++) for (const { peer } of open) await measure(peer, 0);
    for (let round = 0; round < plan.rounds; round++) {
      const order = open.map((_, index) => open[(index + round) % open.length] as (typeof open)[number]);
      for (const { peer, figures } of order) figures.push(await measure(peer, round));
    }
    return new Map(open.map(({ name, figures }) => [name, figures]));
  } finally {
    for (const { peer } of open) await peer.close();
  }
}

/** Of rounds that took these values of x in turn: a line for each peer, each point the median of its rounds. */
export function linesOf(samples: Samples, xs: readonly number[]): PlottedLine[] {
  return [...samples].map(([name, figures]) => ({
    name,
    points: xs.map((x, at) => [x, median(figures.filter((_, round) => round % xs.length === at))] as const),
  }));
}

export function median(figures: readonly number[]): number {
  return quantile(figures, 0.5);
}

/** @param share 0 to 1. */
export function quantile(figures: readonly number[], share: number): number {
  const sorted = [...figures].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

export interface Ratio {
  readonly median: number;
  /** The middle half of the rounds. */
  readonly from: number;
  readonly to: number;
}

/** Of the paired rounds, `one` over `other`. */
export function ratioOf(one: readonly number[], other: readonly number[]): Ratio {
  const ratios = one.map((figure, round) => figure / (other[round] ?? Number.NaN));
  return { median: median(ratios), from: quantile(ratios, 0.25), to: quantile(ratios, 0.75) };
}
