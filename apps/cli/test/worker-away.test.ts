import { EventEmitter, once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { FakeWorker } from '@sandcrew/testkit';
import { Sandcrew } from './sandcrew.js';
import { startWorker } from './worker-process.js';

let directory: string;
let worker: Sandcrew;
let env: NodeJS.ProcessEnv;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sandcrew-cli-'));
  ({ worker, env } = await startWorker(directory));
});

afterEach(async () => {
  worker.child.kill('SIGTERM');
  await worker.ended;
  rmSync(directory, { recursive: true, force: true });
});

/** A way to the worker that can be cut and opened again; `env` leads over it. */
async function wayToWorker() {
  const port = Number(new URL(env['SANDCREW_WORKER'] ?? '').port);
  const sockets = new Set<Socket>();
  const refusals = new EventEmitter();
  let isOpen = true;
  const server = createServer((near) => {
    if (!isOpen) {
      refusals.emit('refused');
      return near.destroy();
    }
    const far = connect(port, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket.on('error', () => socket.destroy()));
    }
    return near.pipe(far).pipe(near);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    isOpen = false;
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  env['SANDCREW_WORKER'] = `ws://127.0.0.1:${(server.address() as { port: number }).port}`;
  return {
    cut,
    /** Resolves when the next dial has failed. */
    refused: () => once(refusals, 'refused'),
    reopen: () => {
      isOpen = true;
    },
    close: () => {
      cut();
      server.close();
    },
  };
}

test('a worker that goes away is told once, with how long it is waited for, and when it is back; no byte is lost', async () => {
  const way = await wayToWorker();
  const command = 'for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo $i; sleep 0.2; done; exit 3';
  const running = new Sandcrew(['run', '--', command], { env });
  await running.says('2\n');
  way.cut();
  await way.refused();
  await way.refused(); // the first is told by now, and nothing was said of it
  way.reopen();
  const { status, stdout, stderr } = await running.ended;
  way.close();
  expect([status, stdout.toString()]).toEqual([3, '1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n']);
  const url = env['SANDCREW_WORKER'];
  expect(stderr.replace(/\d\d:\d\d:\d\d/, 'TIME')).toBe(
    `sandcrew: The worker ${url} is away since TIME; waiting up to 5 min for it (--lost-after). Ctrl-C gives up.\n` +
      `sandcrew: The worker ${url} is back.\n`,
  );
});

test('a worker that goes away before it has told that the task runs is told as well', async () => {
  const fake = await FakeWorker.listen({ token: 'f'.repeat(64) });
  const tokenFile = join(directory, 'fake.token');
  writeFileSync(tokenFile, `${fake.token}\n`, { mode: 0o600 });
  const way = { SANDCREW_WORKER: fake.url, SANDCREW_TOKEN_FILE: tokenFile };
  const running = new Sandcrew(['run', '--lost-after', '500ms', '--', 'true'], { env: { ...env, ...way } });
  await fake.next('execute_command');
  await fake.close();
  const { status, stderr } = await running.ended;
  expect([status, stderr]).toEqual([125, expect.stringContaining(`The worker ${fake.url} is away since`)]);
  expect(stderr).toContain('has been away for 500 ms');
});

test('a worker that stays away is given up after --lost-after: 125, and the task is told to be lost', async () => {
  const way = await wayToWorker();
  const running = new Sandcrew(['run', '--lost-after', '500ms', '--', 'echo ready; sleep 1000'], { env });
  await running.says('ready');
  way.cut();
  const { status, stderr } = await running.ended;
  way.close();
  expect(status).toBe(125);
  expect(stderr).toContain('waiting up to 500 ms for it');
  expect(stderr).toContain('has been away for 500 ms. Run it again if that is safe.');
});

test('Ctrl-C gives up a worker that is away at once, and says that the task may still run', async () => {
  const way = await wayToWorker();
  const running = new Sandcrew(['run', '--', 'echo ready; sleep 1000'], { env });
  await running.says('ready');
  way.cut();
  await running.says('is away', 'stderr');
  const askedMs = performance.now();
  running.child.kill('SIGINT');
  const { status, stderr } = await running.ended;
  way.close();
  expect(status).toBe(130);
  expect(stderr).toContain('it may still run there');
  expect(performance.now() - askedMs).toBeLessThan(8_000);
});

test('a block that stands is told once, also where the worker was away meanwhile', async () => {
  const way = await wayToWorker();
  const running = new Sandcrew(['run', '--json', '--stdin', '--', 'cat'], { env });
  await running.says('"block"');
  way.cut();
  await way.refused();
  way.reopen();
  await running.says('is back');
  running.child.stdin.end('last\n');
  const { status, stdout } = await running.ended;
  way.close();
  expect(status).toBe(0);
  expect(stdout.toString().match(/"event":"block"/g)).toHaveLength(1);
});
