/** A task that looks for what is not its own, makes calls that it may not, or takes more than its share. */
import { spawnSync } from 'node:child_process';
import { chownSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import type { Containment, ExecuteCommand } from '@sandcrew/protocol';
import { DENIED_CALLS } from '#src/core/containment/denied-calls.js';
import { LimitKeeper } from '#src/io/limits.js';
import { readDescendants } from '#src/io/proc/process-stat.js';
import { hasProgram, testIf } from '../needs.js';
import {
  Client,
  copyOf,
  isAlive,
  LEVELS,
  Place,
  TestWorker,
  TOKEN,
  until,
  WorkerRun,
} from '../worker-process.js';

const MIB = 1_048_576;
const isRoot = process.getuid?.() === 0;
const USER = isRoot ? 65_534 : (process.getuid?.() ?? 0);
const AS_USER = isRoot ? ['setpriv', `--reuid=${USER}`, `--regid=${USER}`, '--clear-groups'] : [];
const hasBubblewrap = LEVELS.includes('bubblewrap');
const withBubblewrap = testIf(hasBubblewrap, 'bwrap (Debian: bubblewrap)');
const asUser = testIf(
  hasBubblewrap && canContain([...AS_USER, 'bwrap', '--unshare-user', '--ro-bind', '/', '/', 'true']),
  'bwrap (Debian: bubblewrap) and user namespaces for ordinary users',
);
const withLimits = testIf(
  hasBubblewrap &&
    ['memoryBytes', 'pids'].every((limit) => LimitKeeper.find().enforced.includes(limit as 'pids')),
  'bwrap (Debian: bubblewrap), and control groups that this user may make (run as root)',
);

function canContain([program = '', ...args]: string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore', cwd: '/' }).status === 0;
}

/** Tells each place where a hidden thing is found. It is written so that it does not find itself. */
const HUNT = `
pattern="[${TOKEN[0]}]${TOKEN.slice(1, 24)}"
for pid in /proc/[0-9]*; do
  for file in environ cmdline maps mountinfo; do grep -aqs "$pattern" $pid/$file && echo "token in $pid/$file"; done
  for fd in $pid/fd/*; do [ -f $fd ] && grep -aqs "$pattern" $fd && echo "token by $fd"; done
  [ -r $pid/root/etc/shadow ] && echo "shadow by $pid/root"
  tr '\\0' ' ' < $pid/cmdline 2> /dev/null | grep -qs 'token-fil[e]' && echo "worker seen as $pid"
done
grep -rlsa -D skip "$pattern" "$PLACE" /tmp /var/tmp /run /root /home /dev/shm /etc 2> /dev/null
cat /etc/shadow /etc/gshadow 2> /dev/null | grep -q . && echo shadow
find / -xdev -type s 2> /dev/null | grep -E '^/(run|var/run|tmp)/' | head -3
for name in kcore kmem; do [ -r /proc/$name ] && echo $name; done
perl -e 'exit(kill(0, $ENV{WORKER}) ? 0 : 1)' && echo "signal to the worker"
perl -e 'exit(syscall($ENV{PTRACE}, 16, 0 + $ENV{WORKER}, 0, 0) == 0 ? 0 : 1)' && echo "ptrace of the worker"
cat /proc/$WORKER/environ 2> /dev/null | grep -q . && echo "environment of the worker"
echo hunted`;
const PTRACE = process.arch === 'x64' ? '101' : '117';

describe('a worker’s task', () => {
  let worker: TestWorker;
  let client: Client;
  beforeAll(async () => {
    if (!hasBubblewrap) return;
    worker = await TestWorker.start(['--containment', 'bubblewrap']);
    client = await worker.manager();
  });
  afterAll(() => worker?.stop());

  async function say(
    command: ExecuteCommand['command'],
    more: Partial<ExecuteCommand> = {},
  ): Promise<string> {
    const { stdout, stderr } = await client.run(command, more);
    return `${stdout}${stderr}`.trim();
  }

  withBubblewrap('finds no token, no secret of the host and no way to the worker', async () => {
    const env = { PLACE: worker.place.path, WORKER: String(worker.run.pid), PTRACE };
    expect(await say(HUNT, { env })).toBe('hunted');
  });

  withBubblewrap('makes no call that is denied', async () => {
    const machine = process.arch as 'x64' | 'arm64';
    const errnos = { EPERM: 1, ENOSYS: 38, EAFNOSUPPORT: 97 };
    const calls = DENIED_CALLS.flatMap(({ name, numbers, refusal, when }) => {
      const number = numbers[machine];
      if (number === null) return [];
      const values = when === undefined ? [0] : valuesThatAreRefused(when);
      return values.map((value) => {
        const args = [0, 0, 0, 0, 0, 0];
        args[when?.argument ?? 0] = value;
        return { name, number, args, errno: errnos[refusal] };
      });
    });
    const script = calls.map(({ name, number, args }) => {
      return `$! = 0; syscall(${number}, ${args.join(', ')}); print "${name} ", $! + 0, "\\n";`;
    });
    const said = await say(['perl', '-e', script.join('\n')]);
    expect(said.split('\n')).toEqual(calls.map(({ name, errno }) => `${name} ${errno}`));
  });

  const onX64 = testIf(hasBubblewrap && process.arch === 'x64', 'bwrap (Debian: bubblewrap) on x64');
  onX64('is ended where it calls in another architecture’s numbers', async () => {
    const { stdout, terminal } = await client.run(['perl', '-e', 'syscall(0x40000027); print "lived"']);
    expect(stdout.toString()).toBe('');
    expect(terminal).toMatchObject({ type: 'task_complete', signal: 'SIGSYS' });
  });

  testIf(hasBubblewrap && hasProgram('strace', '--version'), 'bwrap (Debian: bubblewrap) and strace')(
    'may trace its own processes',
    async () => {
      expect(await say('strace -e trace=none -o /dev/null true && echo traced')).toBe('traced');
    },
  );

  withLimits('that forks without end, or eats memory, ends alone: its neighbour answers', async () => {
    const neighbour = await client.start('while read -r line; do echo "got $line"; done', { stdin: 'pipe' });
    const forks = client.execute('ulimit -u 400; bomb() { bomb | bomb & }; bomb; sleep 60', {
      limits: { pids: 64 },
    });
    const eater = client.execute(
      `perl -e 'my @all; for (1 .. 300) { push @all, "y" x ${MIB}; select undef, undef, undef, 0.001 }'`,
      { limits: { memoryBytes: 64 * MIB } },
    );
    expect(await client.terminal(eater)).toMatchObject({ type: 'task_error', code: 'memory_exhausted' });
    expect(await client.next('block_detected', forks)).toMatchObject({ reason: 'pids_exhausted' });
    client.send({ type: 'terminate_task', taskId: forks, graceMs: 0 });
    expect(await client.terminal(forks)).toMatchObject({ type: 'task_error', code: 'terminated' });
    client.send({ type: 'send_input', taskId: neighbour, input: 'a word\n' });
    await client.output(neighbour, 'got a word');
    expect(await say('echo another')).toBe('another');
    client.send({ type: 'terminate_task', taskId: neighbour });
    await client.terminal(neighbour);
  });
});

/** Tries to take over the init of its namespace, by each way that ptrace's rules guard. */
const TAKE_OVER = `perl -e 'print syscall($ENV{PTRACE}, 16, 1, 0, 0) == 0 ? "traced" : "refused"'; readlink /proc/1/cwd /proc/1/fd/3; : <> /proc/1/mem`;

/** A worker that this user runs, and a connection to it; null where it does not start. */
async function startAsUser(
  place: Place,
  level: Containment,
): Promise<{ run: WorkerRun; client: Client } | null> {
  const command = copyOf(place.path, USER);
  for (const path of [place.path, place.tokenFile]) chownSync(path, USER, USER);
  const args = [...place.arguments, '--containment', level, '--drain-timeout-ms', '0'];
  const run = new WorkerRun(args, { HOME: place.path }, AS_USER, command);
  const where = await run.listening().catch(() => null);
  if (where === null) return null;
  const client = await Client.connect(where.url, TOKEN);
  client.send({ type: 'hello', managerId: 'm1', output: 'binary' });
  return { run, client };
}

describe('a worker that is an ordinary user', () => {
  let place: Place;
  let run: WorkerRun | null = null;
  let client: Client;
  beforeAll(async () => {
    place = new Place();
    const started = hasBubblewrap ? await startAsUser(place, 'bubblewrap') : null;
    if (started !== null) ({ run, client } = started);
  });
  afterAll(async () => {
    client?.socket.terminate();
    run?.kill('SIGTERM');
    await run?.ended;
    place.remove();
  });

  asUser('runs tasks as that user, in the workspace and HOME alone', async () => {
    const script =
      'id -u; echo a > a; echo b > ~/b; cat a ~/b; for d in / /etc /home /root /run /dev; do touch $d/x 2> /dev/null && echo $d; done';
    const { stdout, terminal } = await client.run(script);
    expect(stdout.toString()).toBe(`${USER}\na\nb\n`);
    expect(terminal).toMatchObject({ type: 'task_complete', leftover: 0 });
  });

  asUser('hides from them what that user itself may read', async () => {
    const env = { PLACE: place.path, WORKER: String(run?.pid), PTRACE };
    const { stdout, stderr } = await client.run(HUNT, { env });
    expect(`${stdout}${stderr}`.trim()).toBe('hunted');
    const capabilities = await client.run('grep -E "^Cap(Prm|Eff|Amb)" /proc/self/status | tr -d "\\t"');
    expect(capabilities.stdout.toString()).toBe(
      ['Prm', 'Eff', 'Amb'].map((set) => `Cap${set}:0000000000000000\n`).join(''),
    );
  });

  asUser(
    'lets none of them trace the init of its namespace, with which it would outlive the worker',
    async () => {
      const { stdout } = await client.run(TAKE_OVER, { env: { PTRACE } });
      expect(stdout.toString()).toBe('refused');
    },
  );

  asUser('has no network with `network: none`, a working stdin, and ends all that is left', async () => {
    const offline = await client.run("bash -c 'exec 3<>/dev/tcp/192.0.2.1/80'", { network: 'none' });
    expect(offline.stderr.toString()).toMatch(/unreachable/);
    const taskId = client.execute(
      'read -r x; setsid sleep 60 > /dev/null 2>&1 < /dev/null & echo "got $x"; exit 4',
      {
        stdin: 'pipe',
      },
    );
    client.send({ type: 'send_input', taskId, input: 'word\n' });
    const { stdout, terminal } = await client.outcome(taskId);
    expect(stdout.toString()).toBe('got word\n');
    expect(terminal).toMatchObject({ type: 'task_complete', exitCode: 4, leftover: 1 });
  });
});

testIf(
  canContain([...AS_USER, 'unshare', '--user', '--map-current-user', '--keep-caps', 'true']),
  'unshare (Debian: util-linux) and user namespaces for ordinary users',
)(
  'at pid-namespace a task of an ordinary user’s worker cannot take over the init of its namespace, and dies with the worker',
  async () => {
    const place = new Place();
    const started = await startAsUser(place, 'pid-namespace');
    if (started === null) throw new Error('the worker does not start');
    const { run, client } = started;
    const { stdout } = await client.run(TAKE_OVER, { env: { PTRACE } });
    expect(stdout.toString()).toBe('refused');
    const { stdout: status } = await client.run('grep -E "^Cap(Inh|Prm|Eff|Amb)" /proc/self/status');
    expect(status.toString().match(/\b0{16}$/gm)).toHaveLength(4);
    const taskId = client.execute('setsid sleep 60 & sleep 60; true');
    const { pid } = await client.next('execution_started', taskId);
    await until(() => readDescendants(pid).length === 2);
    const pids = [pid, ...readDescendants(pid).map((one) => one.pid)];
    run.kill('SIGKILL');
    await run.ended;
    await until(() => !pids.some(isAlive));
    place.remove();
  },
);

function valuesThatAreRefused(when: NonNullable<(typeof DENIED_CALLS)[number]['when']>): readonly number[] {
  if ('hasBits' in when) return [when.hasBits & -when.hasBits];
  return 'isOneOf' in when ? when.isOneOf : [38]; // AF_ALG, and no personality
}
