/**
 * Output chunks as binary frames, worker -> manager, big-endian:
 *
 *     u8 kind = 1 | u8 stream (1 stdout, 2 stderr) | u16 length of taskId | u64 offset | taskId (UTF-8) | the bytes
 */
import type { Decoded } from './refusal.js';
import { isTaskId, type Stream } from './v1/fields.js';
import { MAX_CHUNK_BYTES } from './version.js';

export interface OutputFrame {
  readonly taskId: string;
  readonly stream: Stream;
  /** Raw bytes of the task before this chunk, both streams. */
  readonly offset: number;
  /** The chunk, at most `MAX_CHUNK_BYTES`. After decoding: a view into the frame, not a copy. */
  readonly data: Uint8Array;
}

/** `kind` of an output frame. */
export const OUTPUT_FRAME_KIND = 1;
const STREAM_CODES = { stdout: 1, stderr: 2 } as const;
const HEADER_BYTES = 12;

/** The frame's bytes: header, id, and a copy of `data`. */
export function encodeOutputFrame(frame: OutputFrame): Uint8Array {
  const head = encodeOutputFrameHead(frame);
  const bytes = new Uint8Array(head.length + frame.data.length);
  bytes.set(head);
  bytes.set(frame.data, head.length);
  return bytes;
}

/**
 * What stands before the bytes, for a sender that writes both parts without a copy.
 * @throws {TypeError} where the id, the offset or the size breaks the contract.
 */
export function encodeOutputFrameHead({ taskId, stream, offset, data }: OutputFrame): Uint8Array {
  if (!isTaskId(taskId)) throw new TypeError(`taskId: expected a valid one, got ${JSON.stringify(taskId).slice(0, 80)}`);
  if (!Number.isSafeInteger(offset) || offset < 0) throw new TypeError(`offset: expected a whole number from 0, got ${offset}`);
  if (data.length > MAX_CHUNK_BYTES) throw new TypeError(`data: expected at most ${MAX_CHUNK_BYTES} bytes, got ${data.length}`);
  const head = new Uint8Array(HEADER_BYTES + taskId.length);
  const view = new DataView(head.buffer);
  view.setUint8(0, OUTPUT_FRAME_KIND);
  view.setUint8(1, STREAM_CODES[stream]);
  view.setUint16(2, taskId.length);
  view.setBigUint64(4, BigInt(offset));
  for (let i = 0; i < taskId.length; i++) head[HEADER_BYTES + i] = taskId.charCodeAt(i); // the pattern is ASCII
  return head;
}

/** Decodes a binary frame that a worker sent. Never throws. */
export function decodeOutputFrame(frame: Uint8Array): Decoded<OutputFrame> {
  if (frame.length < HEADER_BYTES) return refuse(`expected a header of ${HEADER_BYTES} bytes, got ${frame.length}`);
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const kind = view.getUint8(0);
  if (kind !== OUTPUT_FRAME_KIND) return refuse(`expected kind ${OUTPUT_FRAME_KIND}, got ${kind}`);
  const stream = view.getUint8(1);
  if (stream !== STREAM_CODES.stdout && stream !== STREAM_CODES.stderr) return refuse(`expected stream 1 or 2, got ${stream}`);
  const idEnd = HEADER_BYTES + view.getUint16(2);
  if (frame.length < idEnd) return refuse(`expected a taskId of ${idEnd - HEADER_BYTES} bytes, got ${frame.length - HEADER_BYTES}`);
  const taskId = String.fromCharCode(...frame.subarray(HEADER_BYTES, Math.min(idEnd, HEADER_BYTES + 129)));
  if (!isTaskId(taskId)) return refuse('expected a valid taskId');
  const offset = view.getBigUint64(4);
  if (offset > BigInt(Number.MAX_SAFE_INTEGER)) return refuse(`expected an offset up to 2^53-1, got ${offset}`);
  const data = frame.subarray(idEnd);
  if (data.length > MAX_CHUNK_BYTES) return refuse(`expected at most ${MAX_CHUNK_BYTES} bytes, got ${data.length}`);
  return {
    ok: true,
    message: { taskId, stream: stream === STREAM_CODES.stdout ? 'stdout' : 'stderr', offset: Number(offset), data },
  };
}

function refuse(message: string): Decoded<never> {
  return { ok: false, refusal: { code: 'invalid_message', message: `binary frame: ${message}` } };
}
