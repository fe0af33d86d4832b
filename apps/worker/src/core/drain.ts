/** The worker's own end: it takes no task any more, lets those that run end, and stops when all who must know do. */
import { CLOSE_CODES } from '@sandcrew/protocol';
import { beginEnd } from './ending.js';
import { tellDrain } from './heartbeat.js';
import { closeConnection } from './session.js';
import { runningTasks, type Turn } from './turn.js';

/** How long a draining worker waits for readers of tasks that have ended, and for silent managers, milliseconds. */
const DRAIN_FLUSH_MS = 5_000;

export function beginDrain(turn: Turn, timeoutMs: number): void {
  if (turn.state.drain === 'no') {
    turn.state.drain = 'draining';
    for (const session of turn.state.sessions.values()) tellDrain(turn, session);
  }
  turn.effects.push({ type: 'set_timer', timer: 'drain', delayMs: timeoutMs });
}

export function fireDrainTimer(turn: Turn, name: string): void {
  if (name === 'drain') {
    for (const task of turn.state.tasks.values())
      beginEnd(turn, task, { kind: 'worker_shutdown', message: 'the worker is shutting down' });
  } else if (name === 'drain-flush') stopWorker(turn);
}

/** Once a draining worker's last task has ended, its readers get what is theirs, and it stops. */
export function drainFurther(turn: Turn): void {
  const { state } = turn;
  if (state.drain !== 'draining' && state.drain !== 'flushing') return;
  if (runningTasks(state) > 0) return;
  const isAllSent = [...state.tasks.values()].every(
    (task) => task.subscriber === null || task.subscriber.isTerminalSent,
  );
  const isDone = [...state.sessions.values()].every(
    (session) => session.waitingBytes === 0 && (session.kind !== 'manager' || session.knowsDrain),
  );
  if (isAllSent && isDone) return stopWorker(turn);
  if (state.drain === 'flushing') return;
  state.drain = 'flushing';
  turn.effects.push({ type: 'set_timer', timer: 'drain-flush', delayMs: DRAIN_FLUSH_MS });
}

function stopWorker(turn: Turn): void {
  turn.state.drain = 'stopping';
  for (const session of turn.state.sessions.values())
    closeConnection(turn, session, CLOSE_CODES.goingAway, 'the worker has shut down');
  turn.effects.push({ type: 'stop_worker' });
}
