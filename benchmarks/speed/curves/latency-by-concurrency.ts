/** How long `true` takes while so many run at once. */
import type { Curve } from '../curve.js';
import { expectRight } from '../metric.js';
import type { OpenPeer } from '../peer.js';
import { controlMaster } from '../peers/control-master.js';
import { local } from '../peers/local.js';
import { sandcrewWire } from '../peers/sandcrew-wire.js';
import { linesOf, measureRounds, median } from '../rounds.js';

const WIDTHS = [1, 2, 4, 8, 16, 32];
const REPEATS = 3;
/** Each lane runs so many, and a round no fewer than this. */
const A_LANE = 4;
const A_ROUND = 24;

export const latencyByConcurrency: Curve = {
  name: 'latency-by-concurrency',
  title: '`true`, to its told end, while so many run at once: p50',
  x: { label: 'commands at once', scale: 'log' },
  y: { label: 'ms', scale: 'log' },
  measure: async (bench) => {
    const peers = [local, sandcrewWire('process-group'), sandcrewWire('bubblewrap'), controlMaster];
    const plan = { rounds: WIDTHS.length * Math.ceil(REPEATS * bench.scale), width: 32, warmUps: 1 };
    const samples = await measureRounds(
      peers,
      plan,
      (peer, round) => latency(peer, WIDTHS[round % WIDTHS.length] as number),
      bench.skip,
    );
    return linesOf(samples, WIDTHS);
  },
};

/** The median of a round, milliseconds. */
async function latency(peer: OpenPeer, width: number): Promise<number> {
  const durationsMs: number[] = [];
  let left = Math.max(A_ROUND, A_LANE * width);
  const lane = async () => {
    while (left-- > 0) {
      const { exitCode, durationMs } = await peer.run(['/bin/true']);
      expectRight('exit code of true', exitCode, 0);
      durationsMs.push(durationMs);
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
  return median(durationsMs);
}
