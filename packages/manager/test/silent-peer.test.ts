import { createHash } from 'node:crypto';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { until } from '@sandcrew/testkit';
import { WorkerConnection } from '#src/io/worker-connection.js';

const PING = 0x89;

let server: Server;
let peer: Socket;
let connection: WorkerConnection;
let told: string[];
let bytes: Buffer;

/** A peer that takes the upgrade, and says nothing after it but what a test has it say. */
beforeEach(async () => {
  bytes = Buffer.alloc(0);
  told = [];
  server = createServer((socket) => {
    peer = socket;
    socket.on('error', () => {});
    socket.once('data', (request) => {
      const key = /sec-websocket-key: (\S+)/i.exec(String(request))?.[1];
      const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
      socket.write(
        `HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: sandcrew.v1\r\n\r\n`,
      );
      socket.on('data', (data) => {
        bytes = Buffer.concat([bytes, data]);
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'setTimeout'] });
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  connection = new WorkerConnection(
    { url, token: 'x', connectTimeoutMs: 5_000 },
    {
      opened: () => told.push('opened'),
      failed: ({ fault }) => told.push(fault.message),
      lost: ({ fault }) => told.push(fault.message),
      text: (frame) => told.push(frame),
      binary: () => {},
      broken: (message) => told.push(message),
    },
  );
  await until('it is open', () => told.length > 0);
});

afterEach(async () => {
  jest.useRealTimers();
  connection.drop();
  peer.destroy();
  await new Promise((resolve) => server.close(resolve));
});

test('a peer is pinged each 10 s, and dropped when no byte came from it for 20 s', async () => {
  jest.advanceTimersByTime(10_000);
  await until('a ping has come', () => bytes.includes(PING));
  jest.advanceTimersByTime(9_999);
  expect(told).toEqual(['opened']);
  jest.advanceTimersByTime(1);
  expect(told[1]).toContain('no byte came for 20000 ms');
});

test('a peer from which a byte comes now and then is not dropped', async () => {
  for (const text of ['a', 'b', 'c', 'd']) {
    peer.write(Buffer.concat([Buffer.from([0x81, 0x01]), Buffer.from(text)]));
    await until('it was read', () => told.at(-1) === text);
    jest.advanceTimersByTime(15_000);
  }
  expect(told).toEqual(['opened', 'a', 'b', 'c', 'd']);
});

test('a peer that pings and reads nothing has few of its pings answered: they would fill the memory', async () => {
  const pings = 200_000;
  peer.pause();
  const one = Buffer.concat([Buffer.from([PING, 125]), Buffer.alloc(125)]);
  for (let sent = 0; sent < pings; sent += 1_000) {
    const isRoomy = peer.write(Buffer.concat(Array(1_000).fill(one)));
    if (!isRoomy) await new Promise((resolve) => peer.once('drain', resolve));
  }
  peer.write(Buffer.from([0x81, 0x04, ...Buffer.from('last')]));
  await until('all of them were read', () => told.at(-1) === 'last', 20_000);
  peer.resume();
  // A short ping's answer, masked, is ten bytes. Once it stands at the end, all that was to come has come.
  const isAnswered = () => {
    peer.write(Buffer.from([PING, 0x04, ...Buffer.from('back')]));
    return bytes.at(-10) === 0x8a && bytes.at(-9) === 0x84;
  };
  await until('it answers again', isAnswered, 20_000);
  expect(bytes.length).toBeLessThan((pings * 131) / 2);
});
