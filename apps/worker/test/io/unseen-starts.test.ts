/** A command is looked for in /proc before it is let begin: what the worker says, and does, where it is not seen there. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from '@jest/globals';
import { hasProgram, testIf } from '../needs.js';
import { type Client, Place, TestWorker } from '../worker-process.js';

const SYSTEM_PATH = process.env.PATH ?? '';
const testHere = testIf(
  hasProgram('unshare', '--version') && hasProgram('prlimit', '--version'),
  'unshare and prlimit (Debian: util-linux)',
);

let place: Place;
let worker: TestWorker;
let client: Client;

/** A worker whose `unshare` does what a file beside it says, once, and else is the system's. */
beforeEach(async () => {
  place = new Place();
  const tools = join(place.path, 'tools');
  mkdirSync(tools);
  const script = `#!/bin/sh
PATH='${SYSTEM_PATH}'
if mv '${tools}/next' '${tools}/last' 2>/dev/null; then . '${tools}/last'; fi
exec unshare "$@"
`;
  writeFileSync(join(tools, 'unshare'), script);
  chmodSync(join(tools, 'unshare'), 0o755);
  worker = await TestWorker.start([], { PATH: `${tools}:${SYSTEM_PATH}` });
  client = await worker.manager();
});
afterEach(async () => {
  await worker.stop();
  place.remove();
});

/** The end of a task in whose start `unshare` does that instead, while another task runs. */
async function endOfStart(instead: string) {
  await client.start('read line', { stdin: 'pipe' });
  writeFileSync(join(place.path, 'tools/next'), instead);
  return client.terminal(client.execute('echo never'));
}

testHere('a command that was gone before it was let begin has not begun: it waits for room', async () => {
  const end = await endOfStart('echo started >&3; read -r _ <&4; exit');
  expect(end).toMatchObject({ code: 'rejected', detail: 'busy', message: expect.stringContaining('gone') });
  expect((await client.run('echo again')).stdout.toString()).toBe('again\n');
});

testHere(
  'a command that cannot be looked for, for want of a descriptor, is told that, and waits for room',
  async () => {
    // The worker is the parent of its unshare. What it has open it keeps; nothing more can be opened.
    const limit = `sh -c "sh -c 'prlimit --pid $PPID --nofile=0:; echo started >&3; read -r _ <&4'; true"; exit`;
    const end = await endOfStart(limit);
    expect(end).toMatchObject({
      code: 'rejected',
      detail: 'busy',
      message: expect.stringContaining('EMFILE'),
    });
    execFileSync('prlimit', ['--pid', String(worker.run.pid), '--nofile=1024:']);
    expect((await client.run('echo again')).stdout.toString()).toBe('again\n');
  },
);
