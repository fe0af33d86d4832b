/** A flood of output passes through few buffers, and none is used again while anybody needs what stands in it. */
import { expect, test } from '@jest/globals';
import { OutputBuffers, type OutputIntake } from '#src/io/output-buffers.js';

const WHOLE = 65_536;

/** As a read of the system does. */
function read(intake: OutputIntake, bytes: number, filling: number): Uint8Array {
  intake.target.fill(filling, 0, bytes);
  return intake.receive(bytes);
}

test('a buffer is used again when the log and every socket have let go of it, and not before', () => {
  const buffers = new OutputBuffers();
  const intake = buffers.intake();
  read(intake, WHOLE, 1); // the first large read is copied out of where all read little
  const data = read(intake, WHOLE, 2);
  const next = () => {
    const other = buffers.take();
    const isReused = other.buffer === data.buffer;
    if (!isReused) buffers.giveBack(other);
    return isReused;
  };
  buffers.hold(data); // a socket
  buffers.hold(data); // another, after a reconnect
  buffers.letGo(data);
  buffers.letGo(data);
  expect(next()).toBe(false);
  buffers.letGo(data); // the log
  expect(next()).toBe(true);
});

test('what was passed on is not read over while it is held, however much is read after it', () => {
  const intake = new OutputBuffers().intake();
  const held = Array.from({ length: 100 }, (_, index) => read(intake, WHOLE, index));
  for (const [index, data] of held.entries()) expect([...new Set(data)]).toEqual([index]);
});

test('little output is copied out, and a source that has no more than that holds no buffer', () => {
  const buffers = new OutputBuffers();
  const [one, other] = [buffers.intake(), buffers.intake()];
  const first = read(one, 10, 1);
  const second = read(other, 10, 2);
  expect([first, second]).toEqual([new Uint8Array(10).fill(1), new Uint8Array(10).fill(2)]);
  expect([first, second].map(({ buffer }) => buffer.byteLength)).toEqual([10, 10]);
  expect(one.target).toBe(other.target);
  read(one, WHOLE, 3); // a flood begins,
  expect(one.target).not.toBe(other.target);
  read(one, 10, 4); // … and is over
  expect(one.target).toBe(other.target);
});

test('a chunk is framed where it lies, and a part of one leaves the bytes before it alone', () => {
  const buffers = new OutputBuffers();
  const intake = buffers.intake();
  read(intake, WHOLE, 1);
  const data = read(intake, WHOLE, 2);
  const head = new Uint8Array(140).fill(9);
  const frame = buffers.join(head, data);
  expect([frame.buffer === data.buffer, frame.length]).toEqual([true, head.length + WHOLE]);
  expect(frame.subarray(0, head.length)).toEqual(head);
  expect(frame.subarray(head.length)).toEqual(data);
  const rest = data.subarray(1_000);
  const copy = buffers.join(head, rest);
  expect(copy.buffer === data.buffer).toBe(false);
  expect(copy).toEqual(new Uint8Array([...head, ...rest]));
  expect([...new Set(data)]).toEqual([2]);
});

test('letting go of bytes that stand in none of its buffers changes nothing', () => {
  const buffers = new OutputBuffers();
  const foreign = new Uint8Array(WHOLE);
  buffers.hold(foreign);
  buffers.letGo(foreign);
  buffers.letGo(foreign);
  expect(buffers.take().buffer === foreign.buffer).toBe(false);
});
