/** What samples of real processes show: each way to wait, decoded from the system call, and who could end it. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Evidence, Target, Wait } from '#src/core/blocks/evidence.js';
import { testIf } from '../needs.js';
import { LEVELS, until } from '../worker-process.js';
import { Ground } from './sampled-command.js';

const PLACE = mkdtempSync(join(tmpdir(), 'sandcrew-waits-'));
chmodSync(PLACE, 0o755); // a task may be of another user
const PROGRAM = join(PLACE, 'waits');
const SOURCE = fileURLToPath(new URL('../../test/io/waits', import.meta.url));
const FLAGS_32 = '-m32 -nostdlib -static -ffreestanding -fno-pie -no-pie -fno-stack-protector'.split(' ');
const isBuilt = build([`${SOURCE}.c`, '-o', PROGRAM, '-lutil', '-lpthread']);
const isBuiltFor32 = process.arch === 'x64' && build([...FLAGS_32, `${SOURCE}-32.c`, '-o', `${PROGRAM}-32`]);
const pty = { cols: 80, rows: 24 };

/** By the test program's way to wait: what its threads wait for, oldest process first; `p0` is the oldest. */
const WAITS: readonly [how: string, waits: string[]][] = [
  ['read_stdin', ['input']],
  ['readv_stdin', ['input']],
  ['poll_stdin', ['input']],
  ['plain_poll_stdin', ['input']],
  ['poll_stdin_timed', ['input for 30000 ms']],
  ['ppoll_stdin_timed', ['input for 30000 ms']],
  ['select_stdin', ['input']],
  ['select_stdin_timed', ['input for 30000 ms']],
  ['pselect_stdin', ['input']],
  ['epoll_stdin', ['input']],
  ['epoll_stdin_timed', ['input for 30000 ms']],
  ['epoll_pwait2_timed', ['input for 30000 ms']],
  ['epoll_nested', ['input']],
  ['poll_epoll', ['input']],
  ['poll_stdin_and_pipe', ['input, writers of a pipe (p0)']],
  ['poll_stdout', ['output']],
  ['poll_nothing', ['nothing at all']],
  ['read_own_pipe', ['writers of a pipe (p0)']],
  ['read_parents_pipe', ['a signal', 'writers of a pipe (p0)']],
  ['write_full_pipe', ['write: readers of a pipe (p0)']],
  ['select_high', ['writers of a pipe (p0)']],
  ['select_room', ['readers of a pipe (p0)']],
  ['epoll_room', ['readers of a pipe (p0)']],
  ['open_fifo', ['an open of fifo']],
  ['read_event', ['an event (p0)']],
  ['read_timer', ['a timer']],
  ['read_unset_timer', ['a timer that is not set']],
  ['read_signals', ['signals']],
  ['watch_files', ['files']],
  ['poll_process', ['the end of p1', 'a signal']],
  ['read_own_terminal', ['a terminal (p0)']],
  ['tcp_accept', ['a socket that listens']],
  ['tcp_inside', ['a socket (p0)']],
  ['udp_receive', ['a socket that listens']],
  ['unix_accept', ['a socket that listens']],
  ['unix_pair', ['a socket of a unix socket']],
  ['futex_private', ['a futex of its process']],
  ['futex_timed', ['a futex of its process for a time']],
  ['futex_unshared', ['a futex of its process']],
  ['futex_family', ['a futex of its tree']],
  ['futex_file', ['a futex of its host']],
  ['wait_child', ['a child', 'a signal']],
  ['waitid_child', ['a child', 'a signal']],
  ['vfork_child', ['a child', 'a signal']],
  ['zombie_child', ['a signal', 'dead']],
  ['lock_of_parent', ['a signal', 'a lock (p0 p1)']], // the child has the parent's open file too
  ['sleep_relative', ['a time']],
  ['sleep_until', ['a time']],
  ['signal_pause', ['a signal']],
  ['signal_suspend', ['a signal']],
  ['signal_wait', ['a signal']],
  ['signal_wait_timed', ['a time']],
  ['stop_self', ['SIGCONT after SIGSTOP']],
  ['traced_child', ['a signal', 'its tracer p0']],
  ['unknown_call', ['unknown: system call']],
  ['leader_gone', ['a futex of its process']],
];

afterAll(() => rmSync(PLACE, { recursive: true }));

describe.each(LEVELS)('%s', (containment) => {
  let ground: Ground;
  let files = 0;

  beforeAll(async () => {
    ground = await Ground.create(containment, [PLACE]);
  });
  afterAll(() => ground.remove());

  const shown = async (command: string[], more: object = {}): Promise<string[]> => {
    let waits: string[] = [];
    await ground.watch(
      command,
      async (watched) => {
        await watched.wrote('ready');
        waits = tellWaits(await watched.settled());
      },
      more,
    );
    return waits;
  };

  const withGcc = testIf(isBuilt, 'gcc (Debian: gcc libc6-dev)');

  withGcc.each(WAITS)('a thread in %s is seen to wait for %p', async (how, expected) => {
    expect(await shown([PROGRAM, how, how === 'open_fifo' ? 'fifo' : `file-${files++}`])).toEqual(expected);
  });

  withGcc('the terminal of a task is its input, by whichever name', async () => {
    expect(await shown([PROGRAM, 'read_stdin'], { pty })).toEqual(['input']);
    expect(await shown([PROGRAM, 'read_tty'], { pty })).toEqual(['input']);
    expect(await shown([PROGRAM, 'poll_stdin_timed'], { pty })).toEqual(['input for 30000 ms']);
  });

  withGcc('a peer outside is named', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    expect(await shown([PROGRAM, 'tcp_outside', String(port)])).toEqual([`a socket of 127.0.0.1:${port}`]);
    server.close();
  });

  withGcc.each(['lock_flock', 'lock_posix'])('whoever holds a lock outside is named: %s', async (how) => {
    const file = join(ground.workspace, `outside-${how}`);
    await withHolder([PROGRAM, how, file], async () => {
      expect(await shown([PROGRAM, how, file])).toEqual(['a lock of waits']);
    });
  });

  withGcc('who holds a lock of an open file (F_OFD_SETLKW) cannot be seen', async () => {
    const file = join(ground.workspace, 'outside-open-file');
    await withHolder([PROGRAM, 'lock_open_file', file], async () => {
      expect(await shown([PROGRAM, 'lock_open_file', file])).toEqual([
        'a lock of a holder that cannot be seen',
      ]);
    });
  });

  withGcc('whoever holds the other end of a FIFO outside is named', async () => {
    const fifo = join(ground.workspace, 'outside-fifo');
    execFileSync('mkfifo', [fifo]);
    await withHolder([PROGRAM, 'read_fifo', fifo], async () => {
      expect(await shown([PROGRAM, 'read_fifo', fifo])).toEqual(['writers of a pipe (p0) of waits']);
    });
  });

  testIf(
    isBuiltFor32 && containment !== 'bubblewrap',
    'gcc -m32 (Debian: gcc-multilib), and a containment that runs it',
  )('a program of 32 bits is not understood', async () => {
    expect(await shown([`${PROGRAM}-32`])).toEqual(['unknown: system call', 'unknown: system call']);
  });

  test('a process that ends is seen no more', async () => {
    await ground.watch(['sh', '-c', 'echo ready; read x'], async (watched) => {
      await watched.wrote('ready');
      await watched.settled();
      watched.write('\n');
      await watched.vanished('sh');
    });
  });

  withGcc('a thread that did not run is read again at a closer look alone', async () => {
    await ground.watch([PROGRAM, 'descriptor_moves'], async (watched) => {
      await watched.wrote('ready');
      const before = ['input', 'writers of a pipe (p0)'];
      expect(tellWaits(await watched.settled())).toEqual(before);
      watched.write('x');
      await watched.wrote('moved');
      expect(watched.sample().threads.map(({ wait }) => kindsOf(wait))).toContainEqual(['pipe']);
      expect(tellWaits(await watched.settled())).toEqual(['input', 'an event (p0)']);
    });
  });

  test('a FIFO with a name is told from one that was deleted, which nobody can open any more', async () => {
    const isNamed = async (after: string) => {
      const path = join(ground.workspace, `fifo-${containment}-${files++}`);
      const script = `mkfifo "$0"; exec 3<>"$0"; ${after}; echo ready; read -r x <&3`;
      let targets: readonly Target[] = [];
      await ground.watch(['bash', '-c', script, path], async (watched) => {
        await watched.wrote('ready');
        const { threads } = await watched.settled();
        targets = threads.flatMap(({ wait }) => (wait.on === 'descriptors' ? wait.targets : []));
      });
      expect(targets).toMatchObject([{ kind: 'pipe', id: path }]);
      return targets.some((target) => target.kind === 'pipe' && target.isNamed === true);
    };
    expect(await isNamed(':')).toBe(true);
    expect(await isNamed('rm "$0"')).toBe(false);
  });

  test('a look says whether anything has run since the last', async () => {
    await ground.watch(['bash', '-c', 'echo ready; read -r x; echo again; sleep 60'], async (watched) => {
      await watched.wrote('ready');
      await until(() => !watched.hasRun());
      watched.write('x\n');
      await watched.wrote('again');
      expect(watched.hasRun()).toBe(true); // it went on, and has started another process
      await until(() => !watched.hasRun());
    });
  });

  withGcc('a sample of forty threads that did not run is forty reads', async () => {
    await ground.watch([PROGRAM, 'many_threads'], async (watched) => {
      await watched.wrote('ready');
      await watched.settled();
      const threads = watched.sample().threads.length;
      const before = readCalls();
      watched.sample();
      const calls = readCalls() - before;
      expect(threads).toBeGreaterThan(40);
      // What the containment reads of its own, and /proc/self/io, come on top.
      expect(calls).toBeLessThanOrEqual(threads + 12);
    });
  });

  withGcc('no descriptor of the worker is left open when a task has ended', async () => {
    const before = descriptors();
    await ground.watch([PROGRAM, 'many_threads'], async (watched) => {
      await watched.wrote('ready');
      await watched.settled();
      expect(descriptors().length).toBeGreaterThan(before.length + 40);
    });
    await until(() => descriptors().every((path) => !path.endsWith('/schedstat')));
  });
});

function build(args: readonly string[]): boolean {
  try {
    execFileSync('gcc', ['-w', '-O1', ...args], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Something outside of the task that has what the task waits for, while `act` runs. */
async function withHolder(command: readonly [string, ...string[]], act: () => Promise<void>): Promise<void> {
  const [program, ...args] = command;
  const holder = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(holder.stdout, 'data');
  try {
    await act();
  } finally {
    holder.kill('SIGKILL');
    await once(holder, 'exit');
  }
}

function readCalls(): number {
  return Number(/^syscr: (\d+)/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]);
}

/** What the descriptors of this process lead to. */
function descriptors(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      return []; // the one by which they were listed
    }
  });
}

function kindsOf(wait: Wait): string[] {
  return wait.on === 'descriptors' ? wait.targets.map(({ kind }) => kind) : [wait.on];
}

/** The waits of the test program's processes, in words without numbers. */
function tellWaits(evidence: Evidence): string[] {
  const own = evidence.processes.filter(({ name }) => name.startsWith('waits'));
  const pids = own.map(({ pid }) => pid).sort((a, b) => a - b);
  return pids.flatMap((pid) => {
    if (own.some((one) => one.pid === pid && one.isZombie)) return ['dead'];
    const threads = evidence.threads.filter((thread) => thread.pid === pid);
    return threads.map(({ wait }) => tellWait(wait, evidence, pids));
  });
}

function tellWait(wait: Wait, evidence: Evidence, pids: readonly number[]): string {
  switch (wait.on) {
    case 'descriptors': {
      const targets = wait.targets.map((target) => tellTarget(target, evidence, pids)).join(', ');
      const time = wait.timeoutMs === null ? '' : ` for ${Math.round(wait.timeoutMs)} ms`;
      return `${wait.towards === 'write' ? 'write: ' : ''}${targets || 'nothing at all'}${time}`;
    }
    case 'futex':
      return `a futex of its ${wait.sharedBy}${wait.isTimed ? ' for a time' : ''}`;
    case 'lock':
      return `a lock${tellHolders(evidence.surroundings?.locks[wait.file], pids)}`;
    case 'open':
      return `an open of ${wait.path.split('/').at(-1)}`;
    case 'continue':
      return `SIGCONT after ${wait.signal}`;
    case 'tracer':
      return `its tracer ${nameOf(wait.pid, pids)}`;
    case 'unknown':
      return `unknown: ${wait.call.replace(/ \d+$/, '')}`;
    case 'children':
      return 'a child';
    default:
      return `a ${wait.on}`;
  }
}

function tellTarget(target: Target, { surroundings }: Evidence, pids: readonly number[]): string {
  switch (target.kind) {
    case 'pipe':
      return `${target.end} of a pipe${tellHolders(surroundings?.pipes[target.id]?.[target.end], pids)}`;
    case 'event':
    case 'terminal':
      return `${target.kind === 'event' ? 'an event' : 'a terminal'}${tellHolders(surroundings?.events[target.id], pids)}`;
    case 'socket': {
      const socket = surroundings?.sockets[target.id];
      if (socket?.kind === 'listening') return 'a socket that listens';
      if (socket?.kind === 'inside') return `a socket (${socket.pids.map((pid) => nameOf(pid, pids))})`;
      return `a socket of ${socket?.peer}`;
    }
    case 'timer':
      return target.isArmed ? 'a timer' : 'a timer that is not set';
    case 'process':
      return `the end of ${nameOf(target.pid, pids)}`;
    case 'unknown':
      return `unknown ${target.name}`;
    default:
      return target.kind;
  }
}

function tellHolders(
  holders: { inside: readonly number[]; outside: readonly string[] } | undefined,
  pids: readonly number[],
): string {
  if (holders === undefined) return ' of nobody known';
  const inside = holders.inside.map((pid) => nameOf(pid, pids)).join(' ');
  const outside = holders.outside.map((name) => name.replace(/^waits.*/, 'waits')).join(' ');
  return `${inside === '' ? '' : ` (${inside})`}${outside === '' ? '' : ` of ${outside}`}`;
}

function nameOf(pid: number, pids: readonly number[]): string {
  return pids.includes(pid) ? `p${pids.indexOf(pid)}` : 'somebody';
}
