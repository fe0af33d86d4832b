/** The input of one task: which bytes are new, how much may wait. It counts offsets and never sees a pipe. */
import { MAX_PENDING_INPUT_BYTES } from '@sandcrew/protocol';

export interface InputState {
  /** Input received so far, bytes. */
  receivedOffset: number;
  /** Input that the command's stdin has taken, bytes. */
  takenOffset: number;
  isOpen: boolean;
}

export function createInput(isOpen: boolean): InputState {
  return { receivedOffset: 0, takenOffset: 0, isOpen };
}

export type InputVerdict =
  /** Write the bytes from `skip` on. */
  | { readonly kind: 'write'; readonly skip: number }
  /** All of it is here already: a repetition after a reconnect. */
  | { readonly kind: 'repeated' }
  | { readonly kind: 'refuse'; readonly code: 'stdin_closed' | 'invalid_offset' | 'input_full' };

/** What to do with `bytes` of input that stand at `offset` (none: right behind what is here). */
export function judgeInput(state: InputState, bytes: number, offset: number | undefined): InputVerdict {
  const start = offset ?? state.receivedOffset;
  // What follows input that was refused at a closed stdin is refused for the same reason.
  if (start > state.receivedOffset)
    return { kind: 'refuse', code: state.isOpen ? 'invalid_offset' : 'stdin_closed' };
  const skip = state.receivedOffset - start;
  if (offset !== undefined && bytes <= skip) return { kind: 'repeated' };
  if (!state.isOpen) return { kind: 'refuse', code: 'stdin_closed' };
  const waiting = state.receivedOffset - state.takenOffset;
  if (waiting + bytes - skip > MAX_PENDING_INPUT_BYTES) return { kind: 'refuse', code: 'input_full' };
  return { kind: 'write', skip };
}
