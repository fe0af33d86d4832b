/** BullMQ on a Redis of its own: how long a queue that many agents' hosts would else take needs to hand a job to a worker. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Queue, QueueEvents, Worker } from 'bullmq';
import { freePort } from '../free-port.js';
import type { Peer, RunResult } from '../peer.js';

const QUEUE = 'tasks';

/** `run` measures from `add` to the call of the worker's function; then it waits for the told end. */
export const bullQueue: Peer = {
  name: 'BullMQ',
  missing() {
    try {
      execFileSync('redis-server', ['--version'], { stdio: 'ignore' });
      return null;
    } catch {
      return 'needs Redis: apt-get install redis-server';
    }
  },
  async open(width) {
    const directory = await mkdtemp(join(tmpdir(), 'sandcrew-redis-'));
    const port = await freePort();
    const settings = ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory, '--save', ''];
    const server = spawn('redis-server', settings, { stdio: ['ignore', 'pipe', 'ignore'] });
    for await (const line of createInterface({ input: server.stdout }))
      if (/Ready to accept connections/.test(line)) break;
    server.stdout.resume();
    const connection = { host: '127.0.0.1', port, maxRetriesPerRequest: null };
    const receivedAtMs = new Map<string, number>();
    const queue = new Queue(QUEUE, { connection });
    const events = new QueueEvents(QUEUE, { connection });
    const take = async ({ id = '' }: { id?: string }) => void receivedAtMs.set(id, performance.now());
    const worker = new Worker(QUEUE, take, { connection, concurrency: width });
    await Promise.all([queue.waitUntilReady(), events.waitUntilReady(), worker.waitUntilReady()]);
    let jobs = 0;
    return {
      async run(argv): Promise<RunResult> {
        const id = `job-${++jobs}`;
        const startMs = performance.now();
        const job = await queue.add('run', { argv }, { jobId: id, removeOnComplete: true });
        await job.waitUntilFinished(events);
        const durationMs = (receivedAtMs.get(id) ?? Number.NaN) - startMs;
        receivedAtMs.delete(id);
        return { exitCode: 0, firstByteMs: null, durationMs, bytes: 0 };
      },
      async close() {
        await worker.close();
        await events.close();
        await queue.close();
        const ended = once(server, 'exit');
        server.kill('SIGTERM');
        await ended;
        await rm(directory, { recursive: true, force: true });
      },
    };
  },
};
