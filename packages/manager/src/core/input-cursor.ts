/** Where a task's input stands: written by the caller, sent, taken by the command. It sees numbers, never bytes. */
export interface InputCursor {
  writtenOffset: number;
  sentOffset: number;
  ackedOffset: number;
  /** The caller wrote all there is, and whether the worker was told so on this connection. */
  ended: boolean;
  endSent: boolean;
}

/** Input on its way at most: far below the worker's own bound, so that `input_full` cannot happen. */
const INPUT_WINDOW_BYTES = 262_144;
/** Input in one message at most; as base64 it stays well below a message's limit. */
const MAX_INPUT_BYTES = 65_536;

export function openInputCursor(): InputCursor {
  return { writtenOffset: 0, sentOffset: 0, ackedOffset: 0, ended: false, endSent: false };
}

/** What to send next, or null for nothing now. The caller sends it. */
export function nextInput(
  cursor: InputCursor,
): { readonly offset: number; readonly bytes: number; readonly end: boolean } | null {
  const offset = cursor.sentOffset;
  const room = INPUT_WINDOW_BYTES - (offset - cursor.ackedOffset);
  const bytes = Math.min(cursor.writtenOffset - offset, room, MAX_INPUT_BYTES);
  const end = cursor.ended && !cursor.endSent && offset + bytes === cursor.writtenOffset;
  if (bytes <= 0 && !end) return null;
  cursor.sentOffset += bytes;
  cursor.endSent = end;
  return { offset, bytes, end };
}

/** The command has taken all input before `offset`. False where that is impossible. */
export function noteInputTaken(cursor: InputCursor, offset: number): boolean {
  if (offset > cursor.sentOffset) return false;
  cursor.ackedOffset = Math.max(cursor.ackedOffset, offset);
  return true;
}

/** On a new connection what was not taken is sent again; the worker skips what it has. */
export function rewindInput(cursor: InputCursor): void {
  cursor.sentOffset = cursor.ackedOffset;
  cursor.endSent = false;
}
