/** How a task ended, in words of a short list: what numbers and spans tell of it. */
import type { Outcome } from '../effect.js';
import type { ErrorCode } from '../sandbox-error.js';

/** What a number or a span bears: ids, words of the contract and numbers; never what a command, its output or a worker says. */
export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** Ends that somebody asked for: the handle rejects, and nothing went wrong. */
const ASKED_FOR: readonly ErrorCode[] = ['CANCELLED', 'TERMINATED', 'CLOSED', 'DETACHED'];

/** `error.type` is there where something went wrong; a command's own exit code is a result, whatever it is. */
export function describeEnd({ fault, end }: Pick<Outcome, 'fault' | 'end'>): Attributes {
  if (fault === null) return { 'sandcrew.task.end': wordOf(end) };
  const word = { 'sandcrew.task.end': fault.code.toLowerCase() };
  return ASKED_FOR.includes(fault.code) ? word : { ...word, 'error.type': fault.code };
}

function wordOf({ exitCode, signal }: Outcome['end']): string {
  if (typeof signal === 'string') return 'signalled';
  return exitCode === 0 ? 'succeeded' : 'failed';
}
