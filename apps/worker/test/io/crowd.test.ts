/** Peers that take and give nothing: silent crowds, readers of no answer, pings without end. A good one beside them is served. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { hasProgram, testIf } from '../needs.js';
import { Place, TestWorker, until, WorkerRun } from '../worker-process.js';

const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

/** A connection that says what it is given, and no more. */
async function silent(url: string, said = ''): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  sockets.push(socket);
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(said);
  return socket;
}

testIf(openFiles() > 2_200, 'more than 2,200 open files (ulimit -n)')(
  'a crowd of 990 silent connections keeps no good one out, and makes room when it has had its second',
  async () => {
    const worker = await TestWorker.start(['--containment', 'process-group']);
    const crowd = await Promise.all(Array.from({ length: 990 }, () => silent(worker.url)));
    let closed = 0;
    for (const socket of crowd) socket.once('close', () => closed++).resume();
    const good = await worker.manager('good');
    expect((await good.run('echo served')).stdout.toString()).toBe('served\n');
    // Each further one has those sent away that have waited longest, long before their headers are overdue.
    const startedMs = performance.now();
    while (worker.run.log.every(({ event }) => event !== 'silent_connections_closed')) {
      await silent(worker.url);
      if (performance.now() - startedMs > 10_000) throw new Error('nobody was sent away');
    }
    await until(() => closed > 0);
    expect((await good.run('echo still')).stdout.toString()).toBe('still\n');
    await worker.stop();
  },
);

testIf(hasProgram('prlimit', '--version'), 'prlimit (util-linux)')(
  'where few files may be open, a silent crowd leaves enough of them for tasks',
  async () => {
    const place = new Place();
    const args = [...place.arguments, '--containment', 'process-group', '--log-level', 'warn'];
    const run = new WorkerRun(args, {}, ['prlimit', '--nofile=400']);
    const { url } = await run.listening();
    const worker = new TestWorker(place, run, url);
    await Promise.all(Array.from({ length: 390 }, () => silent(url)));
    const good = await worker.manager('good');
    expect((await good.run('echo served')).stdout.toString()).toBe('served\n');
    await worker.stop();
  },
);

test('a peer that pings and reads nothing costs no memory', async () => {
  const worker = await TestWorker.start(['--containment', 'process-group']);
  const client = await worker.connect();
  client.socket.pause();
  const before = residentBytes(worker.run.pid);
  const data = Buffer.alloc(125);
  for (let count = 0; count < 400_000; count++) {
    client.socket.ping(data);
    if (client.socket.bufferedAmount > 1_048_576)
      await until(() => client.socket.bufferedAmount < 65_536, 20_000);
  }
  expect(residentBytes(worker.run.pid) - before).toBeLessThan(40_000_000);
  client.socket.resume();
  client.send({ type: 'ping', id: 'back' });
  await client.next('pong');
  await worker.stop();
});

test('a refused peer that does not close is not waited for', async () => {
  const worker = await TestWorker.start(['--containment', 'process-group']);
  const refused = connect({ port: Number(new URL(worker.url).port), host: '127.0.0.1', allowHalfOpen: true });
  sockets.push(refused);
  refused.on('error', () => {});
  let answer = '';
  refused.setEncoding('utf8').on('data', (text) => {
    answer += text;
  });
  refused.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  await once(refused, 'end');
  expect(answer).toMatch(/^HTTP\/1.1 401 /);
  // It says more: nobody is there to hear it any more.
  const talk = setInterval(() => refused.write('x'), 20);
  await until(() => refused.destroyed, 15_000).finally(() => clearInterval(talk));
  await worker.stop();
});

/** So many files this process may have open: Node has taken all that it may take. */
function openFiles(): number {
  const limit = /^Max open files\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  return limit === 'unlimited' ? Number.POSITIVE_INFINITY : Number(limit);
}

function residentBytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) * 1_024;
}
