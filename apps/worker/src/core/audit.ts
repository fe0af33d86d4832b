/** The audit lines of the log: each accepted command and its end, with who asked for it. */
import type { Task } from './state.js';
import type { Turn } from './turn.js';

/** One audit line. Who asked is the token's name; the environment stays out, since it may hold secrets. */
export function audit(
  turn: Turn,
  task: Task,
  event: string,
  fields: Readonly<Record<string, unknown>>,
): void {
  turn.effects.push({
    type: 'write_log',
    level: 'info',
    event,
    fields: { taskId: task.taskId, token: task.tokenName, ...fields },
  });
}

/** A command as an audit line shows it: what is long is cut. */
export function describeCommand(command: string | readonly string[]): string {
  const text = typeof command === 'string' ? command : command.join(' ');
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
