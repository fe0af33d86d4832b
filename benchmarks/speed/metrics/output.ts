/** How fast output comes: in bulk, line by line, and while a hundred commands write a line now and then. */
import { createHash } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { expectRight, type Metric, ratioRow } from '../metric.js';
import type { OpenPeer, Peer } from '../peer.js';
import { bareJsonPipe, barePipe } from '../peers/bare-pipe.js';
import { controlMaster } from '../peers/control-master.js';
import { sandcrewLibrary } from '../peers/sandcrew-library.js';
import { sandcrewWire } from '../peers/sandcrew-wire.js';
import { measureRounds, median, quantile, ratioOf, type Samples } from '../rounds.js';

const WIRE = sandcrewWire('process-group');
const TEXT = sandcrewWire('process-group', 'text');
const LIBRARY = sandcrewLibrary('process-group');

const MIB = 1_048_576;

export const bulk: Metric = {
  name: 'bulk',
  title: 'output in bulk',
  measure: async (bench) => {
    const bytes = Math.ceil(256 * bench.scale) * MIB;
    await checkBytes([WIRE, TEXT, LIBRARY], bytes);
    const samples = await measureRounds(
      [barePipe, bareJsonPipe, controlMaster, WIRE, TEXT, LIBRARY],
      { rounds: 5, width: 1, warmUps: 1 },
      async (peer) => {
        const { exitCode, bytes: got, durationMs } = await peer.run(zeros(bytes));
        expectRight('exit code of head', exitCode, 0);
        expectRight('bytes of head', got, bytes);
        return bytes / durationMs / 1_000;
      },
      bench.skip,
    );
    const row = rowsOf(samples, 'MB/s', 0);
    const size = `${Math.ceil(256 * bench.scale)} MiB`;
    return [
      ...row(`${size}, binary wire`, WIRE, barePipe, { text: '>= 0.85 x bare pipe', atLeast: 0.85 }),
      ...row(`${size}, binary wire`, WIRE, controlMaster, { text: '>= 2 x ControlMaster', atLeast: 2 }),
      ...row(`${size}, text wire`, TEXT, bareJsonPipe, { text: '>= 0.8 x bare JSON pipe', atLeast: 0.8 }),
      ...row(`${size}, \`manager.run\``, LIBRARY, barePipe, null),
    ];
  },
};

export const lines: Metric = {
  name: 'lines',
  title: 'lines, one write each',
  measure: async (bench) => {
    const count = Math.ceil(300_000 * bench.scale);
    const program = ['perl', '-e', `$| = 1; print "line $_\\n" for 1..${count}`];
    const samples = await measureRounds(
      [barePipe, controlMaster, WIRE],
      { rounds: 5, width: 1, warmUps: 1 },
      async (peer) => {
        let got = 0;
        const onOutput = (data: Uint8Array) => {
          for (const byte of data) if (byte === 10) got++;
        };
        const { durationMs } = await peer.run(program, { onOutput });
        expectRight('lines', got, count);
        return (count / durationMs) * 1_000;
      },
      bench.skip,
    );
    const row = rowsOf(samples, 'lines/s', 0);
    return [
      ...row('a write each line', WIRE, controlMaster, { text: '>= 1.0 x ControlMaster', atLeast: 1 }),
      ...row('a write each line', WIRE, barePipe, null),
    ];
  },
};

/** Each line is the time at which it was written, by the clock that all processes of a machine share. */
const TICKER = [
  ...['perl', '-MTime::HiRes=clock_gettime,CLOCK_MONOTONIC,usleep', '-e'],
  '$| = 1; for (1..$ARGV[0]) { printf "%.6f\\n", clock_gettime(CLOCK_MONOTONIC); usleep(10_000) }',
];
/** Nothing of one peer's round is left when the next begins. */
const REST_MS = 500;

export const lineLatency: Metric = {
  name: 'line-latency',
  title: '100 commands, a line each 10 ms: from write to reader, p99',
  measure: async (bench) => {
    const width = 100;
    const count = Math.ceil(200 * bench.scale);
    const samples = await measureRounds(
      [barePipe, controlMaster, WIRE],
      { rounds: 2, width, warmUps: 0 },
      async (peer) => {
        const latencies: number[] = [];
        await Promise.all(Array.from({ length: width }, () => tick(peer, count, latencies)));
        expectRight('lines of all commands', latencies.length, width * count);
        await setTimeout(REST_MS);
        return quantile(latencies, 0.99);
      },
      bench.skip,
    );
    const row = rowsOf(samples, 'ms', 1);
    return [
      ...row('line latency p99', WIRE, controlMaster, { text: '<= 0.1 x ControlMaster', atMost: 0.1 }),
      ...row('line latency p99', WIRE, barePipe, null),
    ];
  },
};

/** The bytes themselves are checked once each, outside the time: a hash would be most of it. */
async function checkBytes(peers: readonly Peer[], bytes: number): Promise<void> {
  const right = createHash('sha256').update(Buffer.alloc(bytes)).digest('hex');
  for (const peer of peers) {
    const open = await peer.open(1);
    try {
      const hash = createHash('sha256');
      await open.run(zeros(bytes), { onOutput: (data) => hash.update(data) });
      expectRight(`SHA-256 by ${peer.name}`, hash.digest('hex'), right);
    } finally {
      await open.close();
    }
  }
}

function zeros(bytes: number): string[] {
  return ['head', '-c', String(bytes), '/dev/zero'];
}

async function tick(peer: OpenPeer, count: number, latencies: number[]): Promise<void> {
  let cut = '';
  const onOutput = (data: Uint8Array) => {
    const nowMs = Number(process.hrtime.bigint()) / 1e6;
    const whole = (cut + Buffer.from(data).toString()).split('\n');
    cut = whole.pop() ?? '';
    for (const line of whole) latencies.push(nowMs - Number(line) * 1_000);
  };
  await peer.run([...TICKER, String(count)], { onOutput });
}

type Bound = Parameters<typeof ratioRow>[2];

function rowsOf(samples: Samples, unit: string, digits: number) {
  return (what: string, ours: Peer, theirs: Peer, bound: Bound) => {
    const own = samples.get(ours.name);
    const other = samples.get(theirs.name);
    if (own === undefined || other === undefined) return [];
    const show = (figures: readonly number[]) => `${median(figures).toFixed(digits)} ${unit}`;
    const figures = { ours: show(own), theirs: `${theirs.name} ${show(other)}`, ratio: ratioOf(own, other) };
    return [ratioRow(what, figures, bound)];
  };
}
