/** Wall clocks that jump: what takes time is measured by the monotonic clock alone. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { SandboxManager } from '@sandcrew/manager';
import { endOf } from '../../task-end.js';
import { startWorker, type WorkerProcess } from '../../worker-process.js';

/** For a process that imports it: the wall clock goes an hour forward and back, 20 times a second. */
const JUMPS = `
const RealDate = Date;
const shiftMs = () => (Math.floor(performance.now() / 50) % 2 === 0 ? 3600000 : -3600000);
globalThis.Date = class extends RealDate {
  constructor(...args) { super(...(args.length === 0 ? [RealDate.now() + shiftMs()] : args)); }
  static now() { return RealDate.now() + shiftMs(); }
};`;

const SoundDate = Date;
let worker: WorkerProcess;

beforeAll(async () => {
  const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(JUMPS)}`;
  worker = await startWorker([], undefined, { env: { NODE_OPTIONS } });
  // This process, where the manager lives, too.
  const shiftMs = () => (Math.floor(performance.now() / 50) % 2 === 0 ? -3_600_000 : 3_600_000);
  globalThis.Date = class extends SoundDate {
    static override now(): number {
      return SoundDate.now() + shiftMs();
    }
  } as DateConstructor;
});

afterAll(async () => {
  globalThis.Date = SoundDate;
  await worker.stop();
});

test('a clock that is set back and forth ends no task before its time, and keeps none beyond it', async () => {
  const manager = new SandboxManager({ workers: [{ url: worker.url, token: worker.token }] });
  const inTime = endOf(manager.run({ command: 'sleep 1; echo done', timeoutMs: 20_000 }));
  const over = endOf(manager.run({ command: 'sleep 300', timeoutMs: 500 }));
  const [inTimeEnd, overEnd] = await Promise.all([inTime, over]);
  expect(inTimeEnd).toMatchObject({ code: 'completed', exitCode: 0, stdout: 'done\n' });
  expect(overEnd).toMatchObject({ code: 'TIMED_OUT' });
  // An hour would show, a busy machine does not.
  for (const { durationMs } of [inTimeEnd, overEnd]) {
    expect(durationMs).toBeGreaterThanOrEqual(500);
    expect(durationMs).toBeLessThan(120_000);
  }
  const [shown] = manager.getHealth().workers;
  expect(shown).toMatchObject({ phase: 'connected', health: 'healthy' });
  expect(shown?.load?.uptimeMs).toBeLessThan(600_000_000_000);
  await manager.close({ graceMs: 0 });
}, 60_000);
