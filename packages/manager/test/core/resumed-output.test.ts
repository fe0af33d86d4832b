import { describe, expect, test } from '@jest/globals';
import type { WorkerMessage } from '@sandcrew/protocol';
import type { Effect } from '#src/core/effect.js';
import type { ManagerEvent } from '#src/core/event.js';
import { judgeChunk, noteTaken } from '#src/core/output-cursor.js';
import { openState } from '#src/core/state.js';
import { step } from '#src/core/step.js';
import type { Task } from '#src/core/task.js';

describe('output on a new connection', () => {
  test('what is taken between hello and welcome is acked: a full window may wait for nothing else', () => {
    const manager = new Manager();
    manager.connect();
    manager.step({ type: 'task_submitted', submission: SUBMISSION });
    manager.step({ type: 'tick_ended' });
    manager.hear({ type: 'execution_started', taskId: 't1', pid: 1, containment: 'process-group', ...STAMP });
    judgeChunk(manager.task.cursor, 0, 1_000, 1_000);

    manager.step({ type: 'connection_lost', workerKey: 'w1', fault: GONE, lasting: false });
    const hello = manager.step({ type: 'connection_opened', workerKey: 'w1' });
    noteTaken(manager.task.cursor, 1_000, 1_000);
    const welcomed = manager.hear({ ...WELCOME, tasks: [LISTED] });

    expect(sent(hello)).toMatchObject([{ type: 'hello', resume: [{ taskId: 't1', offset: 0 }] }]);
    expect(sent(welcomed)).toEqual([{ type: 'task_ack', taskId: 't1', offset: 1_000 }]);
  });

  test('the offset of a resume is an ack', () => {
    const manager = new Manager();
    manager.connect();
    manager.step({ type: 'task_submitted', submission: SUBMISSION });
    manager.step({ type: 'tick_ended' });
    judgeChunk(manager.task.cursor, 0, 1_000, 1_000);
    noteTaken(manager.task.cursor, 1_000, 1_000);

    manager.step({ type: 'connection_lost', workerKey: 'w1', fault: GONE, lasting: false });
    manager.step({ type: 'connection_opened', workerKey: 'w1' });
    const welcomed = manager.hear({ ...WELCOME, tasks: [LISTED] });

    expect(sent(welcomed)[0]).toEqual({ type: 'resume_task', taskId: 't1', offset: 1_000 });
    expect(manager.task.cursor.ackedBytes).toBe(1_000);
  });
});

class Manager {
  readonly #state = openState({
    managerId: 'm',
    maxWorkers: 10,
    connectTimeoutMs: 10_000,
    lostAfterMs: 300_000,
    maxAttempts: 3,
    startsWorkers: false,
  });

  get task(): Task {
    return this.#state.tasks.get('t1') as Task;
  }

  step(event: ManagerEvent): Effect[] {
    return step(this.#state, event, { nowMs: 0, random: 1 });
  }

  hear(message: WorkerMessage): Effect[] {
    return this.step({ type: 'message_received', workerKey: 'w1', message });
  }

  connect(): void {
    this.step({ type: 'worker_named', url: 'ws://a' });
    this.step({ type: 'connection_opened', workerKey: 'w1' });
    this.hear(WELCOME);
  }
}

function sent(effects: readonly Effect[]): unknown[] {
  return effects.flatMap((effect) => (effect.type === 'send' ? [effect.message] : []));
}

const STAMP = { workerId: 'w1', timestamp: 1 };
const GONE = { code: 'WORKER_UNREACHABLE', message: 'gone' } as const;
const LISTED = { taskId: 't1', state: 'running', ackedOffset: 0, endOffset: 1_000 } as const;
const WELCOME = {
  type: 'welcome' as const,
  ...STAMP,
  bootId: 'b1',
  protocol: '1.0' as const,
  workerType: 'general',
  labels: {},
  resources: { cpus: 1, memoryBytes: 1_000, diskBytes: 1 },
  maxTasks: 1,
  containment: 'process-group' as const,
  limits: { maxPayloadBytes: 1_048_576, windowBytes: 1_000, retainBytes: 1 },
  tasks: [],
  workspaces: [],
};
const SUBMISSION = {
  taskId: 't1',
  priority: 0,
  needs: {},
  idempotent: false,
  orders: null,
  graceMs: 5_000,
  body: { command: 'make' },
};
