/** What looking costs is the CPU that it takes: on a busy host it would else be done the more seldom, the more there is to see. */
import { expect, test } from '@jest/globals';
import { measureCpu } from '#src/io/cpu-cost.js';

test('time in which the work is not given the CPU costs nothing', () => {
  const measured = measureCpu();
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_000);
  expect(measured()).toBeLessThan(1_000); // other threads may compile and collect meanwhile
});

test('CPU time costs as much as there is of it', () => {
  const before = process.cpuUsage();
  const measured = measureCpu();
  const usedMs = () => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000;
  };
  while (usedMs() < 50);
  expect(measured()).toBeGreaterThan(20);
});
