import { describe, expect, test } from '@jest/globals';
import { decodeOutputFrame, encodeOutputFrame, encodeOutputFrameHead, MAX_CHUNK_BYTES } from '#src/index.js';

const chunk = { taskId: 'task-1', stream: 'stderr', offset: 258, data: new Uint8Array([1, 2, 3]) } as const;

test('a frame is kind, stream, length of the id, offset, id and bytes, big-endian', () => {
  const header = [1, 2, 0, 6, 0, 0, 0, 0, 0, 0, 1, 2];
  expect([...encodeOutputFrame(chunk)]).toEqual([...header, ...Buffer.from('task-1'), 1, 2, 3]);
});

test('the head alone is what stands before the bytes', () => {
  const whole = encodeOutputFrame(chunk);
  expect(encodeOutputFrameHead(chunk)).toEqual(whole.subarray(0, whole.length - 3));
});

test('decoded data is a view into the frame, also where the frame is a part of a larger buffer', () => {
  const frame = encodeOutputFrame(chunk);
  const pool = new Uint8Array(frame.length + 20).fill(0xaa);
  pool.set(frame, 7);
  const decoded = decodeOutputFrame(pool.subarray(7, 7 + frame.length));
  expect(decoded).toEqual({ ok: true, message: chunk });
  if (decoded.ok) expect(decoded.message.data.buffer).toBe(pool.buffer);
});

test('a chunk may hold MAX_CHUNK_BYTES and no more, on either side', () => {
  const largest = { ...chunk, data: new Uint8Array(MAX_CHUNK_BYTES) };
  const frame = encodeOutputFrame(largest);
  expect(decodeOutputFrame(frame)).toEqual({ ok: true, message: largest });

  const tooLong = new Uint8Array(frame.length + 1);
  tooLong.set(frame);
  expect(decodeOutputFrame(tooLong)).toMatchObject({
    ok: false,
    refusal: { code: 'invalid_message', taskId: 'task-1' },
  });
  expect(() => encodeOutputFrame({ ...chunk, data: new Uint8Array(MAX_CHUNK_BYTES + 1) })).toThrow(TypeError);
});

test('what names no task is refused of none', () => {
  const decoded = decodeOutputFrame(Uint8Array.of(1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0x2f));
  expect(decoded).toMatchObject({ ok: false, refusal: { code: 'invalid_message' } });
  expect(decoded.ok || 'taskId' in decoded.refusal).toBe(false);
});

describe('a sender cannot encode', () => {
  const broken: [what: string, chunk: object][] = [
    ['an id that is none', { taskId: '../../x' }],
    ['no id', { taskId: undefined }],
    ['a stream that is none', { stream: 'stdin' }],
    ['a stream that every object inherits', { stream: 'constructor' }],
    ['a negative offset', { offset: -1 }],
    ['an offset beyond what a double counts exactly', { offset: 2 ** 53 }],
    ['an offset that is not whole', { offset: 0.5 }],
  ];
  test.each(broken)('%s', (_what, part) => {
    expect(() => encodeOutputFrame({ ...chunk, ...part } as typeof chunk)).toThrow(
      /^cannot encode an output frame: expected .+, got .+/,
    );
  });
});
