/** A worker that floods has its turn, and no more than that. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { FakeWorker, until } from '@sandcrew/testkit';
import { WorkerConnection } from '#src/io/worker-connection.js';

/** Enough for the buffers of the kernel, which begin small, to grow until a turn without an end would take thousands. */
const FRAMES = 40_000;
/** As WebSocket has it: a text of 200 bytes. */
const FRAME = Buffer.concat([Buffer.from([0x81, 126, 0, 200]), Buffer.alloc(200, 'x')]);
/** Those that are let through before the pause, and the blocks of 64 KiB that were read by then and are told after it. */
const MAX_FRAMES_A_TURN = 1_300;

let liar: FakeWorker;
beforeEach(async () => {
  liar = await FakeWorker.listen();
});
afterEach(() => liar.close());

test('messages that come at once are taken in many turns of the event loop, some hundreds in each', async () => {
  let total = 0;
  const turns = [0];
  let isOpen = false;
  const ignore = () => {};
  const connection = new WorkerConnection(
    { ...liar.address, connectTimeoutMs: 20_000 },
    {
      opened: () => {
        isOpen = true;
      },
      failed: ignore,
      lost: ignore,
      broken: ignore,
      binary: ignore,
      text: () => {
        total++;
        turns.push((turns.pop() ?? 0) + 1);
      },
    },
  );
  await until('it is open', () => isOpen);
  const count = () => {
    turns.push(0);
    if (total < FRAMES) setImmediate(count);
  };
  liar.sendBytes(Buffer.concat(Array(FRAMES).fill(FRAME)));
  setImmediate(count);
  await until('all have come', () => total === FRAMES);
  expect(Math.max(...turns)).toBeLessThan(MAX_FRAMES_A_TURN);
  connection.drop();
});
