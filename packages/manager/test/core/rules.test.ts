import { describe, expect, test } from '@jest/globals';
import { nextDelayMs } from '#src/core/backoff.js';
import { FreeSlots } from '#src/core/free-slots.js';
import { judgeHealth } from '#src/core/health.js';
import { nextInput, noteInputTaken, openInputCursor, rewindInput } from '#src/core/input-cursor.js';
import {
  chooseAck,
  isHeldBack,
  judgeChunk,
  judgeGap,
  noteAcked,
  noteTaken,
  openCursor,
} from '#src/core/output-cursor.js';
import { PriorityQueue } from '#src/core/priority-queue.js';
import { openState } from '#src/core/state.js';
import { step } from '#src/core/step.js';
import { moveTask, openTask, TRANSITIONS } from '#src/core/task.js';
import { ManagerMachine } from './manager-machine.js';

describe('the priority queue', () => {
  test('gives the highest first, of equals the oldest, whatever is added, taken out and put back', () => {
    const seed = 20_261_122;
    let random = seed;
    const next = (bound: number) => {
      random = (random * 1_103_515_245 + 12_345) & 0x7fffffff;
      return random % bound;
    };
    type Entry = { taskId: string; priority: number; seq: number };
    const isBefore = (a: Entry, b: Entry) =>
      a.priority === b.priority ? a.seq < b.seq : a.priority > b.priority;
    const queue = new PriorityQueue<Entry>();
    let model: Entry[] = [];
    const out: typeof model = [];
    for (let seq = 0; seq < 2_000; seq++) {
      const entry = { taskId: `t${seq}`, priority: next(4), seq };
      queue.add(entry);
      model.push(entry);
      if (next(3) === 0) {
        const gone = model[next(model.length)];
        if (gone === undefined) continue;
        queue.remove(gone);
        model = model.filter((each) => each !== gone);
        out.push(gone);
      }
      if (next(5) === 0 && out.length > 0) {
        const [back] = out.splice(next(out.length), 1);
        if (back === undefined) continue;
        queue.add(back);
        model.push(back);
      }
      const [some] = model;
      const first = model.reduce((best, each) => (best && isBefore(best, each) ? best : each), some);
      if (queue.peek() !== first || queue.size !== model.length) throw new Error(`seed ${seed}, step ${seq}`);
    }
    expect([...queue].sort((a, b) => a.seq - b.seq)).toEqual([...model].sort((a, b) => a.seq - b.seq));
    model.sort((a, b) => (isBefore(a, b) ? -1 : 1));
    const drained: unknown[] = [];
    for (let entry = queue.peek(); entry !== undefined; entry = queue.peek()) {
      queue.remove(entry);
      drained.push(entry);
    }
    expect(drained).toEqual(model);
  });
});

describe('placing', () => {
  test('costs little with 10 000 tasks waiting and 1 000 workers', () => {
    const state = openState({
      managerId: 'm',
      maxWorkers: 1_000,
      connectTimeoutMs: 1,
      lostAfterMs: 1,
      maxAttempts: 1,
      startsWorkers: false,
    });
    const at = { nowMs: 0, random: 0 };
    for (let i = 1; i <= 1_000; i++) {
      step(state, { type: 'worker_named', url: `ws://${i}` }, at);
      const limits = { maxPayloadBytes: 1, windowBytes: 1, retainBytes: 1 };
      const resources = { cpus: 1, memoryBytes: 1, diskBytes: 1 };
      const said = {
        bootId: 'b',
        protocol: '1.0',
        workerType: 'g',
        labels: {},
        containment: 'process-group',
        maxTasks: 1,
        tasks: [],
        workspaces: [],
      } as const;
      const message = {
        type: 'welcome',
        workerId: `w${i}`,
        timestamp: 1,
        limits,
        resources,
        ...said,
        labels: {},
        tasks: [],
        workspaces: [],
      } as const;
      step(
        state,
        { type: 'message_received', workerKey: `w${i}`, message: { ...message, tasks: [], workspaces: [] } },
        at,
      );
    }
    for (let i = 0; i < 11_000; i++) {
      const submission = {
        taskId: `t${i}`,
        priority: i % 3,
        needs: {},
        idempotent: false,
        orders: null,
        graceMs: 5_000,
        body: { command: 'x' },
      };
      step(state, { type: 'task_submitted', submission }, at);
    }
    step(state, { type: 'tick_ended' }, at);
    expect(state.waiting.size).toBe(10_000);
    const tookMs: number[] = [];
    for (const task of [...state.tasks.values()].filter(({ state: now }) => now === 'assigned')) {
      const end = {
        type: 'task_complete',
        taskId: task.taskId,
        exitCode: 0,
        signal: null,
        durationMs: 1,
        outputBytes: 0,
        usage: {},
        leftover: 0,
      } as const;
      const startMs = performance.now();
      const effects = step(
        state,
        {
          type: 'message_received',
          workerKey: task.workerKey as string,
          message: { ...end, workerId: task.workerKey as string, timestamp: 1 }, // its name is its key here
        },
        at,
      );
      tookMs.push(performance.now() - startMs);
      expect(
        effects.some((effect) => effect.type === 'send' && effect.message.type === 'execute_command'),
      ).toBe(true);
    }
    tookMs.sort((a, b) => a - b);
    expect(tookMs[Math.floor(tookMs.length * 0.9)]).toBeLessThan(1);
  });

  test('takes the least loaded first', () => {
    const slots = new FreeSlots();
    slots.open('a', 2);
    slots.open('b', 0);
    slots.open('c', 1);
    slots.open('a', 0);
    slots.close('c');
    expect([...slots]).toEqual(['b', 'a']);
  });
});

describe('the output cursor', () => {
  test.each([
    ['the next chunk', 10, 5, { verdict: 'take', skipBytes: 0 }],
    ['a chunk that overlaps what is here', 8, 5, { verdict: 'take', skipBytes: 2 }],
    ['a chunk that is here', 5, 5, { verdict: 'known' }],
    ['a chunk behind a hole', 11, 5, expect.objectContaining({ verdict: 'breach' })],
    ['a chunk up to the end of the credit', 10, 66_536, { verdict: 'take', skipBytes: 0 }],
    ['a chunk beyond the credit', 10, 66_537, expect.objectContaining({ verdict: 'breach' })],
  ])('judges %s', (_what, offset, bytes, expected) => {
    expect(judgeChunk(openCursor(10), offset, bytes, 1_000)).toEqual(expected);
  });

  test('judges a chunk that ends beyond all whole numbers', () => {
    const cursor = openCursor(Number.MAX_SAFE_INTEGER - 1);
    expect(judgeChunk(cursor, Number.MAX_SAFE_INTEGER - 1, 2)).toMatchObject({ verdict: 'breach' });
    expect(judgeChunk(cursor, Number.MAX_SAFE_INTEGER - 1, 1)).toEqual({ verdict: 'take', skipBytes: 0 });
  });

  test('acks at each quarter of the window at once, and less in a quiet moment', () => {
    const cursor = openCursor(0);
    judgeChunk(cursor, 0, 400, 1_000);
    expect(chooseAck(cursor, 1_000)).toBe('none');
    noteTaken(cursor, 100, 100);
    expect(chooseAck(cursor, 1_000)).toBe('soon');
    noteTaken(cursor, 150, 250);
    expect(chooseAck(cursor, 1_000)).toBe('now');
    expect(noteAcked(cursor)).toBe(250);
    expect(chooseAck(cursor, 1_000)).toBe('none');
  });

  test('counts a gap once, without using credit for it, and acks behind it', () => {
    const cursor = openCursor(0);
    expect(judgeGap(cursor, { offset: 0, bytes: 5_000_000 })).toEqual({
      verdict: 'take',
      gap: { offset: 0, bytes: 5_000_000 },
    });
    expect(judgeGap(cursor, { offset: 4_000_000, bytes: 1_000_010 })).toEqual({
      verdict: 'take',
      gap: { offset: 5_000_000, bytes: 10 },
    });
    expect(judgeGap(cursor, { offset: 0, bytes: 9 })).toEqual({ verdict: 'known' });
    expect(judgeGap(cursor, { offset: 6_000_000, bytes: 9 })).toEqual({ verdict: 'breach' });
    expect(judgeGap(cursor, { offset: 0, bytes: Number.MAX_SAFE_INTEGER + 1 })).toEqual({
      verdict: 'breach',
    });
    expect(cursor.gaps).toEqual([{ offset: 0, bytes: 5_000_010 }]);
    expect(judgeChunk(cursor, 5_000_010, 1_000, 1_000)).toEqual({ verdict: 'take', skipBytes: 0 });
    expect(noteAcked(cursor)).toBe(5_000_010);
  });

  test('gives no credit for what a gap leaves out', () => {
    const cursor = openCursor(0);
    judgeGap(cursor, { offset: 0, bytes: 5_000_000 });
    expect(judgeChunk(cursor, 5_000_000, 66_537, 1_000)).toMatchObject({ verdict: 'breach' });
  });

  test('acks behind a gap once all before it was taken', () => {
    const cursor = openCursor(0);
    judgeChunk(cursor, 0, 100);
    judgeGap(cursor, { offset: 100, bytes: 50 });
    expect(noteAcked(cursor)).toBe(0);
    noteTaken(cursor, 60, 60);
    expect(noteAcked(cursor)).toBe(60);
    noteTaken(cursor, 40, 100);
    expect(noteAcked(cursor)).toBe(150);
  });

  test('gives no credit for what was dropped after it had been acked', () => {
    const cursor = openCursor(0);
    judgeChunk(cursor, 0, 1_000, 1_000);
    judgeGap(cursor, { offset: 0, bytes: 800 });
    noteTaken(cursor, 1_000, 1_000);
    noteAcked(cursor);
    expect(judgeChunk(cursor, 1_000, 66_537, 1_000)).toMatchObject({ verdict: 'breach' });
  });

  test('takes a window past what it has and its worker has dropped, and no more than one', () => {
    const cursor = openCursor(0);
    judgeChunk(cursor, 0, 150_000, 150_000);
    expect(judgeGap(cursor, { offset: 0, bytes: 80_000 })).toEqual({ verdict: 'known' });
    expect(judgeChunk(cursor, 150_000, 80_000, 150_000)).toEqual({ verdict: 'take', skipBytes: 0 });
    expect(judgeGap(cursor, { offset: 0, bytes: 230_000 })).toEqual({ verdict: 'known' });
    expect(judgeChunk(cursor, 230_000, 140_000, 150_000)).toMatchObject({ verdict: 'breach' });
  });

  test('tells a worker that waits for credit from one that is slow', () => {
    const cursor = openCursor(0);
    expect(isHeldBack(cursor, 1_000)).toBe(false);
    judgeChunk(cursor, 0, 100_000 - 65_536, 100_000);
    expect(isHeldBack(cursor, 100_000)).toBe(false);
    judgeChunk(cursor, 100_000 - 65_536, 1, 100_000);
    expect(isHeldBack(cursor, 100_000)).toBe(true);
    judgeChunk(cursor, 100_000 - 65_535, 60_000 - 34_465, 100_000);
    noteTaken(cursor, 60_000, 60_000);
    noteAcked(cursor);
    expect(isHeldBack(cursor, 100_000)).toBe(false);
  });
});

describe('the input cursor', () => {
  test('sends the end at once where there is nothing before it', () => {
    const cursor = openInputCursor();
    expect(nextInput(cursor)).toBeNull();
    const empty = openInputCursor();
    empty.ended = true;
    expect(nextInput(empty)).toEqual({ offset: 0, bytes: 0, end: true });
  });

  test('sends parts of 64 KiB up to its window, the end after all of it, and all that was not taken again', () => {
    const cursor = openInputCursor();
    cursor.writtenOffset = 300_000;
    cursor.ended = true;
    const parts: unknown[] = [];
    for (let part = nextInput(cursor); part !== null; part = nextInput(cursor))
      parts.push([part.offset, part.bytes, part.end]);
    expect(parts).toEqual([
      [0, 65_536, false],
      [65_536, 65_536, false],
      [131_072, 65_536, false],
      [196_608, 65_536, false],
    ]);
    expect(noteInputTaken(cursor, 262_144)).toBe(true);
    expect(nextInput(cursor)).toEqual({ offset: 262_144, bytes: 37_856, end: true });
    expect(nextInput(cursor)).toBeNull();
    expect(noteInputTaken(cursor, 300_001)).toBe(false);
    rewindInput(cursor);
    expect(nextInput(cursor)).toEqual({ offset: 262_144, bytes: 37_856, end: true });
  });
});

describe('rules', () => {
  test.each([
    [0, 0, 0],
    [0, 1, 250],
    [3, 1, 2_000],
    [3, 0.5, 1_000],
    [50, 1, 30_000],
  ])('after %i failures and a draw of %d the next dial waits %i ms', (failures, random, expected) => {
    expect(nextDelayMs(failures, random)).toBe(expected);
  });

  test.each([
    [0, 'healthy'],
    [37_500, 'healthy'],
    [37_501, 'late'],
    [60_000, 'late'],
    [60_001, 'lost'],
  ])('a silence of %i ms is %s', (silentMs, expected) => {
    expect(judgeHealth(1_000, 1_000 + silentMs)).toBe(expected);
  });

  test('an ended task moves no more, and a trigger without meaning is a fault', () => {
    for (const ended of ['completed', 'failed', 'cancelled'] as const) expect(TRANSITIONS[ended]).toEqual({});
    const task = openTask(
      {
        taskId: 't',
        priority: 0,
        needs: {},
        idempotent: false,
        orders: null,
        graceMs: 5_000,
        body: { command: 'x' },
      },
      1,
      0,
    );
    expect(() => moveTask(task, 'complete', { nowMs: 1, workerId: null })).toThrow(
      /"complete" has no meaning while queued/,
    );
  });

  test('a history stays bounded, and keeps its beginning and its end', () => {
    const task = openTask(
      {
        taskId: 't',
        priority: 0,
        needs: {},
        idempotent: false,
        orders: null,
        graceMs: 5_000,
        body: { command: 'x' },
      },
      1,
      0,
    );
    for (const trigger of ['assign', 'start'] as const) moveTask(task, trigger, { nowMs: 1, workerId: 'w' });
    for (let i = 0; i < 1_000; i++) {
      moveTask(task, 'block', { nowMs: i, workerId: 'w' });
      moveTask(task, 'clear', { nowMs: i, workerId: 'w' });
    }
    expect(task.history.length).toBe(200);
    expect([task.history[0]?.state, task.history.at(-1)?.afterMs]).toEqual(['queued', 999]);
  });
});

test('what comes of a worker that has left the pool changes nothing, be it news or a timer', () => {
  const machine = new ManagerMachine();
  expect(machine.happen('connection_opened worker=w9')).toEqual([]);
  for (const kind of ['redial', 'welcome', 'away', 'full', 'silence', 'revival'] as const)
    expect(machine.step({ type: 'timer_fired', timer: { kind, workerKey: 'w9' } })).toEqual([]);
});

test('a timer of what is over changes nothing: of a request, of a task, of a block', () => {
  const machine = ManagerMachine.connected();
  machine.happen('task_submitted orders=terminate', 'execution_started');
  for (const timer of [
    { kind: 'request', requestId: 'r9' },
    { kind: 'task', taskId: 't9' },
    { kind: 'block', taskId: 't9', reason: 'deadlock' },
    { kind: 'block', taskId: 't1', reason: 'deadlock' },
  ] as const)
    expect(machine.step({ type: 'timer_fired', timer })).toEqual([]);
});

test('what happens to a task leads to the same state from wherever it may happen', () => {
  const led = new Map<string, Set<string>>();
  for (const triggers of Object.values(TRANSITIONS))
    for (const [trigger, state] of Object.entries(triggers))
      led.set(trigger, (led.get(trigger) ?? new Set()).add(state));
  expect(Object.fromEntries([...led].map(([trigger, states]) => [trigger, [...states].join(' ')]))).toEqual({
    assign: 'assigned',
    start: 'running',
    block: 'blocked',
    clear: 'running',
    disconnect: 'unknown',
    terminate: 'terminating',
    requeue: 'queued',
    complete: 'completed',
    fail: 'failed',
    cancel: 'cancelled',
  });
});
