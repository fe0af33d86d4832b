import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { sandcrew } from './sandcrew.js';

let directory: string;
let tokenFile: string;
let server: Server;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'sandcrew-cli-'));
  tokenFile = join(directory, 'token');
  writeFileSync(tokenFile, `${'a'.repeat(64)}\n`, { mode: 0o600 });
});
afterEach(() => {
  server.close();
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function listen(listener: Server): Promise<string> {
  server = listener.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `ws://127.0.0.1:${(server.address() as { port: number }).port}`;
}

const nobody = async () => {
  const url = await listen(createServer());
  server.close();
  await once(server, 'close');
  return url;
};
const answering = (status: number) => () => {
  const http = createHttpServer();
  http.on('upgrade', (_request, socket) => socket.end(`HTTP/1.1 ${status} No\r\nConnection: close\r\n\r\n`));
  return listen(http);
};
const silent = () => listen(createServer());

describe.each([
  ['run', ['run', '--', 'true']],
  ['ps', ['ps']],
])('%s at a worker', (_name, [command = '', ...rest]) => {
  test.each([
    [
      'that is away',
      nobody,
      'cannot be reached (ECONNREFUSED',
      'See that the worker runs and that its URL is right.',
    ],
    [
      'of another version',
      answering(400),
      'does not speak sandcrew.v1 (HTTP 400)',
      'Use a worker and a manager of the same major version.',
    ],
    [
      'that refuses the token',
      answering(401),
      'refused the token (HTTP 401)',
      "Give a token that stands in the worker's token file.",
    ],
    [
      'that does not answer',
      silent,
      'did not answer within 1000 ms',
      'See that the worker runs and that its URL is right.',
    ],
  ])('%s ends in time with 125, the URL and the next step', async (_what, start, said, next) => {
    const url = await start();
    const worker = ['--worker', url, '--token-file', tokenFile, '--connect-timeout', '1s'];
    const startedMs = performance.now();
    const { status, stderr } = await sandcrew([command, ...worker, ...rest]);
    expect(status).toBe(125);
    expect(stderr).toContain(`${url} ${said}`);
    expect(stderr.trimEnd().endsWith(next)).toBe(true);
    expect(performance.now() - startedMs).toBeLessThan(9_900); // sooner than by the default of 10 s
  });
});
