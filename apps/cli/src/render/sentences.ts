/** What Sandcrew itself says to a person, in whole sentences. Pure. */
import type { ErrorCode, OutputGapInfo, SandboxError, TaskResult } from '@sandcrew/manager';

export function gapSentence({ offset, bytes }: OutputGapInfo): string {
  return `${bytes} bytes of output from byte ${offset} on are gone: the worker no longer has them.`;
}

/** A worker went away while a task ran there. It is dialled again, and the task may go on meanwhile. */
export function absenceSentence(url: string, since: Date, lostAfterMs: number): string {
  const time = since.toTimeString().slice(0, 8);
  const patience =
    lostAfterMs === 0 ? 'not waiting for it' : `waiting up to ${durationWords(lostAfterMs)} for it`;
  return `The worker ${url} is away since ${time}; ${patience} (--lost-after). Ctrl-C gives up.`;
}

/** Our own stdout or stderr takes nothing any more; null where its reader just went away, which is no fault. */
export function outputFaultSentence(fault: NodeJS.ErrnoException): string | null {
  return fault.code === 'EPIPE' ? null : `The output cannot be written: ${fault.message}.`;
}

/** What is worth saying of a command's own end; null where its exit code says it all. */
export function resultSentence({ signal, leftover }: Pick<TaskResult, 'signal' | 'leftover'>): string | null {
  const ended = signal === null ? '' : `The command was ended by ${signal}.`;
  const left =
    leftover === 0
      ? ''
      : `${leftover} ${leftover === 1 ? 'process' : 'processes'} that it left behind ${leftover === 1 ? 'was' : 'were'} ended.`;
  return `${ended} ${left}`.trim() || null;
}

/** What to do next, where the command line has a word of its own for it. */
const NEXT_WORDS: Partial<Record<ErrorCode, string>> = {
  ARCHIVE_TOO_LARGE: 'Raise --max-bytes or --max-entries, or leave something out by --exclude.',
  BLOCKED: 'Give it input by --stdin, or a command that asks nothing.',
  CANCELLED: 'It never ran.',
  CONNECTION_REPLACED: 'Give each sandcrew that runs at the same time a --manager-id of its own.',
  DETACHED: '`sandcrew attach` follows it again, and `sandcrew stop` ends it.',
  MANAGER_ID_TAKEN: 'Use another --manager-id, or the token that used this one first.',
  INVALID_PATH: 'Correct it, or leave it out by --exclude.',
  LOST: 'Run it again if that is safe.',
  NO_PROGRESS: 'See that the worker is there and its disk works, or raise --idle-timeout (0 = never).',
  TIMED_OUT: 'Raise --timeout (0 = never).',
  UNKNOWN_TASK: '`sandcrew ps` lists the tasks; they belong to the --manager-id that started them.',
  WORKER_START_FAILED: 'Mend what it names, or use a worker that runs already, by --worker.',
  WORKER_UNREACHABLE: 'See that the worker runs and that its URL is right.',
  UNKNOWN_WORKSPACE: '`sandcrew workspace ls` lists the workspaces.',
};

/** The same for a command that could not be started, by why; there is no advice for what has no name. */
const NEXT_WORDS_OF_START: Readonly<Record<string, string>> = {
  command_not_found: 'Install it there, or correct its name.',
  not_executable: 'Name a program that the worker may execute.',
};

/** What went wrong and what to do next. */
export function errorSentence({
  code,
  detail = '',
  message,
  next,
}: Pick<SandboxError, 'code' | 'detail' | 'message' | 'next'>): string {
  if (code === 'TERMINATED') return 'The command was ended, as it was asked for.';
  const words = code === 'SPAWN_FAILED' ? (NEXT_WORDS_OF_START[detail] ?? '') : NEXT_WORDS[code];
  return words === undefined ? message : `${message.slice(0, -next.length).trimEnd()} ${words}`.trimEnd();
}

/** `800 ms`, `12 s`, `3 min 5 s`, `2 h 10 min`. */
export function durationWords(durationMs: number): string {
  if (durationMs < 1_000) return `${Math.round(durationMs)} ms`;
  const seconds = Math.floor(durationMs / 1_000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `312 bytes`, `1.2 MiB`. */
export function sizeWords(bytes: number): string {
  const unit = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), SIZE_UNITS.length - 1);
  const amount = bytes / 1_024 ** unit;
  return `${unit === 0 ? amount : amount.toFixed(1)} ${SIZE_UNITS[unit]}`;
}

const SIZE_UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'] as const;
