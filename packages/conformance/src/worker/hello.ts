/** Who speaks, and what a worker says of itself. */
import type { Citation } from '../core/check.js';
import { expectFields, expectSame, expectThat } from '../core/mismatch.js';
import type { WorkerCheck } from './worker-check.js';

const OWNERS = 'Who owns what';
const LOST = 'Lost connections, restarts, shutdown';
const FIRST: Citation = [
  OWNERS,
  '`hello` comes first or not at all: a second one, or one after another message, is `unexpected_hello`.',
];
const TASKS: Citation = [LOST, 'A new `hello` with the same `managerId` finds its tasks in `welcome.tasks`.'];

export const HELLO_CHECKS: readonly WorkerCheck[] = [
  {
    id: 'hello.welcome',
    says: 'hello is answered by a welcome that speaks protocol 1 and keeps its schema.',
    cites: ['Versions', '`welcome.protocol` major and minor'],
    run: async (bench) => {
      const { welcome, client } = await bench.manager();
      expectThat(/^1\.\d+$/.test(String(welcome['protocol'])), 'protocol 1.x', welcome['protocol']);
      expectSame('the first message', client.received[0]?.type, 'welcome');
      expectSame('the tasks of a new manager', welcome['tasks'], []);
    },
  },
  {
    id: 'hello.heartbeat',
    says: 'A heartbeat follows the welcome at once.',
    cites: ['Who answers what', '`welcome`, a `heartbeat`, then for each resumed task its replay'],
    run: async (bench) => {
      const { client } = await bench.manager();
      await client.settle();
      expectSame(
        'the first messages',
        client.received.slice(0, 3).map(({ type }) => type),
        ['welcome', 'heartbeat', 'pong'],
      );
    },
  },
  {
    id: 'hello.heartbeat-pace',
    says: 'A heartbeat comes each 30 s.',
    cites: ['Who answers what', 'a `heartbeat` right after `welcome` and each 30 s'],
    isSlow: true,
    run: async (bench) => {
      const { client } = await bench.manager();
      const beats = () => client.received.filter(({ type }) => type === 'heartbeat').length;
      const tries = Math.ceil(36_000 / bench.target.patienceMs);
      for (let count = 1; count <= tries && beats() < 2; count++)
        await client
          .until(() => beats() >= 2, 'a second heartbeat')
          .catch((error) => {
            if (count === tries) throw error;
          });
    },
  },
  {
    id: 'hello.busy',
    says: 'The heartbeat of a worker that runs a task says so.',
    cites: ['Who answers what', 'a `heartbeat` right after `welcome`'],
    run: async (bench) => {
      const { client } = await bench.manager();
      client.execute('t', 'sleep 30');
      await client.next('execution_started', 't');
      const { client: other } = await bench.manager();
      const beat = await other.next('heartbeat');
      expectFields(beat, { status: 'busy' });
      expectThat(Number(beat['runningTasks']) >= 1, 'at least 1 running task', beat['runningTasks']);
    },
  },
  {
    id: 'hello.second',
    says: 'A second hello is `unexpected_hello`, and the session goes on.',
    cites: FIRST,
    run: async (bench) => {
      const { client } = await bench.manager();
      client.send({ type: 'hello', managerId: bench.name('manager'), output: 'text' });
      expectFields(await client.refusal(), { code: 'unexpected_hello' });
      await client.settle();
    },
  },
  {
    id: 'hello.late',
    says: 'A hello after another message is `unexpected_hello`.',
    cites: FIRST,
    run: async (bench) => {
      const client = await bench.plain();
      client.send({ type: 'ping' });
      client.send({ type: 'hello', managerId: bench.name('manager'), output: 'text' });
      expectFields(await client.next(['protocol_error', 'welcome']), { code: 'unexpected_hello' });
    },
  },
  {
    id: 'hello.replaced',
    says: 'Of two connections of one manager the older closes with 4001.',
    cites: [
      OWNERS,
      'Of two live connections with one `managerId` the newer stays, and the older closes with 4001.',
    ],
    run: async (bench) => {
      const { client: older, managerId } = await bench.manager();
      const { client: newer } = await bench.manager({ managerId });
      expectSame('the close code of the older', (await older.closed('a close with 4001')).code, 4001);
      await newer.settle();
    },
  },
  {
    id: 'hello.other-name',
    says: 'A managerId under a token of another name closes with 4003.',
    cites: [OWNERS, '`hello` with it under another name closes the connection with 4003.'],
    run: async (bench) => {
      const token = bench.otherToken;
      const { managerId, client } = await bench.manager();
      const stranger = await bench.plain(token);
      stranger.send({ type: 'hello', managerId, output: 'text' });
      expectSame('the close code', (await stranger.closed('a close with 4003')).code, 4003);
      await client.settle();
    },
  },
  {
    id: 'hello.boot-id',
    says: 'bootId and workerId are the same over connections while the worker runs.',
    cites: [LOST, '`bootId` changes when the worker process restarts.'],
    run: async (bench) => {
      const [{ welcome: one }, { welcome: other }] = [await bench.manager(), await bench.manager()];
      expectFields(other, { bootId: one['bootId'], workerId: one['workerId'] });
    },
  },
  {
    id: 'hello.tasks',
    says: 'welcome tells the tasks of the manager: state, acked and end offset.',
    cites: TASKS,
    run: async (bench) => {
      const { client, managerId } = await bench.manager();
      client.execute('done', 'echo hello');
      client.execute('runs', 'sleep 30');
      client.execute('late', 'sleep 30', { timeoutMs: 100 });
      await Promise.all([client.terminal('done'), client.terminal('late')]);
      await client.next('execution_started', 'runs');
      client.send({ type: 'task_ack', taskId: 'done', offset: 2 });
      await client.settle();
      await client.cut();
      const { welcome } = await bench.manager({ managerId });
      const tasks = welcome['tasks'] as readonly { readonly taskId: string }[];
      expectSame(
        'welcome.tasks by taskId',
        tasks.toSorted((a, b) => (a.taskId < b.taskId ? -1 : 1)),
        [
          { taskId: 'done', state: 'complete', ackedOffset: 2, endOffset: 6 },
          { taskId: 'late', state: 'error', ackedOffset: 0, endOffset: 0 },
          { taskId: 'runs', state: 'running', ackedOffset: 0, endOffset: 0 },
        ],
      );
    },
  },
  {
    id: 'hello.own-tasks',
    says: "welcome tells nobody else's tasks.",
    cites: [OWNERS, 'To anyone else it is `unknown_task`, and equal ids of different owners never meet.'],
    run: async (bench) => {
      const { client } = await bench.manager();
      client.execute('t', 'true');
      await client.terminal('t');
      expectSame('the tasks of another manager', (await bench.manager()).welcome['tasks'], []);
    },
  },
];
