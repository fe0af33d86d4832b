/** Output that is held open is told at 1.5 s, also by a worker whose timers and answers are late or early. */
import { expect, test } from '@jest/globals';
import type { WorkerEffect } from '#src/core/effect.js';
import type { WorkerEvent } from '#src/core/event.js';
import { taskKey } from '#src/core/state.js';
import { Machine } from './machine.js';

const KEY = taskKey('manager:m', 't');
const HOLDERS: WorkerEvent = {
  type: 'holders_listed',
  taskKey: KEY,
  holders: { processes: [{ pid: 9, name: 'sleep' }], resourceUsage: {} },
};

/** A worker whose task's command has just exited, and left its output open. */
function holding(more: object, earlyMs = 0): Machine {
  const machine = new Machine();
  const say = (message: object) =>
    machine.step({
      type: 'message_received',
      sessionId: 's',
      message: { timestamp: 1, ...message } as never,
    });
  machine.step({ type: 'connection_opened', sessionId: 's', tokenName: 'default' });
  say({ type: 'hello', managerId: 'm', output: 'binary' });
  say({ type: 'execute_command', taskId: 't', command: 'sleep 60 &', ...more });
  machine.step({ type: 'process_started', taskKey: KEY, pid: 7 });
  machine.earlyMs = earlyMs;
  machine.step({ type: 'process_exited', taskKey: KEY, exitCode: 0, signal: null, memoryKills: 0 });
  return machine;
}

/** Of these effects the ones that matter here, by name; a message by its type. */
function tell(effects: readonly WorkerEffect[]): string[] {
  return effects
    .map((effect) => (effect.type === 'send' ? effect.message.type : effect.type))
    .filter((name) => ['list_holders', 'block_detected', 'end_tree'].includes(name));
}

test('it is looked into at 1.5 s, also where its timer fires early', () => {
  const machine = holding({ lingerMs: 10_000 }, 4);
  expect(tell(machine.wait(1_499))).toEqual([]);
  expect(tell(machine.wait(1))).toEqual(['list_holders']);
});

test('it is told before it is ended, also where who holds it is known after lingerMs alone', () => {
  const machine = holding({});
  expect(tell(machine.wait(2_300))).toEqual(['list_holders']);
  expect(tell(machine.step(HOLDERS))).toEqual(['block_detected', 'end_tree']);
});

test('who holds it is named, or told to be out of reach', () => {
  const summaryOf = (processes: { pid: number; name: string }[]) => {
    const machine = holding({});
    machine.wait(1_500);
    const holders = { processes, resourceUsage: {} };
    const [told] = machine
      .step({ type: 'holders_listed', taskKey: KEY, holders })
      .flatMap((effect) =>
        effect.type === 'send' && effect.message.type === 'block_detected' ? [effect.message.evidence] : [],
      );
    return told?.['summary'];
  };
  const held = 'the command has exited and its output is held open by';
  expect(summaryOf([{ pid: 9, name: 'sleep' }])).toBe(`${held} sleep (pid 9)`);
  expect(summaryOf([])).toBe(`${held} a process that is out of reach`);
});

test('a policy that ends what holds it is what has ended it, however late that is known', () => {
  const machine = holding({ blockPolicy: { orphaned_output: 'terminate' } });
  machine.wait(2_300);
  machine.step(HOLDERS);
  machine.step({ type: 'output_closed', taskKey: KEY });
  const ended = machine.step({ type: 'tree_ended', taskKey: KEY, leftover: 1, usage: {} });
  expect(JSON.stringify(ended)).toContain('"reason":"orphaned_output"');
});

test('it is ended at lingerMs where that was told, and a second after it was asked where there is no answer', () => {
  const told = holding({});
  told.wait(1_500);
  told.step(HOLDERS);
  expect(tell(told.wait(499))).toEqual([]);
  expect(tell(told.wait(1))).toEqual(['end_tree']);
  const early = holding({ lingerMs: 1_000 });
  expect(tell(early.wait(999))).toEqual([]);
  expect(tell(early.wait(1))).toEqual(['end_tree']);
  const untold = holding({});
  expect(tell(untold.wait(2_499))).toEqual(['list_holders']);
  expect(tell(untold.wait(1))).toEqual(['end_tree']);
});
