/** What a worker costs: at rest, while nobody reads a gigabyte, and after work. */
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { WorkerConnection } from '../../dist/blocks/worker-connection.js';
import { startWorker } from '../../dist/blocks/worker-process.js';
import { expectRight, type Metric, type Row } from '../metric.js';
import type { OpenPeer } from '../peer.js';
import { sandcrewWire } from '../peers/sandcrew-wire.js';
import { median, ratioOf } from '../rounds.js';

const MIB = 1_048_576;
const START_ROUNDS = 5;
const SETTLE_MS = 1_000;
const WATCH_EVERY_MS = 20;
const UNREAD_TIMEOUT_MS = 120_000;

export const atRest: Metric = {
  name: 'at-rest',
  title: 'a worker at rest',
  measure: async () => {
    const startsMs: number[] = [];
    const residents: number[] = [];
    for (let round = 0; round < START_ROUNDS; round++) {
      const startMs = performance.now();
      const worker = await startWorker(16, ['--containment', 'process-group']);
      startsMs.push(performance.now() - startMs);
      await setTimeout(SETTLE_MS);
      residents.push(residentBytes(worker.pid) / MIB);
      await worker.stop();
    }
    return [
      bounded('start to listening', median(startsMs), 'ms', 400),
      bounded('RSS at rest', median(residents), 'MiB', 70),
    ];
  },
};

export const unread: Metric = {
  name: 'unread',
  title: 'a gigabyte that nobody reads',
  measure: async (bench) => {
    const bytes = Math.ceil(1_024 * bench.scale) * MIB;
    const worker = await startWorker(4, ['--containment', 'process-group']);
    try {
      const connection = await WorkerConnection.open(worker.url, worker.token, { acks: false });
      await setTimeout(SETTLE_MS);
      const before = residentBytes(worker.pid);
      let most = before;
      const watch = setInterval(() => {
        most = Math.max(most, residentBytes(worker.pid));
      }, WATCH_EVERY_MS);
      const command = `head -c ${bytes} /dev/zero; touch written`;
      connection.send({ type: 'execute_command', taskId: 't1', command, timeoutMs: 0 });
      // Its end waits behind the output that nobody takes: a file tells that it came to it.
      const isWritten = await awaitFile(`${worker.workspace}/written`);
      clearInterval(watch);
      connection.close();
      expectRight('the command came to its end', isWritten, true);
      return [bounded('RSS grown while 1 GiB is not read', (most - before) / MIB, 'MiB', 20)];
    } finally {
      await worker.stop();
    }
  },
};

export const afterLoad: Metric = {
  name: 'after-load',
  title: '`true` after 1 GiB and 3,000 tasks',
  measure: async (bench) => {
    const peer = await sandcrewWire('process-group').open(16);
    try {
      await execs(peer); // what a fresh worker compiles on its first tasks is not its pace
      const fresh = await execs(peer);
      await peer.run(['head', '-c', String(Math.ceil(1_024 * bench.scale) * MIB), '/dev/zero']);
      let left = Math.ceil(3_000 * bench.scale);
      const lane = async () => {
        while (left-- > 0) await peer.run(['/bin/true']);
      };
      await Promise.all(Array.from({ length: 16 }, lane));
      const later = await execs(peer);
      const ratio = ratioOf(later, fresh);
      const ours = `${median(later).toFixed(2)} ms`;
      const theirs = `fresh ${median(fresh).toFixed(2)} ms`;
      const goal = { text: '<= 1.2 x fresh', isMet: ratio.median <= 1.2 };
      return [{ what: 'exec after the load', ours, theirs, ratio, goal }];
    } finally {
      await peer.close();
    }
  },
};

async function execs(peer: OpenPeer): Promise<number[]> {
  const figures: number[] = [];
  for (let index = 0; index < 60; index++) figures.push((await peer.run(['/bin/true'])).durationMs);
  return figures;
}

async function awaitFile(path: string): Promise<boolean> {
  const deadlineMs = performance.now() + UNREAD_TIMEOUT_MS;
  while (performance.now() < deadlineMs) {
    if (existsSync(path)) return true;
    await setTimeout(WATCH_EVERY_MS);
  }
  return false;
}

function residentBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1_024;
}

function bounded(what: string, figure: number, unit: string, atMost: number): Row {
  const goal = { text: `<= ${atMost} ${unit}`, isMet: figure <= atMost };
  return { what, ours: `${figure.toFixed(0)} ${unit}`, theirs: '', ratio: null, goal };
}
