/** Judges a caller's arguments by the schema of the message that would carry them, in the caller's own names. */
import { encodeManagerMessage, MAX_PAYLOAD_BYTES, type ManagerMessage } from '@sandcrew/protocol';
import type { Outgoing } from './core/effect.js';
import { SandboxError } from './core/sandbox-error.js';

/** What stands around the fields of a message: its type, its id, the time. */
const ENVELOPE_BYTES = 64;

/**
 * A message with the fields of a caller, as it would be sent; they may be anything.
 * @throws {SandboxError} INVALID_TASK
 */
export function checkMessage<Type extends Outgoing['type']>(
  message: { readonly type: Type } & Readonly<Record<string, unknown>>,
): void {
  const bytes = Buffer.byteLength(encode({ ...message, timestamp: 0 } as unknown as ManagerMessage));
  if (bytes > MAX_PAYLOAD_BYTES - ENVELOPE_BYTES)
    throw invalidTask(
      `command and env: expected at most ${MAX_PAYLOAD_BYTES} bytes in one message, got ${bytes}`,
    );
}

export function invalidTask(fault: string, cause?: unknown): SandboxError {
  return new SandboxError({
    code: 'INVALID_TASK',
    message: fault,
    ...(cause === undefined ? {} : { cause }),
  });
}

function encode(message: ManagerMessage): string {
  try {
    return encodeManagerMessage(message);
  } catch (error) {
    // As in `cannot encode execute_command/env/A: expected a string, got number 1`.
    const said = (error as Error).message.slice(`cannot encode ${message.type}`.length);
    const end = said.indexOf(': expected ');
    throw invalidTask(`${fieldName(said.slice(0, end))}${said.slice(end)}`, error);
  }
}

/** A JSON pointer as its caller writes the field: `env.A`, `command[1]`, `env["a b"]`. */
function fieldName(pointer: string): string {
  return pointer
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((key, depth) => {
      if (/^\d+$/.test(key)) return `[${key}]`;
      if (!/^[A-Za-z_]\w*$/.test(key)) return `[${JSON.stringify(key)}]`;
      return depth === 0 ? key : `.${key}`;
    })
    .join('');
}
