/** Control groups of version 2: a worker makes its groups below its own, which it has to leave for that. */
import { chownSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect } from '@jest/globals';
import { testIf } from '../needs.js';
import { Client, copyOf, Place, TOKEN, until, WorkerRun } from '../worker-process.js';

const ROOT = '/sys/fs/cgroup';
const CONTROLLERS = ['memory', 'pids', 'cpu'];
const UID = 65_534;
const LIMITS = { memoryBytes: 48 * 1_048_576, pids: 20, cpus: 1 };
/** Takes 400 MiB. */
const EATER = `perl -e 'for (1..400) { $x .= "y" x 1_048_576 }'`;

const testOn2 = testIf(canDelegate(), 'control groups of version 2 alone, and root');

describe('version 2', () => {
  let group: string;
  let place: Place;
  let run: WorkerRun;

  beforeEach(() => {
    group = join(ROOT, `sandcrew-test-${process.pid}`);
    place = new Place();
    if (canDelegate()) mkdirSync(group);
  });
  afterEach(async () => {
    run?.child.stdin?.end(); // a shell before it would take a signal for itself
    await run?.ended;
    place.remove();
    if (!canDelegate()) return;
    const groups = readdirSync(group, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    for (const path of [...groups.map(({ name }) => join(group, name)), group])
      await until(() => isRemoved(path));
  });

  testOn2('a worker alone in its group holds all limits, from a leaf of it', async () => {
    const client = await start(['sh', '-c', `echo $$ > ${group}/cgroup.procs; exec "$@"`, 'sh']);
    await expectHeld(client);
    expect(readFileSync(`/proc/${run.pid}/cgroup`, 'utf8')).toMatch(/\/sandcrew-worker\n$/);
  });

  testOn2('one that another user was given holds them too', async () => {
    for (const file of ['', 'cgroup.procs', 'cgroup.subtree_control', 'cgroup.threads'])
      chownSync(join(group, file), UID, UID);
    for (const path of [place.path, place.tokenFile]) chownSync(path, UID, UID);
    const becoming = `setpriv --reuid=${UID} --regid=${UID} --clear-groups`;
    const within = ['sh', '-c', `echo $$ > ${group}/cgroup.procs; exec ${becoming} "$@"`, 'sh'];
    await expectHeld(await start(within, copyOf(place.path, UID)));
  });

  testOn2('in a container the processes that it descends from go along', async () => {
    const mounts = `mount -t cgroup2 none ${ROOT}`;
    const inside = `echo $$ > ${group}/cgroup.procs; exec unshare --cgroup --mount sh -c '${mounts}; "$@"; exit $?' sh "$@"`;
    await expectHeld(await start(['sh', '-c', inside, 'sh']));
  });

  testOn2('where others are in the group nothing is changed, and limits are refused', async () => {
    const client = await start(['sh', '-c', `echo $$ > ${group}/cgroup.procs; "$@"; exit $?`, 'sh']);
    client.send({ type: 'hello', managerId: 'm1', output: 'binary' });
    expect((await client.next('welcome')).limits.enforced).toEqual([]);
    expect((await client.run('true')).terminal).toMatchObject({ exitCode: 0 });
    client.socket.terminate();
    expect(readdirSync(group).filter((name) => name.startsWith('sandcrew'))).toEqual([]);
    expect(readFileSync(join(group, 'cgroup.subtree_control'), 'utf8').trim()).toBe('');
  });

  async function start(within: readonly string[], command?: string[]): Promise<Client> {
    const args = [...place.arguments, '--containment', 'pid-namespace', '--until-stdin-closes'];
    run = new WorkerRun(args, { HOME: place.path }, within, command);
    return await Client.connect((await run.listening()).url, TOKEN);
  }

  async function expectHeld(client: Client): Promise<void> {
    client.send({ type: 'hello', managerId: 'm1', output: 'binary' });
    expect((await client.next('welcome')).limits.enforced).toEqual(['memoryBytes', 'pids', 'cpus']);
    const eaten = await client.run(EATER, { limits: LIMITS });
    expect(eaten.terminal).toMatchObject({ code: 'memory_exhausted' });
    const { terminal } = await client.run(`perl -e '$x = "y" x 20_000_000; 1 while (times)[0] < 0.2'`, {
      limits: LIMITS,
    });
    expect(terminal.usage?.cpuMs).toBeGreaterThan(200);
    expect(terminal.usage?.maxMemoryBytes).toBeGreaterThan(20_000_000);
    client.socket.terminate();
  }
});

function isRemoved(path: string): boolean {
  try {
    rmdirSync(path);
    return true;
  } catch {
    return false;
  }
}

function canDelegate(): boolean {
  if (process.getuid?.() !== 0) return false;
  try {
    const passedOn = readFileSync(join(ROOT, 'cgroup.subtree_control'), 'utf8').trim().split(' ');
    const missing = CONTROLLERS.filter((name) => !passedOn.includes(name));
    if (missing.length > 0)
      writeFileSync(join(ROOT, 'cgroup.subtree_control'), missing.map((name) => `+${name}`).join(' '));
    const probe = join(ROOT, `sandcrew-probe-${process.pid}`);
    mkdirSync(probe); // in a container it may be mounted read-only
    rmdirSync(probe);
    return true;
  } catch {
    return false;
  }
}
