/** Why a frame was not accepted: a value, with what a `protocol_error` needs to say so. */
import type { MALFORMED_CODES } from './v1/protocol-error.js';

export interface Refusal {
  /** What kind of fault it is. */
  readonly code: (typeof MALFORMED_CODES)[number];
  /** What was expected and what came, for a person. Bounded; never the whole of the input. */
  readonly message: string;
  /** JSON Pointer of the field at fault, as in `/limits/pids`; empty for the whole message, absent for no JSON. */
  readonly path?: string;
  /** The `taskId` of the refused message, where it has a valid one. */
  readonly taskId?: string;
}

/** A message, or why there is none. Decoders return this and never throw. */
export type Decoded<Message> =
  | { readonly ok: true; readonly message: Message }
  | { readonly ok: false; readonly refusal: Refusal };

/** Shows what came: its kind, and its value where that is short. Never throws, whatever it is given. */
export function describeValue(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'string') return value.length <= 40 ? `string ${JSON.stringify(value)}` : `a string of ${value.length} characters`;
  if (typeof value === 'object') return 'an object';
  return `${typeof value} ${String(value)}`;
}
