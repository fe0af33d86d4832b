/** What deciding costs, without sockets or processes: assigning tasks to workers, and judging messages. */
import { decodeWorkerMessage, type WorkerMessage } from '@sandcrew/protocol';
import { openState } from '../../../packages/manager/dist/core/state.js';
import { step } from '../../../packages/manager/dist/core/step.js';
import { expectRight, type Metric, type Row, ratioRow } from '../metric.js';
import { median, quantile, ratioOf } from '../rounds.js';

const ASSIGNED = 5_000;

export const assign: Metric = {
  name: 'assign',
  title: 'assigning in core',
  measure: async () => {
    const sizes = [
      { workers: 10, queued: 100 },
      { workers: 1_000, queued: 100 },
      { workers: 10, queued: 10_000 },
      { workers: 1_000, queued: 10_000 },
    ];
    timeAssignments(100, 1_000); // what is not compiled yet is not its pace
    return sizes.map(({ workers, queued }): Row => {
      const figures = timeAssignments(workers, queued);
      const p99 = quantile(figures, 0.99) * 1_000;
      const isTheGoal = workers === 1_000 && queued === 10_000;
      return {
        what: `an end and the next assignment, ${queued} queued x ${workers} workers`,
        ours: `p50 ${(median(figures) * 1_000).toFixed(1)} µs, p99 ${p99.toFixed(1)} µs`,
        theirs: '',
        ratio: null,
        goal: isTheGoal ? { text: 'p99 <= 10 µs', isMet: p99 <= 10 } : null,
      };
    });
  },
};

/** From a task's end to the command of the next on its worker, with so many queued at every moment; milliseconds each. */
function timeAssignments(workers: number, queued: number): number[] {
  const state = openState({
    managerId: 'm1',
    maxWorkers: workers,
    connectTimeoutMs: 10_000,
    lostAfterMs: 300_000,
    maxAttempts: 3,
    startsWorkers: false,
  });
  const now = { nowMs: 1_000, random: 0.5 };
  const running: { readonly taskId: string; readonly workerKey: string }[] = [];
  const dispatch = (event: Parameters<typeof step>[1]) => {
    for (const effect of step(state, event, now))
      if (effect.type === 'send' && effect.message.type === 'execute_command')
        running.push({ taskId: effect.message.taskId, workerKey: effect.workerKey });
  };
  for (let index = 1; index <= workers; index++) {
    dispatch({ type: 'worker_named', url: `ws://worker-${index}` });
    dispatch({ type: 'connection_opened', workerKey: `w${index}` });
    dispatch({ type: 'message_received', workerKey: `w${index}`, message: welcome(index) });
  }
  let count = 0;
  const submit = () => {
    dispatch({
      type: 'task_submitted',
      submission: {
        taskId: `t${++count}`,
        priority: count % 5,
        needs: {},
        idempotent: false,
        orders: null,
        graceMs: 5_000,
        body: { command: 'true' },
      },
    });
  };
  for (let index = 0; index < workers + queued; index++) submit();
  dispatch({ type: 'tick_ended' });
  expectRight('tasks on workers', running.length, workers);
  const figures: number[] = [];
  for (let index = 0; index < ASSIGNED; index++) {
    const ended = running.shift();
    if (ended === undefined) throw new Error('expected a task on a worker, got none');
    const { taskId, workerKey } = ended;
    dispatch({ type: 'message_received', workerKey, message: started(taskId, workerKey) });
    const startMs = performance.now();
    dispatch({ type: 'message_received', workerKey, message: complete(taskId, workerKey) });
    figures.push(performance.now() - startMs);
    expectRight('the slot is taken again', running.length, workers);
    dispatch({ type: 'reading_ended', taskId });
    submit();
    dispatch({ type: 'tick_ended' });
  }
  return figures;
}

function welcome(index: number): WorkerMessage {
  return {
    type: 'welcome',
    workerId: `w${index}`,
    timestamp: 1,
    bootId: `boot-${index}`,
    protocol: '1.0',
    workerType: 'general',
    labels: {},
    resources: { cpus: 2, memoryBytes: 1_000_000, diskBytes: 1_000_000 },
    maxTasks: 1,
    containment: 'process-group',
    limits: { maxPayloadBytes: 1_048_576, windowBytes: 1_048_576, retainBytes: 1_048_576 },
    tasks: [],
    workspaces: [],
  };
}

/** A worker's messages carry the id of its welcome; here it is the manager's own key of it. */
function started(taskId: string, workerId: string): WorkerMessage {
  return { type: 'execution_started', workerId, timestamp: 1, taskId, pid: 7, containment: 'process-group' };
}

function complete(taskId: string, workerId: string): WorkerMessage {
  return {
    type: 'task_complete',
    workerId,
    timestamp: 1,
    taskId,
    exitCode: 0,
    signal: null,
    durationMs: 1,
    outputBytes: 0,
    usage: {},
    leftover: 0,
  };
}

const MESSAGES = 20_000;
const ROUNDS = 15;

export const validation: Metric = {
  name: 'validation',
  title: 'judging a message',
  measure: async () => {
    const text = JSON.stringify({
      type: 'task_output',
      workerId: 'w',
      timestamp: 1,
      taskId: 'task-123',
      stream: 'stdout',
      output: 'Build completed\n'.repeat(8),
      offset: 1_024,
      bytes: 128,
    });
    const parsed: number[] = [];
    const judged: number[] = [];
    for (let round = 0; round < ROUNDS + 3; round++) {
      const one = time(() => JSON.parse(text));
      const other = time(() => expectRight('the message is good', decodeWorkerMessage(text).ok, true));
      if (round < 3) continue; // compiled by then
      parsed.push(one);
      judged.push(other);
    }
    const figures = {
      ours: `${median(judged).toFixed(2)} µs`,
      theirs: `JSON.parse ${median(parsed).toFixed(2)} µs`,
      ratio: ratioOf(judged, parsed),
    };
    return [ratioRow('decode and validate a chunk', figures, { text: '<= 1.3 x JSON.parse', atMost: 1.3 })];
  },
};

/** Microseconds a call. */
function time(call: () => unknown): number {
  const startMs = performance.now();
  for (let count = 0; count < MESSAGES; count++) call();
  return ((performance.now() - startMs) / MESSAGES) * 1_000;
}
