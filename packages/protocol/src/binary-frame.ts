/**
 * Output chunks as binary frames, worker -> manager, big-endian:
 *
 *     u8 kind = 1 | u8 stream (1 stdout, 2 stderr) | u16 length of taskId | u64 offset | taskId (UTF-8) | the bytes
 */
import { type Decoded, describeValue } from './refusal.js';
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
/** By their codes on the wire. */
const STREAMS: readonly (Stream | undefined)[] = [undefined, 'stdout', 'stderr'];
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
 * @throws {TypeError} where the id, the stream, the offset or the size breaks the contract.
 */
export function encodeOutputFrameHead({ taskId, stream, offset, data }: OutputFrame): Uint8Array {
  const streamCode = STREAMS.indexOf(stream);
  if (!isTaskId(taskId)) throw brokenPromise('a valid taskId', describeValue(taskId));
  if (streamCode < 1) throw brokenPromise('stream stdout or stderr', describeValue(stream));
  if (!Number.isSafeInteger(offset) || offset < 0) throw brokenPromise('an offset from 0', `${offset}`);
  if (data.length > MAX_CHUNK_BYTES) throw brokenPromise(SIZE_LIMIT, `${data.length}`);
  const head = new Uint8Array(HEADER_BYTES + taskId.length);
  const view = new DataView(head.buffer);
  view.setUint8(0, OUTPUT_FRAME_KIND);
  view.setUint8(1, streamCode);
  view.setUint16(2, taskId.length);
  view.setBigUint64(4, BigInt(offset));
  for (let i = 0; i < taskId.length; i++) head[HEADER_BYTES + i] = taskId.charCodeAt(i); // the pattern is ASCII
  return head;
}

/** Decodes a binary frame that a worker sent. Never throws. */
export function decodeOutputFrame(frame: Uint8Array): Decoded<OutputFrame> {
  if (frame.length < HEADER_BYTES) return refuse(`a header of ${HEADER_BYTES} bytes`, `${frame.length}`);
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const kind = view.getUint8(0);
  if (kind !== OUTPUT_FRAME_KIND) return refuse(`kind ${OUTPUT_FRAME_KIND}`, `${kind}`);
  const stream = STREAMS[view.getUint8(1)];
  if (stream === undefined) return refuse('stream 1 or 2', `${view.getUint8(1)}`);
  const idBytes = view.getUint16(2);
  const data = frame.subarray(HEADER_BYTES + idBytes);
  const taskId = asciiOf(frame.subarray(HEADER_BYTES, HEADER_BYTES + idBytes));
  if (taskId.length !== idBytes || !isTaskId(taskId)) return refuse('a valid taskId', describeValue(taskId));
  const offset = view.getBigUint64(4);
  if (offset > MAX_OFFSET) return refuse(`an offset up to ${MAX_OFFSET}`, `${offset}`, taskId);
  if (data.length > MAX_CHUNK_BYTES) return refuse(SIZE_LIMIT, `${data.length}`, taskId);
  return { ok: true, message: { taskId, stream, offset: Number(offset), data } };
}

const MAX_OFFSET = BigInt(Number.MAX_SAFE_INTEGER);
const SIZE_LIMIT = `at most ${MAX_CHUNK_BYTES} bytes of output`;

/** Ids are ASCII: a byte beyond it becomes a character that no id holds, and an id that is too long comes out short. */
function asciiOf(bytes: Uint8Array): string {
  return String.fromCharCode.apply(null, bytes.subarray(0, MAX_ID_BYTES) as unknown as number[]);
}
const MAX_ID_BYTES = 128;

function refuse(expected: string, got: string, taskId?: string): Decoded<never> {
  const message = `binary frame: expected ${expected}, got ${got}`;
  return {
    ok: false,
    refusal: { code: 'invalid_message', message, ...(taskId === undefined ? {} : { taskId }) },
  };
}

function brokenPromise(expected: string, got: string): TypeError {
  return new TypeError(`cannot encode an output frame: expected ${expected}, got ${got}`);
}
