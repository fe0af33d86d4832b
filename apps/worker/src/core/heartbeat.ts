/** What sessions are told of the worker's load: at once after `hello`, and with each measurement. */
import { send } from './answer.js';
import type { HostHealth } from './event.js';
import type { Session } from './state.js';
import { runningTasks, type Turn } from './turn.js';

export function takeHealth(turn: Turn, health: HostHealth): void {
  turn.state.health = health;
  for (const session of turn.state.sessions.values()) sendHeartbeat(turn, session);
}

/** Tells the load of now, with the health that was measured last; nothing where none was yet. */
export function sendHeartbeat(turn: Turn, session: Session): void {
  const { health, drain } = turn.state;
  if (health === null) return;
  const count = runningTasks(turn.state);
  const load = count > 0 ? 'busy' : 'idle';
  send(turn, session, {
    type: 'heartbeat',
    status: drain === 'no' ? load : 'draining',
    runningTasks: count,
    health: { ...health, loadAverage: [...health.loadAverage] },
  });
}
