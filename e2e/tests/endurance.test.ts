/** A bounded part of the endurance for each run of the tests; `npm run test:endurance` runs more of it. */
import { describe, expect, test } from '@jest/globals';
import { SandboxManager } from '@sandcrew/manager';
import { endure } from '../endurance/endurance.js';
import { StallWatch } from '../endurance/stall-watch.js';
import { findGrowth } from '../endurance/vitals.js';

const SEED = Number(process.env.SEED ?? 11);

describe(`mixed tasks from SEED=${SEED}`, () => {
  test('while workers die and stop and connections are cut, each task ends once and truly, and leaves nothing', async () => {
    const options = {
      tasks: 200,
      seed: SEED,
      atOnce: 8,
      withHalfOpen: false,
      share: 0.3,
      progress: () => {},
      stalled: (evidence: string) => process.stderr.write(`${evidence}\n`),
    };
    const { violations, vitals, kinds } = await endure(options);
    expect(violations).toEqual([]);
    expect(findGrowth(vitals)).toEqual([]);
    expect(kinds.size).toBeGreaterThan(5);
  }, 600_000);
});

test('where no task has ended for a minute, a run says which errands are open, what the manager knows and where each process waits', async () => {
  const manager = new SandboxManager({ workers: [{ url: 'ws://127.0.0.1:1', token: 'none' }] });
  try {
    const watch = new StallWatch(new Map([['t7', { kind: 'prompt', sinceMs: 0 }]]), manager, () => [
      process.pid,
    ]);
    const beganMs = 1_000;
    expect(watch.look(1, beganMs)).toBeNull();
    expect(watch.look(1, beganMs + 59_000)).toBeNull();
    const evidence = watch.look(1, beganMs + 60_000);
    expect(evidence).toContain('t7 prompt, for ');
    expect(evidence).toContain('ws://127.0.0.1:1');
    expect(evidence).toContain(`${process.pid} R`);
    expect(watch.look(1, beganMs + 61_000)).toBeNull();
    expect(watch.look(2, beganMs + 200_000)).toBeNull();
  } finally {
    await manager.close({ graceMs: 0 });
  }
});
