/** Why a frame was not accepted: a value, with what a `protocol_error` needs to say so. */
import type { MALFORMED_CODES } from './v1/protocol-error.js';

export interface Refusal {
  /** What kind of fault it is. */
  readonly code: (typeof MALFORMED_CODES)[number];
  /** What was expected and what came, for a person. At most 500 characters, whatever came. */
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

const MAX_SHOWN_CHARACTERS = 60;

/** Shows what came: its kind, and its value where that is short. Never throws, whatever JSON it is given. */
export function describeValue(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'string') return describeString(value);
  return `${typeof value} ${String(value)}`;
}

function describeString(text: string): string {
  if (text.length <= MAX_SHOWN_CHARACTERS) {
    const shown = JSON.stringify(text); // escapes control characters and lone surrogates, and grows by that
    if (shown.length <= MAX_SHOWN_CHARACTERS) return `string ${shown}`;
  }
  return `a string of ${text.length} characters`;
}
