/** What a tool answers where it cannot do what was asked: a code, what was expected and came, and what to do next. */
import { ERROR_CODES, type ErrorCode, SandboxError } from '@sandcrew/manager';

/** The codes that are not the manager's own (docs/errors.md has those), and what to do about each. */
export const TOOL_CODES = {
  INVALID_ARGUMENTS: 'Correct the arguments that the message names and call the tool again.',
  UNKNOWN_TOOL: 'Call one of the tools that are listed.',
  UNKNOWN_TASK: 'Use a taskId that list_tasks shows, or start the command with run.',
  TOO_MANY_TASKS: 'Wait for a task with wait_for, or end one with terminate, then run again.',
  INVALID_PATTERN: 'Give the words themselves as text, or a pattern in RE2 syntax of at most 256 characters.',
  CALL_CANCELLED: 'Nothing: the call was cancelled by its caller.',
  INTERNAL: 'This is a fault of Sandcrew itself; please report it with the message.',
} as const;

export type ToolCode = keyof typeof TOOL_CODES | ErrorCode;

/** An error as plain data, as it is told to a model. */
export interface ToolFault {
  readonly code: ToolCode;
  /** Which of the kinds that the code names, for `REJECTED`, `SPAWN_FAILED`, `BLOCKED` and `LOST`. */
  readonly detail?: string;
  readonly message: string;
  /** What to do next, in a sentence. */
  readonly next: string;
}

export class ToolError extends Error {
  override readonly name = 'ToolError';
  readonly fault: ToolFault;

  constructor(fault: ToolFault, cause?: unknown) {
    super(`${fault.code}: ${fault.message} ${fault.next}`, cause === undefined ? undefined : { cause });
    this.fault = fault;
  }
}

export function toolError(code: keyof typeof TOOL_CODES, message: string, cause?: unknown): ToolError {
  return new ToolError({ code, message, next: TOOL_CODES[code] }, cause);
}

/** Whatever was thrown, as a fault that a model can act upon. */
export function faultOf(error: unknown): ToolFault {
  if (error instanceof ToolError) return error.fault;
  if (isSandboxError(error)) {
    const { code, detail, next } = error;
    const message = error.message.endsWith(next)
      ? error.message.slice(0, -next.length).trim()
      : error.message;
    return { code, ...(detail === undefined ? {} : { detail }), message, next };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'INTERNAL', message, next: TOOL_CODES.INTERNAL };
}

/** By its code too: an agent may link another copy of the manager than this package does. */
export function isSandboxError(error: unknown): error is SandboxError {
  if (error instanceof SandboxError) return true;
  return (
    error instanceof Error &&
    error.name === 'SandboxError' &&
    Object.hasOwn(ERROR_CODES, (error as SandboxError).code)
  );
}
