/** The audit lines of the log: each accepted command and its end, with who asked for it. */
import { redactSecrets } from './redaction.js';
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

/** So much of a command is read at all: a megabyte of it would be searched for secrets for nothing. */
const MAX_READ_CHARACTERS = 2_000;
const MAX_SHOWN_CHARACTERS = 200;
/** A password in an address is known by the `@` behind it, which may stand behind what is read: then all that could be one goes. */
const ADDRESS_WITHOUT_END = /(:\/\/[^\s/:@]*:)[^\s/@]*$/;

/** A command as an audit line shows it: what looks like a secret is left out, what is long is cut. */
export function describeCommand(command: string | readonly string[]): string {
  const text = typeof command === 'string' ? command : command.join(' ');
  const isLong = text.length > MAX_READ_CHARACTERS;
  const read = redactSecrets(text.slice(0, MAX_READ_CHARACTERS));
  const shown = isLong ? read.replace(ADDRESS_WITHOUT_END, '$1') : read;
  const isCut = shown.length > MAX_SHOWN_CHARACTERS || isLong;
  return isCut ? `${shown.slice(0, MAX_SHOWN_CHARACTERS)}…` : shown;
}
