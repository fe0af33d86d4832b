/** What a worker may say next: what fits its tasks, and, of one that lies, whatever is valid. */
import type { WorkerMessage } from '@sandcrew/protocol';
import type { ManagerState } from '#src/core/state.js';
import type { Worker } from '#src/core/worker.js';
import type { Chance } from './chance.js';

type Said = Record<string, unknown>;

const REASONS = ['waiting_for_input', 'deadlock', 'memory_exhausted', 'stopped', 'pids_exhausted'];
const ENDS = ['terminated', 'timed_out', 'blocked', 'memory_exhausted', 'worker_shutdown', 'orphaned'];

export function messageOf(
  chance: Chance,
  state: ManagerState,
  worker: Worker,
  known: {
    readonly taskIds: readonly string[];
    readonly requestIds: readonly string[];
    readonly lies: number;
  },
): WorkerMessage {
  const isLie = chance.happens(known.lies);
  const workerId = chance.happens(known.lies / 4) ? 'another' : `id-of-${worker.key}`;
  const said = isLie
    ? anything(chance, known.taskIds, known.requestIds)
    : whatFits(chance, state, worker, known.requestIds);
  return { workerId, timestamp: 1, ...said } as unknown as WorkerMessage;
}

function whatFits(chance: Chance, state: ManagerState, worker: Worker, requestIds: readonly string[]): Said {
  const mine = [...state.tasks.values()].filter((task) => task.workerKey === worker.key && task.sent);
  if (worker.phase !== 'connected') {
    const kept = mine.filter(() => chance.happens(0.9));
    return welcome(
      chance.happens(0.9) ? 'b1' : 'b2',
      kept.map(({ taskId, started }) => ({
        taskId,
        state: started ? chance.of(['running', 'terminating', 'complete', 'error']) : 'running',
        ackedOffset: 0,
        endOffset: 0,
      })),
      chance.of([[], ['app']]),
    );
  }
  const task = chance.of(mine);
  if (task === undefined) return ofWorker(chance, requestIds);
  const { taskId } = task;
  if (!task.started)
    return chance.happens(0.8)
      ? { type: 'execution_started', taskId, pid: 1, containment: 'process-group' }
      : { ...failed(chance, taskId, ['rejected', 'spawn_failed']), outputBytes: 0 };
  const kind = chance.next();
  if (kind < 0.45) return blocked(chance, taskId);
  if (kind < 0.55) return cleared(chance, taskId);
  if (kind < 0.7) return completed(chance, taskId, 0);
  if (kind < 0.85) return { ...failed(chance, taskId, ENDS), outputBytes: 0 };
  if (kind < 0.9) return { type: 'input_ack', taskId, offset: 0 };
  return { type: 'protocol_error', code: chance.of(['task_ended', 'stdin_closed']), message: 'x', taskId };
}

function anything(chance: Chance, taskIds: readonly string[], requestIds: readonly string[]): Said {
  const taskId = chance.of([...taskIds, 'nobody']);
  const offset = chance.of([0, 1, 1_000, 2_000_000, Number.MAX_SAFE_INTEGER]);
  const sayings: (() => Said)[] = [
    () => welcome('b1', [{ taskId, state: 'complete', ackedOffset: 0, endOffset: offset }], []),
    () => ({ type: 'execution_started', taskId, pid: 1, containment: 'process-group' }),
    () => ({ type: 'output_gap', taskId, offset, bytes: offset }),
    () => ({ type: 'input_ack', taskId, offset }),
    () => blocked(chance, taskId),
    () => cleared(chance, taskId),
    () => completed(chance, taskId, offset),
    () => failed(chance, taskId, ['rejected', ...ENDS]),
    () => ({
      type: 'protocol_error',
      code: chance.of(['unknown_task', 'duplicate_task']),
      message: 'x',
      taskId,
    }),
    () => ({ type: 'protocol_error', code: 'invalid_message', message: 'x' }),
    () => ofWorker(chance, requestIds),
  ];
  return chance.of(sayings)();
}

function ofWorker(chance: Chance, requestIds: readonly string[]): Said {
  const health = { cpu: 1, memory: 50, disk: 1, loadAverage: [0, 0, 0], eventLoopDelayMs: 1, uptimeMs: 5 };
  return chance.of<Said>([
    { type: 'heartbeat', status: chance.of(['idle', 'busy', 'draining']), runningTasks: 1, health },
    { type: 'pong', id: chance.of([...requestIds, 'nobody']) },
    { type: 'workspace_removed', workspace: 'app' },
  ]);
}

function welcome(bootId: string, tasks: readonly Said[], workspaces: readonly string[]): Said {
  const resources = { cpus: 1, memoryBytes: 8e9, diskBytes: 1 };
  const limits = { maxPayloadBytes: 1_048_576, windowBytes: 1_048_576, retainBytes: 1, enforced: ['pids'] };
  return {
    ...{ type: 'welcome', bootId, protocol: '1.0', workerType: 'general', labels: {}, resources },
    ...{ maxTasks: 4, containment: 'process-group', limits, tasks, workspaces },
  };
}

function blocked(chance: Chance, taskId: string): Said {
  return {
    type: 'block_detected',
    taskId,
    reason: chance.of(REASONS),
    confidence: chance.of(['confirmed', 'confirmed', 'suspected']),
    duration: 5,
    resourceUsage: {},
    recoverable: chance.happens(0.5),
    evidence: chance.of([{}, { prompt: 'Proceed?' }, { prompt: 'Password:', password: true }]),
    action: chance.of(['report', 'end_input', 'terminate']),
  };
}

function cleared(chance: Chance, taskId: string): Said {
  return { type: 'block_cleared', taskId, reason: chance.of(REASONS), duration: 5 };
}

function completed(chance: Chance, taskId: string, outputBytes: number): Said {
  const end = { exitCode: chance.of([0, 1, null]), signal: chance.of([null, 'SIGKILL']), durationMs: 1 };
  return { type: 'task_complete', taskId, ...end, outputBytes, usage: {}, leftover: 0 };
}

function failed(chance: Chance, taskId: string, codes: readonly string[]): Said {
  const detail = chance.of([undefined, 'busy', 'draining', 'invalid_cwd', 'deadlock']);
  return {
    type: 'task_error',
    taskId,
    code: chance.of(codes),
    message: 'x',
    ...(detail === undefined ? {} : { detail }),
  };
}
