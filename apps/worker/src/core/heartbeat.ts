/** What sessions are told of the worker's load: at once after `hello`, with each measurement, and when it begins to drain. */
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

/**
 * Tells a manager at once that the worker drains, and asks it to show that it knows. Until then commands of its are on their
 * way: each still gets its refusal. Were the connection closed upon them, nobody could tell that they were never started
 * (for the same reason HTTP/2 servers ping between their two GOAWAYs).
 */
export function tellDrain(turn: Turn, session: Session): void {
  if (session.kind !== 'manager' || session.isClosing) return;
  sendHeartbeat(turn, session);
  turn.effects.push({ type: 'ask_drain_heard', sessionId: session.id });
}
