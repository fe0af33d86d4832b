/** What `sandcrew` exits with. A command's own exit code is passed on; the rest is told apart by these. */
import { constants } from 'node:os';
import type { ErrorCode, PartialTaskResult, SandboxError, TaskResult } from '@sandcrew/manager';

export const EXIT = {
  ok: 0,
  /** Files arrived, but for what was told. */
  incomplete: 1,
  usage: 2,
  blocked: 122,
  timedOut: 124,
  failed: 125,
  notExecutable: 126,
  notFound: 127,
} as const;

const EXIT_OF_ERROR: Partial<Record<ErrorCode, number>> = {
  BLOCKED: EXIT.blocked,
  INVALID_OPTIONS: EXIT.usage,
  INVALID_TASK: EXIT.usage,
  TIMED_OUT: EXIT.timedOut,
};

/** 128 and the signal's number, as shells say it. */
export function statusOfSignal(signal: string): number {
  return 128 + (constants.signals[signal as NodeJS.Signals] ?? 0);
}

/** Our own output could not be written: as a broken pipe ends a program, or our failure. */
export function statusOfOutputFault({ code }: NodeJS.ErrnoException): number {
  return code === 'EPIPE' ? statusOfSignal('SIGPIPE') : EXIT.failed;
}

/** The command came to its own end: its exit code. */
export function statusOfResult({ exitCode, signal }: Pick<TaskResult, 'exitCode' | 'signal'>): number {
  return exitCode ?? statusOfSignal(signal ?? '');
}

/** It did not. `interruptedBy` is the signal by which the user ended it. */
export function statusOfError(
  error: Pick<SandboxError<PartialTaskResult>, 'code' | 'detail' | 'result'>,
  interruptedBy: NodeJS.Signals | null,
): number {
  if (error.code === 'SPAWN_FAILED' && error.detail === 'command_not_found') return EXIT.notFound;
  if (error.code === 'SPAWN_FAILED' && error.detail === 'not_executable') return EXIT.notExecutable;
  if (interruptedBy !== null) return statusOfSignal(interruptedBy);
  if (error.code === 'TERMINATED' || error.code === 'CANCELLED') {
    return statusOfSignal(error.result?.signal ?? 'SIGTERM');
  }
  return EXIT_OF_ERROR[error.code] ?? EXIT.failed;
}
