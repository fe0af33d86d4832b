/** Timers may fire some milliseconds before they are due, the more the busier the event loop is: what hangs on them is done all the same. */
import { expect, test } from '@jest/globals';
import type { WorkerEffect } from '#src/core/effect.js';
import { taskKey } from '#src/core/state.js';
import { Machine } from './machine.js';

test('output that is held open is looked into at 1.5 s, also where its timer fires early', () => {
  const machine = new Machine();
  const key = taskKey('manager:m', 't');
  const say = (message: object) =>
    machine.step({
      type: 'message_received',
      sessionId: 's',
      message: { timestamp: 1, ...message } as never,
    });
  machine.step({ type: 'connection_opened', sessionId: 's', tokenName: 'default' });
  say({ type: 'hello', managerId: 'm', output: 'binary' });
  say({ type: 'execute_command', taskId: 't', command: 'sleep 60 &', lingerMs: 10_000 });
  machine.step({ type: 'process_started', taskKey: key, pid: 7 });
  machine.earlyMs = 4;
  machine.step({ type: 'process_exited', taskKey: key, exitCode: 0, signal: null, memoryKills: 0 });
  const looks = (effects: readonly WorkerEffect[]) => effects.filter(({ type }) => type === 'list_holders');
  expect(looks(machine.wait(1_499))).toEqual([]);
  expect(looks(machine.wait(1))).toHaveLength(1);
});
