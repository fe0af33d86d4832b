/** A worker that floods has its turn, and no more than that. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { FakeWorker, until } from '@sandcrew/testkit';
import { WorkerConnection } from '#src/io/worker-connection.js';

/** Enough for the buffers of the kernel, which begin small, to grow until a turn without an end would take thousands. */
const FRAMES = 40_000;
/** As WebSocket has it: a text of 200 bytes. */
const TEXT = Buffer.concat([Buffer.from([0x81, 126, 0, 200]), Buffer.alloc(200, 'x')]);
const PING = Buffer.concat([Buffer.from([0x89, 125]), Buffer.alloc(125, 'x')]);
const PONG = Buffer.concat([Buffer.from([0x8a, 125]), Buffer.alloc(125, 'x')]);
/** Those that are let through before the pause, and the blocks of 64 KiB that were read by then and are told after it. */
const MAX_FRAMES_A_TURN = 1_300;

let liar: FakeWorker;
beforeEach(async () => {
  liar = await FakeWorker.listen();
});
afterEach(() => liar.close());

test.each([
  ['messages', [TEXT]],
  ['pings', [TEXT, ...Array<Buffer>(19).fill(PING)]],
  ['pongs', [TEXT, ...Array<Buffer>(19).fill(PONG)]],
])(
  '%s that come at once are taken in many turns of the event loop, some hundreds in each',
  async (_, frames) => {
    const texts = FRAMES / frames.length;
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
      if (total < texts) setImmediate(count);
    };
    liar.sendBytes(Buffer.concat(Array(texts).fill(Buffer.concat(frames))));
    setImmediate(count);
    await until('all have come', () => total === texts);
    expect(Math.max(...turns)).toBeLessThan(MAX_FRAMES_A_TURN / frames.length);
    connection.drop();
  },
);
