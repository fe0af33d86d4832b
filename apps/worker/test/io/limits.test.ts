/** Limits hold a task by the kernel's control groups, and what was used up is told. Where no group can be made, they are refused. */
import { spawn, spawnSync } from 'node:child_process';
import {
  chownSync,
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { claimHierarchies, findHierarchy } from '#src/io/group-hierarchies.js';
import { LimitKeeper } from '#src/io/limits.js';
import { testIf } from '../needs.js';
import { Client, copyOf, LEVELS, Place, TestWorker, TOKEN, until, WorkerRun } from '../worker-process.js';

const MIB = 1_048_576;
const UID = process.getuid?.() === 0 ? 65_534 : process.getuid?.();
const UNPRIVILEGED =
  process.getuid?.() === 0 ? ['setpriv', `--reuid=${UID}`, `--regid=${UID}`, '--clear-groups'] : [];
const enforced = LimitKeeper.find().enforced;
const counts = claimHierarchies().countUsage;
const testWith = (limit: (typeof enforced)[number]) =>
  testIf(enforced.includes(limit), `control groups of ${limit} that this user may make (run as root)`);

/** Takes a MiB after the other, and touches it. */
const EATER = `perl -e 'for (1..400) { $x .= "y" x ${MIB}; select undef, undef, undef, 0.02 }'`;

describe.each(LEVELS)('%s', (containment) => {
  let worker: TestWorker;
  let client: Client;

  beforeAll(async () => {
    worker = await TestWorker.start(['--containment', containment]);
    client = await worker.manager();
  });
  afterAll(() => worker.stop());

  test('the limits that are held are named in `welcome`', async () => {
    const other = await worker.connect();
    other.send({ type: 'hello', managerId: 'm2', output: 'text' });
    expect((await other.next('welcome')).limits.enforced).toEqual(enforced);
  });

  testWith('memoryBytes')(
    'a command that the kernel ends for its memory limit is memory_exhausted, and the block was told',
    async () => {
      const taskId = client.execute(EATER, { limits: { memoryBytes: 48 * MIB } });
      const { terminal } = await client.outcome(taskId);
      expect(terminal).toMatchObject({ type: 'task_error', code: 'memory_exhausted' });
      expect(await client.next('block_detected', taskId)).toMatchObject({
        reason: 'memory_exhausted',
        confidence: 'confirmed',
        evidence: { maxBytes: 48 * MIB },
      });
    },
  );

  testWith('memoryBytes')('a command that stays within its memory is let be', async () => {
    const { terminal } = await client.run('perl -e \'$x = "y" x 8_000_000\'', {
      limits: { memoryBytes: 64 * MIB },
    });
    expect(terminal).toMatchObject({ type: 'task_complete', exitCode: 0 });
  });

  testWith('pids')('processes beyond the limit are refused, and the block is told', async () => {
    const taskId = await client.start('for i in 1 2 3 4 5 6 7 8 9; do sleep 30 & done; wait', {
      limits: { pids: 6 },
    });
    expect(await client.next('block_detected', taskId)).toMatchObject({
      reason: 'pids_exhausted',
      confidence: 'confirmed',
      evidence: { max: 6 },
    });
    await client.output(taskId, 'Resource temporarily unavailable');
    client.send({ type: 'terminate_task', taskId, graceMs: 0 });
    await client.terminal(taskId);
  });

  testWith('cpus')('CPU beyond the limit is held back', async () => {
    const spin = "perl -MTime::HiRes=time -e '$t = time; 1 while time - $t < 1; print +(times)[0]'";
    const { stdout } = await client.run(spin, { limits: { cpus: 0.2 } });
    expect(Number(stdout.toString())).toBeLessThan(0.5);
  });

  test('a command with limits has the variables that it was given', async () => {
    const env = { file: 'a', groups: 'b' };
    const { stdout } = await client.run('echo "$file $groups"', { env, limits: allLimits() });
    expect(stdout.toString()).toBe('a b\n');
  });

  test('the groups are gone after the task', async () => {
    const taskId = client.execute('sleep 60', { limits: allLimits() });
    const { pid } = await client.next('execution_started', taskId);
    const names = () => new Set(readFileSync(`/proc/${pid}/cgroup`, 'utf8').match(/sandcrew-\d+-\d+/g));
    await until(() => names().size === (enforced.length > 0 ? 1 : 0)); // a shell may still be on its way into them
    const [name] = names();
    client.send({ type: 'terminate_task', taskId, graceMs: 0 });
    await client.terminal(taskId);
    await until(() => !groupsOf(worker.run.pid).some((one) => one === name));
  });

  test('a worker that has stopped leaves no groups', async () => {
    const other = await TestWorker.start(['--containment', containment]);
    const manager = await other.manager();
    await manager.run('true', { limits: allLimits() });
    await other.stop();
    expect(groupsOf(other.run.pid)).toEqual([]);
  });

  testIf(counts && containment !== 'process-group', 'control groups that this user may make (run as root)')(
    'usage is the count of the kernel: also of a child that nobody waits for, and of memory between two looks',
    async () => {
      const burn = `perl -e '$SIG{CHLD} = "IGNORE"; if (fork) { select undef, undef, undef, 0.02 until -e "burnt" } else { 1 while (times)[0] < 0.3; open F, ">burnt" }'`;
      const eat = `perl -e '$x = "y" x ${100 * MIB}'`;
      const { terminal } = await client.run(`${burn}; ${eat}; sleep 0.1`);
      expect(terminal.usage?.cpuMs).toBeGreaterThan(300);
      expect(terminal.usage?.maxMemoryBytes).toBeGreaterThan(100 * MIB);
    },
  );

  test('the groups of a worker that was killed are gone when the next has started', async () => {
    const victim = await TestWorker.start(['--containment', containment]);
    const manager = await victim.manager();
    await manager.start('sleep 60', { limits: allLimits() });
    expect(groupsOf(victim.run.pid).length).toBeGreaterThanOrEqual(hierarchies().length);
    victim.run.kill('SIGKILL');
    await victim.run.ended;
    victim.place.remove();
    await until(() => {
      LimitKeeper.find(); // what a starting worker does; the last of the dead may take a moment
      return groupsOf(victim.run.pid).length === 0;
    });
  });
});

const [hierarchy] = hierarchies();

testIf(hierarchy !== undefined, 'control groups that this user may make (run as root)')(
  'a group that an earlier worker of the same pid left is not taken for one that is in use',
  () => {
    const left = join(hierarchy ?? '', `sandcrew-${process.pid}-7`);
    mkdirSync(left);
    try {
      LimitKeeper.find();
      expect(groupsOf(process.pid)).toEqual([]);
    } finally {
      if (groupsOf(process.pid).length > 0) rmdirSync(left);
    }
  },
);

testWith('pids')('a limit that the kernel does not take leaves no group behind', async () => {
  const keeper = LimitKeeper.find();
  const group = await keeper.makeGroup();
  await expect(group.hold({ ...allLimits(), pids: -1 })).rejects.toThrow('EINVAL');
  await until(() => groupsOf(process.pid).length === 0);
});

testWith('pids')('a group whose last process dies late is removed all the same', async () => {
  const group = await LimitKeeper.find().makeGroup();
  await group.hold({ pids: 5 });
  const late = spawn('sleep', ['60'], { stdio: 'ignore' });
  const ended = new Promise((resolve) => late.once('exit', resolve));
  for (const file of group.files) writeFileSync(file, String(late.pid));
  const removed = group.remove();
  // What is waited for is that time passes: longer than a worker that ends would wait.
  await setTimeout(3_500);
  late.kill('SIGKILL');
  await ended;
  await removed;
  expect(groupsOf(process.pid)).toEqual([]);
});

test('groups that the kernel makes wait leave threads for files', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'sandcrew-groups-'));
  const limits = new Map([['pids', { version: 2, directory }]] as const);
  const keeper = new LimitKeeper({ limits, cpuTime: null, countUsage: false });
  const pipes = Array.from({ length: 8 }, (_, index) => {
    const group = join(directory, `sandcrew-${process.pid}-${index + 1}`);
    mkdirSync(group);
    const pipe = join(group, 'pids.max'); // who opens it to write waits for a reader, as before the kernel's lock
    expect(spawnSync('mkfifo', [pipe]).status).toBe(0);
    return pipe;
  });
  const holding = pipes.map(async () => (await keeper.makeGroup()).hold({ pids: 5 }));
  const file = join(directory, 'output');
  writeFileSync(file, 'some');
  let reads = 0;
  const reading = (async () => {
    for (; reads < 50; reads++) await readFile(file);
  })();
  try {
    await until(() => reads === 50, 20_000);
  } finally {
    const readers = pipes.map((pipe) => openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK));
    await Promise.all([...holding, reading]);
    readers.forEach(closeSync);
    rmSync(directory, { recursive: true });
  }
});

describe.each(LEVELS)('%s', (containment) => {
  testWith('memoryBytes')(
    'tasks enter their groups also where a name on the path has blanks and colons',
    async () => {
      const own = hierarchies().map((directory) => join(directory, `a: b ${containment} ${process.pid}`));
      for (const directory of own) mkdirSync(directory);
      const place = new Place();
      const entering = [
        'sh',
        '-c',
        'while [ "$1" != -- ]; do echo $$ > "$1/cgroup.procs"; shift; done; shift; exec "$@"',
      ];
      const args = [...place.arguments, '--containment', containment, '--drain-timeout-ms', '0'];
      const run = new WorkerRun(args, { HOME: place.path }, [...entering, 'sh', ...own, '--']);
      try {
        const client = await Client.connect((await run.listening()).url, TOKEN);
        client.send({ type: 'hello', managerId: 'm1', output: 'binary' });
        expect((await client.next('welcome')).limits.enforced).toEqual(enforced);
        const { stdout } = await client.run(['printenv', 'IFS'], { env: { IFS: '+' }, limits: allLimits() });
        expect(stdout.toString()).toBe('+\n');
        const taskId = client.execute('sleep 60', { limits: allLimits() });
        const { pid } = await client.next('execution_started', taskId);
        await until(() => /a: b .*\/sandcrew-\d+-\d+$/m.test(readFileSync(`/proc/${pid}/cgroup`, 'utf8')));
        client.send({ type: 'terminate_task', taskId, graceMs: 0 });
        await client.terminal(taskId);
        client.socket.terminate();
      } finally {
        run.kill('SIGTERM');
        await run.ended;
        place.remove();
        // What ends a worker's process groups lives a moment longer than the worker.
        for (const directory of own) await until(() => isRemoved(directory));
      }
    },
  );
});

test('a worker that may not make groups refuses limits', async () => {
  const place = new Place();
  const command = copyOf(place.path, UID ?? 0);
  for (const path of [place.path, place.tokenFile]) chownSync(path, UID ?? 0, UID ?? 0);
  const args = [...place.arguments, '--containment', 'process-group', '--drain-timeout-ms', '0'];
  const run = new WorkerRun(args, { HOME: place.path }, UNPRIVILEGED, command);
  const client = await Client.connect((await run.listening()).url, TOKEN);
  client.send({ type: 'hello', managerId: 'm1', output: 'binary' });
  expect((await client.next('welcome')).limits.enforced).toEqual([]);
  const { terminal } = await client.run('true', { limits: { memoryBytes: 64 * MIB } });
  expect(terminal).toMatchObject({ code: 'rejected', detail: 'unenforceable_limit' });
  client.socket.terminate();
  run.kill('SIGTERM');
  await run.ended;
  place.remove();
});

function allLimits(): { memoryBytes?: number; pids?: number; cpus?: number } {
  const all = { memoryBytes: 64 * MIB, pids: 50, cpus: 1 };
  return Object.fromEntries(enforced.map((limit) => [limit, all[limit]]));
}

function hierarchies(): string[] {
  const found = (['memory', 'pids', 'cpu', 'cpuacct'] as const).map(findHierarchy);
  const isUsed = enforced.length > 0;
  return [...new Set(found.flatMap((one) => (one === null || !isUsed ? [] : [one.directory])))];
}

/** The directories that a worker has made for its tasks. */
function groupsOf(pid: number): string[] {
  return hierarchies().flatMap((directory) =>
    readdirSync(directory).filter((name) => name.startsWith(`sandcrew-${pid}-`)),
  );
}

/** Removes a control group and those below it. */
function isRemoved(directory: string): boolean {
  try {
    const below = readdirSync(directory, { withFileTypes: true }).filter((found) => found.isDirectory());
    for (const { name } of below) rmdirSync(join(directory, name));
    rmdirSync(directory);
    return true;
  } catch {
    return false;
  }
}
