/** How long a small command takes: to its end, to its first byte; spaced out, back to back, and 32 at once. */
import { setTimeout } from 'node:timers/promises';
import { expectRight, type Metric, type Row, ratioRow } from '../metric.js';
import type { OpenPeer, Peer } from '../peer.js';
import { bullQueue } from '../peers/bull-queue.js';
import { controlMaster } from '../peers/control-master.js';
import { local } from '../peers/local.js';
import { plainBubblewrap } from '../peers/plain-bubblewrap.js';
import { sandcrewDispatch } from '../peers/sandcrew-dispatch.js';
import { sandcrewLibrary } from '../peers/sandcrew-library.js';
import { sandcrewWire } from '../peers/sandcrew-wire.js';
import { measureRounds, median, quantile, ratioOf, type Samples } from '../rounds.js';

const GROUP = sandcrewWire('process-group');
const CONTAINED = sandcrewWire('bubblewrap');
const LIBRARY = sandcrewLibrary('bubblewrap');
const TRACED = sandcrewLibrary('process-group');
const UNTRACED = sandcrewLibrary('process-group', { telemetry: false });
const PEERS = [local, controlMaster, GROUP, CONTAINED, LIBRARY];

/** 20 a second, as an agent's tool calls at their busiest. */
const SPACING_MS = 50;
const TASKS_AT_ONCE = 32;
const TASKS_A_ROUND = 256;
const LOOP = 40;

export const execSpaced: Metric = {
  name: 'exec-spaced',
  title: '`true`, 20 a second, to its told end',
  measure: async (bench) => {
    const plan = { rounds: Math.ceil(600 * bench.scale), width: 1, warmUps: 5 };
    const samples = await measureRounds(PEERS, plan, spacedTrue, bench.skip);
    return [
      ...rows(samples, 'exec, process-group', GROUP, [
        [local, { text: '<= 1.3 x local spawn', atMost: 1.3 }],
      ]),
      ...rows(samples, 'exec, bubblewrap', CONTAINED, [
        [local, { text: '<= 1.0 x uncontained local spawn', atMost: 1 }],
        [controlMaster, { text: '<= 0.25 x ControlMaster', atMost: 0.25 }],
      ]),
      ...rows(samples, 'exec, bubblewrap, `manager.run`', LIBRARY, [[local, null]]),
    ];
  },
};

export const firstByte: Metric = {
  name: 'first-byte',
  title: 'the first byte of `echo`',
  measure: async (bench) => {
    const plan = { rounds: Math.ceil(100 * bench.scale), width: 1, warmUps: 5 };
    const samples = await measureRounds(PEERS, plan, firstByteOfEcho, bench.skip);
    const bound = { text: '<= 1.2 x local', atMost: 1.2 };
    return [
      ...rows(samples, 'first byte, process-group', GROUP, [[local, bound]]),
      ...rows(samples, 'first byte, bubblewrap', CONTAINED, [[local, bound]]),
    ];
  },
};

export const backToBack: Metric = {
  name: 'back-to-back',
  title: '`true`, one after the other',
  measure: async (bench) => {
    const peers = [local, plainBubblewrap, GROUP, CONTAINED];
    const plan = { rounds: Math.ceil(8 * bench.scale), width: 1, warmUps: 1 };
    const samples = await measureRounds(peers, plan, (peer) => timeATask(peer, LOOP, 1), bench.skip);
    return [
      ...rows(samples, 'back to back, process-group', GROUP, [[local, null]]),
      ...rows(samples, 'back to back, bubblewrap', CONTAINED, [
        [plainBubblewrap, { text: '<= 1.0 x a plain bwrap loop', atMost: 1 }],
      ]),
    ];
  },
};

export const telemetry: Metric = {
  name: 'telemetry',
  title: '`true` by `manager.run`, one after the other, where no OpenTelemetry SDK is set up',
  measure: async (bench) => {
    const plan = { rounds: Math.ceil(60 * bench.scale), width: 1, warmUps: 3 };
    const peers = [TRACED, UNTRACED];
    const samples = await measureRounds(peers, plan, (peer) => timeATask(peer, LOOP, 1), bench.skip);
    const bound = { text: '<= 1.05 x telemetry: false', atMost: 1.05 };
    return rows(samples, '`manager.run`, no SDK', TRACED, [[UNTRACED, bound]]);
  },
};

export const tasksAtOnce: Metric = {
  name: 'tasks-at-once',
  title: `${TASKS_AT_ONCE} tasks at once, time a task`,
  measure: async (bench) => {
    const plan = { rounds: Math.ceil(6 * bench.scale), width: TASKS_AT_ONCE, warmUps: 1 };
    const measure = (peer: OpenPeer) => timeATask(peer, TASKS_A_ROUND, TASKS_AT_ONCE);
    const samples = await measureRounds([local, GROUP, CONTAINED], plan, measure, bench.skip);
    const bound = { text: '>= 0.9 x the tasks/s of a local loop', atMost: 1 / 0.9 };
    return [
      ...rows(samples, '32 at once, process-group', GROUP, [[local, bound]]),
      ...rows(samples, '32 at once, bubblewrap', CONTAINED, [[local, null]]),
    ];
  },
};

export const dispatch: Metric = {
  name: 'dispatch',
  title: 'from the call to the worker that is to do it, 20 a second',
  measure: async (bench) => {
    const plan = { rounds: Math.ceil(300 * bench.scale), width: 16, warmUps: 20 };
    const samples = await measureRounds([sandcrewDispatch, bullQueue], plan, spacedDispatch, bench.skip);
    const own = samples.get(sandcrewDispatch.name) ?? [];
    const told = `p50 ${median(own).toFixed(2)} ms, p99 ${quantile(own, 0.99).toFixed(2)} ms`;
    return [
      {
        what: 'submit to worker',
        ...{ ours: told, theirs: '', ratio: null },
        goal: { text: 'p50 <= 1 ms', isMet: median(own) <= 1 },
      },
      ...rows(samples, 'submit to worker', sandcrewDispatch, [[bullQueue, null]]),
    ];
  },
};

async function spacedDispatch(peer: OpenPeer): Promise<number> {
  await setTimeout(SPACING_MS / 2);
  return (await runTrue(peer)).durationMs;
}

async function spacedTrue(peer: OpenPeer): Promise<number> {
  await setTimeout(SPACING_MS / PEERS.length);
  return (await runTrue(peer)).durationMs;
}

async function firstByteOfEcho(peer: OpenPeer): Promise<number> {
  await setTimeout(SPACING_MS / PEERS.length);
  const { exitCode, bytes, firstByteMs } = await peer.run(['/bin/echo', 'hello']);
  expectRight('exit code of echo', exitCode, 0);
  expectRight('bytes of echo', bytes, 6);
  return firstByteMs ?? Number.NaN;
}

/** Wall clock a task, milliseconds. */
async function timeATask(peer: OpenPeer, count: number, atOnce: number): Promise<number> {
  const startMs = performance.now();
  let left = count;
  const lane = async () => {
    while (left-- > 0) await runTrue(peer);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return (performance.now() - startMs) / count;
}

async function runTrue(peer: OpenPeer) {
  const result = await peer.run(['/bin/true']);
  expectRight('exit code of true', result.exitCode, 0);
  return result;
}

type Bound = Parameters<typeof ratioRow>[2];

function rows(
  samples: Samples,
  what: string,
  ours: Peer,
  against: readonly (readonly [Peer, Bound])[],
): Row[] {
  const own = samples.get(ours.name);
  return against.flatMap(([peer, bound]) => {
    const theirs = samples.get(peer.name);
    if (own === undefined || theirs === undefined) return [];
    const figures = {
      ours: `${median(own).toFixed(2)} ms`,
      theirs: `${peer.name} ${median(theirs).toFixed(2)} ms`,
      ratio: ratioOf(own, theirs),
    };
    return [ratioRow(what, figures, bound)];
  });
}
