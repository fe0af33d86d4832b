/** What a task made is removed with its workspace, however it made it, and keeps no worker from its start. */
import { chownSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { testIf } from '../needs.js';
import { Client, copyOf, Place, TOKEN, until, WorkerRun } from '../worker-process.js';

const isRoot = process.getuid?.() === 0; // nothing is forbidden to root
const UID = isRoot ? 65_534 : (process.getuid?.() ?? 0);
const AS_USER = isRoot ? ['setpriv', `--reuid=${UID}`, `--regid=${UID}`, '--clear-groups'] : [];

let place: Place;
let run: WorkerRun | null;
beforeEach(() => {
  place = new Place();
  run = null;
});
afterEach(async () => {
  run?.kill('SIGTERM');
  await run?.ended;
  place.remove();
});

async function start(): Promise<string> {
  const command = copyOf(place.path, UID);
  for (const path of [place.path, place.tokenFile]) chownSync(path, UID, UID);
  run = new WorkerRun(
    [...place.arguments, '--containment', 'process-group'],
    { HOME: place.path },
    AS_USER,
    command,
  );
  return (await run.listening()).url;
}

test.each([
  ['directories that their owner may not enter', 'mkdir -p a/b; touch a/b/c; chmod 0 a/b a'],
  [
    'directories that lie deeper than a path can tell',
    `perl -e 'for (1 .. 30) { mkdir "d" x 200 or die; chdir "d" x 200 or die }'`,
  ],
])('a workspace of %s is removed', async (_what, command) => {
  const client = await Client.connect(await start(), TOKEN);
  client.send({ type: 'hello', managerId: 'm1', output: 'binary' });
  const { terminal } = await client.run(command, { workspace: 'odd' });
  expect(terminal).toMatchObject({ type: 'task_complete', exitCode: 0 });
  client.send({ type: 'remove_workspace', workspace: 'odd' });
  expect(await client.next('workspace_removed')).toMatchObject({ workspace: 'odd' });
  await until(() => readdirSync(join(place.stateDir, 'leaving')).length === 0);
  client.socket.terminate();
});

testIf(isRoot, 'root, to leave what an ordinary user cannot remove')(
  'a worker starts, whatever lies where workspaces are removed',
  async () => {
    const left = join(place.stateDir, 'leaving/1-0');
    mkdirSync(left, { recursive: true });
    writeFileSync(join(left, 'file'), '');
    for (const path of [place.stateDir, join(place.stateDir, 'leaving')]) chownSync(path, UID, UID);
    expect(await start()).toMatch(/^ws:/);
    expect(readdirSync(left)).toEqual(['file']);
  },
);
