/** How a manager connects, and what frames it sends. */
import { expectSame, expectThat, Mismatch } from '../core/mismatch.js';
import { delay } from '../io/clock.js';
import { helloOf } from '../io/scripted-worker.js';
import type { ManagerBench } from '../manager-bench.js';
import type { ManagerCheck } from './manager-check.js';

const CONNECTING = 'Connecting';

export const CONNECTING_CHECKS: readonly ManagerCheck[] = [
  {
    id: 'connecting.token',
    says: 'It sends its token once, as Bearer.',
    cites: [CONNECTING, 'The request is `GET /` with `Authorization: Bearer <token>`'],
    run: async (bench) => {
      const [request] = await firstRequest(bench);
      const sent = request?.headersDistinct['authorization'];
      expectSame('the Authorization headers', sent, [`Bearer ${bench.worker.token}`]);
    },
  },
  {
    id: 'connecting.path',
    says: 'It asks for `/`, and puts nothing into the query.',
    cites: [CONNECTING, 'a token in the query string, even beside a valid header'],
    run: async (bench) => expectSame('the path', (await firstRequest(bench))[0]?.url, '/'),
  },
  {
    id: 'connecting.version',
    says: 'It offers sandcrew.v1, or no subprotocol at all.',
    cites: [CONNECTING, 'None offered means version 1.'],
    run: async (bench) => {
      const offered = (await firstRequest(bench))[0]?.headers['sec-websocket-protocol'];
      const isGood = offered === undefined || offered.split(/, */).includes('sandcrew.v1');
      expectThat(isGood, 'sandcrew.v1 among those that it offers', offered);
    },
  },
  {
    id: 'connecting.origin',
    says: 'It sends no Origin, which a worker would refuse.',
    cites: [
      CONNECTING,
      "an `Origin` header, whatever it is, that is not on the worker's allow-list (empty by default)",
    ],
    run: async (bench) => expectSame('the Origin', (await firstRequest(bench))[0]?.headers.origin, undefined),
  },
  {
    id: 'connecting.refused',
    says: 'It does not hammer a worker that refuses its token.',
    cites: [CONNECTING, 'the same after 20 failed tokens within a minute from one address'],
    run: async (bench) => {
      bench.worker.refusal = 401;
      await firstRequest(bench);
      await delay(1_500);
      const { length } = bench.worker.requests;
      expectThat(length <= 20, 'at most 20 requests within 1.5 s', length);
      if (bench.program.isEnded) expectThat(bench.program.status !== 0, 'a status that is not 0', 0);
    },
  },
  {
    id: 'connecting.valid',
    says: 'Each of its frames is a valid message.',
    cites: ['From the manager to the worker', 'These are text frames, one JSON object each.'],
    run: async (bench) => {
      await playWhole(bench);
      expectSame('frames that are not valid', bench.worker.faults, []);
    },
  },
  {
    id: 'connecting.text',
    says: 'It sends no binary frame.',
    cites: ['From the manager to the worker', 'A binary frame to a worker closes the connection with 1003.'],
    run: async (bench) => {
      await playWhole(bench);
      expectSame(
        'binary frames',
        bench.worker.faults.filter((fault) => fault === 'a binary frame'),
        [],
      );
    },
  },
  {
    id: 'connecting.declared',
    says: 'It sends only what the schema declares.',
    cites: ['Versions', 'senders send only what their schema declares'],
    run: async (bench) => {
      await playWhole(bench);
      expectSame('messages with fields that are not declared', bench.worker.undeclared, []);
    },
  },
  {
    id: 'connecting.hello',
    says: 'hello comes first and once, or not at all.',
    cites: ['Who owns what', '`hello` comes first or not at all'],
    run: async (bench) => {
      await playWhole(bench);
      for (const { received } of bench.worker.connections) {
        const at = received.flatMap(({ type }, index) => (type === 'hello' ? [index] : []));
        expectThat(
          at.length === 0 || (at.length === 1 && at[0] === 0),
          'hello as the first message alone',
          received.map(({ type }) => type),
        );
      }
    },
  },
  {
    id: 'connecting.close',
    says: 'It closes its connection when it is done.',
    cites: ['Close codes', 'The side that closes is done.'],
    run: async (bench) => {
      await playWhole(bench);
      const codes = () => bench.worker.connections.map(({ closeCode }) => closeCode);
      await bench.worker.until(() => !codes().includes(null), 'the close of every connection');
      expectSame('the close codes', [...new Set(codes())], [1000]);
    },
  },
  {
    id: 'connecting.pong',
    says: 'It answers a WebSocket ping.',
    cites: [CONNECTING, 'Both sides send a WebSocket ping each `PING_INTERVAL_MS`'],
    run: async (bench) => {
      const { connection } = await bench.runUntilCommand();
      let answer: string | null = null;
      connection.socket.on('pong', (bytes) => {
        answer = bytes.toString();
        bench.worker.nudge();
      });
      connection.socket.ping('are you there');
      await bench.worker.until(() => answer !== null, 'a WebSocket pong');
      expectSame('the pong', answer, 'are you there');
    },
  },
  {
    id: 'connecting.pings',
    says: 'It sends a WebSocket ping each 10 s.',
    cites: [CONNECTING, 'Both sides send a WebSocket ping each `PING_INTERVAL_MS`'],
    run: async (bench) => {
      const { connection, taskId } = await bench.runUntilCommand();
      bench.worker.start(connection, taskId);
      await bench.worker.until(() => connection.pings > 0, 'a WebSocket ping', 15_000);
    },
  },
  {
    id: 'connecting.silent-worker',
    says: 'It drops a worker from which no byte comes for 20 s.',
    cites: [CONNECTING, 'drop a peer from which no byte has come for `PEER_SILENCE_MS`'],
    isSlow: true,
    run: async (bench) => {
      const { connection, taskId } = await bench.runUntilCommand();
      bench.worker.start(connection, taskId);
      bench.worker.answersPings = false;
      await bench.worker.until(() => connection.closeCode !== null, 'a connection that is dropped', 35_000);
    },
  },
  {
    id: 'connecting.manager-id',
    says: 'It comes back with the same managerId.',
    cites: [
      'Lost connections, restarts, shutdown',
      'A new `hello` with the same `managerId` finds its tasks in `welcome.tasks`.',
    ],
    run: async (bench) => {
      const { connection, taskId } = await bench.runUntilCommand();
      if (helloOf(connection) === undefined)
        throw new Mismatch('a manager that says hello, to be resumed', 'a plain client');
      bench.worker.start(connection, taskId);
      bench.worker.tasks = [{ taskId, state: 'running', ackedOffset: 0, endOffset: 0 }];
      connection.socket.terminate();
      const { connection: next } = await bench.resumption(connection, taskId);
      expectSame('the managerId', helloOf(next)?.managerId, helloOf(connection)?.managerId);
    },
  },
];

async function firstRequest(bench: ManagerBench) {
  await bench.run();
  await bench.worker.until(() => bench.worker.requests.length > 0 || bench.program.isEnded, 'a connection');
  if (bench.worker.requests.length === 0) await bench.ended();
  return bench.worker.requests;
}

/** A whole conversation: a command, its output, its end. */
async function playWhole(bench: ManagerBench): Promise<void> {
  const { connection, taskId } = await bench.runUntilCommand();
  bench.worker.start(connection, taskId);
  bench.worker.output(connection, taskId, 0, Buffer.from('out\n'));
  bench.worker.complete(connection, taskId, 4);
  await bench.ended();
}
