/** Brings waiting tasks and free slots together, and ends the wait of those who wait in vain. */
import { chooseWorker, judgeProspect, lineOf } from './assign.js';
import type { Fault } from './sandbox-error.js';
import { failTask } from './settlement.js';
import { refreshSlots } from './slots.js';
import { moveTask, type Task } from './task.js';
import { placeOf, send, setTimer, type Turn, workerOf } from './turn.js';
import { openWorker, showWorker, type Worker } from './worker.js';

/** What a worker is that was not told what it is. */
export const DEFAULT_TYPE = 'general';

/** An answer to `execute_command` comes at once; a worker that gives none for so long has lost it. */
const START_TIMEOUT_MS = 60_000;

/** Puts a task in the line where it belongs. `placeTasks` and `judgeWaits` end the turn. */
export function enqueue(turn: Turn, task: Task): void {
  turn.state.waiting.add(task, lineOf(turn.state, task));
  turn.outlookChanged = true;
}

/** Gives waiting tasks to free slots: the highest priority first, of equals the oldest; what fits nowhere now is passed over. */
export function placeTasks(turn: Turn): void {
  const { state, nowMs } = turn;
  const passed = new Set<string>();
  while (!state.freeSlots.isEmpty) {
    const next = state.waiting.first(passed);
    if (next === null) return;
    const { task, line } = next;
    const rightLine = lineOf(state, task);
    if (rightLine !== line) {
      // Its workspace has found, or lost, its home since it came.
      state.waiting.remove(task);
      state.waiting.add(task, rightLine);
      continue;
    }
    const worker = chooseWorker(state, task, nowMs);
    if (worker === null) passed.add(line);
    else assign(turn, task, worker);
  }
}

function assign(turn: Turn, task: Task, worker: Worker): void {
  turn.state.waiting.remove(task);
  task.workerKey = worker.key;
  task.attempt++;
  worker.taskIds.add(task.taskId);
  refreshSlots(turn, worker);
  if (task.body.workspace !== undefined) turn.state.homes.set(task.body.workspace, worker.key);
  moveTask(task, 'assign', placeOf(turn, task));
  turn.effects.push({ type: 'tell_assigned', taskId: task.taskId, worker: showWorker(worker, turn.nowMs) });
  sendCommand(turn, task, worker);
}

/** Nothing, where only a slot is kept for now. */
export function sendCommand(turn: Turn, task: Task, worker: Worker): void {
  const { command, ...rest } = task.body;
  if (command === null) return;
  task.sent = true;
  send(turn, worker.key, { type: 'execute_command', taskId: task.taskId, command, ...rest });
  setTimer(turn, { kind: 'task', taskId: task.taskId }, START_TIMEOUT_MS);
}

/**
 * Looks at each line of waiting tasks: starts a worker where one is needed, and ends the wait of tasks that no worker can
 * ever meet, or whose workers have all been away for too long.
 */
export function judgeWaits(turn: Turn): void {
  const { state } = turn;
  let soonestMs = Number.POSITIVE_INFINITY;
  for (const { line, task: head } of [...state.waiting.heads()]) {
    const outlook = judgeProspect(state, head);
    if (outlook.prospect === 'start') startWorker(turn, head.needs.type ?? DEFAULT_TYPE);
    if (outlook.prospect === 'none')
      for (const task of state.waiting.members(line)) failTask(turn, task, lastWord(task, outlook.fault));
    // Until the check that is due, nobody's time is up: whoever came later waits longer.
    if (outlook.prospect !== 'absent' || state.strandedCheckDue) continue;
    for (const task of state.waiting.members(line)) {
      const leftMs = leftToWait(turn, task, outlook.sinceMs);
      if (leftMs <= 0)
        failTask(turn, task, lastWord(task, unreachable(turn, task, outlook.workers, outlook.fault)));
      else soonestMs = Math.min(soonestMs, leftMs);
    }
  }
  soonestMs = Math.min(soonestMs, judgeAdoptions(turn));
  if (soonestMs < Number.POSITIVE_INFINITY && !state.strandedCheckDue) {
    state.strandedCheckDue = true;
    setTimer(turn, { kind: 'stranded' }, soonestMs);
  }
}

/** A task that waits since it blocked wherever it was has ended for that, and not since nobody else would have it. */
export function lastWord({ blockedBy }: Task, fault: Fault): Fault {
  if (blockedBy === null) return fault;
  return { code: 'BLOCKED', message: `${blockedBy.why} ${fault.message}`, detail: blockedBy.reason };
}

/** A task that is to be adopted waits for one worker only. Returns when to look again, milliseconds. */
function judgeAdoptions(turn: Turn): number {
  let soonestMs = Number.POSITIVE_INFINITY;
  for (const taskId of turn.state.adoptions) {
    const task = turn.state.tasks.get(taskId) as Task;
    const worker = workerOf(turn, task) as Worker;
    if (worker.phase === 'starting') continue;
    const leftMs = leftToWait(turn, task, worker.awaySinceMs);
    if (worker.phase === 'refused' || worker.phase === 'failed') failTask(turn, task, worker.fault as Fault);
    else if (leftMs <= 0) failTask(turn, task, unreachable(turn, task, [worker.url], worker.fault));
    else soonestMs = Math.min(soonestMs, leftMs);
  }
  return soonestMs;
}

function leftToWait({ state, nowMs }: Turn, task: Task, sinceMs: number): number {
  return Math.max(task.acceptedAtMs, sinceMs) + state.policy.connectTimeoutMs - nowMs;
}

function unreachable(turn: Turn, task: Task, workers: string[], last: Fault | null): Fault {
  return {
    code: 'WORKER_UNREACHABLE',
    message:
      `Task ${task.taskId} found none of ${workers.join(', ')} within ${turn.state.policy.connectTimeoutMs} ms. ${last?.message ?? ''}`.trim(),
    details: { workers },
    ...(last === null ? {} : { cause: last.cause ?? last.message }),
  };
}

export function startWorker(turn: Turn, workerType: string): Worker {
  const { state } = turn;
  const worker = openWorker(`w${state.nextWorker++}`, '', workerType, turn.nowMs);
  state.workers.set(worker.key, worker);
  turn.effects.push({ type: 'start_worker', workerKey: worker.key, workerType });
  return worker;
}
