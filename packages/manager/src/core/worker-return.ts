/** A worker answers `hello`: what it says it is, and what it keeps, settles each task on which the two may differ. */
import type { Welcome } from '@sandcrew/protocol';
import { advanceRequests } from './answering.js';
import { HEALTH_POLICY } from './health.js';
import { chooseAck, noteAcked } from './output-cursor.js';
import { sendCommand } from './placement.js';
import { cancelTask } from './settlement.js';
import { refreshSlots } from './slots.js';
import { moveTask, type Task } from './task.js';
import { cancelled, confirmAdoption, orderEnd } from './task-life.js';
import { armDeadline, loseTask } from './task-loss.js';
import { clearTimer, placeOf, send, setTimer, type Turn, tasksOf } from './turn.js';
import { identify, showWorker, type Worker, type WorkerIdentity, workerName } from './worker.js';

/** The worker says what it is and what it keeps: settles each task on which the two may differ. */
export function workerWelcomed(turn: Turn, worker: Worker, welcome: Welcome): void {
  const before = worker.identity;
  worker.identity = identify(welcome);
  worker.phase = 'connected';
  worker.connectedAtMs = turn.nowMs;
  turn.outlookChanged = true;
  worker.fault = null;
  worker.failures = 0;
  worker.draining = false;
  worker.fullUntilMs = 0;
  worker.heartbeat = null;
  worker.workspaces.clear();
  for (const workspace of welcome.workspaces) worker.workspaces.add(workspace);
  worker.isReplacement = false;
  worker.restartedFor = null;
  for (const kind of ['welcome', 'away', 'revival'] as const)
    clearTimer(turn, { kind, workerKey: worker.key });
  setTimer(turn, { kind: 'silence', workerKey: worker.key }, HEALTH_POLICY.heartbeatMs);

  const sameBoot = before?.bootId === welcome.bootId;
  keepAdoptable(turn, worker, welcome, sameBoot);
  const listed = new Map(welcome.tasks.map((task) => [task.taskId, task]));
  for (const task of tasksOf(turn, worker)) {
    if (task.adoption?.confirmed === false) confirmAdoption(turn, task, worker);
    else if (!sameBoot) loseRestarted(turn, task, worker, (before as WorkerIdentity).bootId);
    else resumeTask(turn, task, worker, listed.get(task.taskId)?.state);
  }
  refreshSlots(turn, worker);
  const shown = showWorker(worker, turn.nowMs);
  if (before === null && worker.embedded) turn.effects.push({ type: 'tell_worker_created', worker: shown });
  turn.effects.push({ type: 'tell_worker_connected', worker: shown });
  advanceRequests(turn, worker);
}

/**
 * What it lists and no handle holds is of an earlier life of this managerId, and is kept for `attach`; but what this
 * manager itself has given up since is no longer wanted.
 */
function keepAdoptable(turn: Turn, worker: Worker, welcome: Welcome, sameBoot: boolean): void {
  const known = new Set(worker.adoptable.keys());
  worker.adoptable.clear();
  for (const task of welcome.tasks) {
    const held = turn.state.tasks.get(task.taskId);
    if (held?.workerKey === worker.key && held.adoption?.confirmed !== false) continue;
    if (turn.state.beingRead.get(task.taskId)?.workerKey === worker.key && sameBoot) continue;
    if (!sameBoot || known.has(task.taskId)) worker.adoptable.set(task.taskId, task);
    else send(turn, worker.key, { type: 'forget_task', taskId: task.taskId });
  }
}

function loseRestarted(turn: Turn, task: Task, worker: Worker, bootId: string): void {
  // Where it was lost is the boot before this one; the present one may be given it again.
  const present = worker.identity as WorkerIdentity;
  worker.identity = { ...present, bootId };
  loseTask(turn, task, `${workerName(worker)} was restarted, and its tasks died with it.`);
  worker.identity = present;
}

function resumeTask(
  turn: Turn,
  task: Task,
  worker: Worker,
  listedAs: Welcome['tasks'][number]['state'] | undefined,
): void {
  if (listedAs === undefined) {
    if (task.started) loseTask(turn, task, `${workerName(worker)} is back and does not know it.`);
    else if (task.stop !== null) cancelTask(turn, task, cancelled(task, task.stop.by));
    else {
      moveTask(task, 'assign', placeOf(turn, task));
      sendCommand(turn, task, worker); // it never arrived, or was refused: the same id starts nothing twice
    }
    return;
  }
  task.endedAtWorker = listedAs === 'complete' || listedAs === 'error';
  task.replayAsked = false; // what was asked for on an earlier connection may not have come
  task.blocks.clear(); // what stands is told again; what has cleared meanwhile is not
  moveTask(task, task.started ? 'start' : 'assign', placeOf(turn, task));
  if (task.started) {
    turn.effects.push({ type: 'open_input', taskId: task.taskId, workerKey: worker.key });
    armDeadline(turn, task);
    // What was taken since `hello` may be all that the worker waits for.
    if (chooseAck(task.cursor, (worker.identity as WorkerIdentity).windowBytes) !== 'none')
      send(turn, worker.key, { type: 'task_ack', taskId: task.taskId, offset: noteAcked(task.cursor) });
  } else {
    // Its output first: the command's repetition is answered by its end, if it has ended.
    send(turn, worker.key, { type: 'resume_task', taskId: task.taskId, offset: noteAcked(task.cursor) });
    sendCommand(turn, task, worker);
  }
  if (task.stop !== null) orderEnd(turn, task, worker, task.stop);
}
