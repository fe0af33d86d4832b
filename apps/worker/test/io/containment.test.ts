/** What a task sees, may write and may do under bubblewrap: each default of the containment, tried from inside. */
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ExecuteCommand } from '@sandcrew/protocol';
import { TASK_USER } from '#src/core/containment/bubblewrap-arguments.js';
import { LimitKeeper } from '#src/io/limits.js';
import { hasProgram, testIf } from '../needs.js';
import { type Client, LEVELS, TestWorker, TOKEN, until, WorkerRun } from '../worker-process.js';

const isRoot = process.getuid?.() === 0;
const withBubblewrap = testIf(LEVELS.includes('bubblewrap'), 'bwrap (Debian: bubblewrap)');
const asRoot = testIf(LEVELS.includes('bubblewrap') && isRoot, 'bwrap (Debian: bubblewrap), run as root');

const OVERLAYFS_MAGIC = 0x794c7630; // linux/magic.h
const onDisk = testIf(
  LEVELS.includes('bubblewrap') && isRoot && statfsSync(tmpdir()).type !== OVERLAYFS_MAGIC,
  'bwrap (Debian: bubblewrap), run as root on a file system with idmapped mounts',
);

let outside: string;
let worker: TestWorker;
let client: Client;
beforeAll(async () => {
  // /tmp is the task's own: what it shall find or not find lies elsewhere.
  outside = mkdtempSync(join(isRoot ? '/var/lib' : process.cwd(), 'sandcrew-containment-'));
  chmodSync(outside, 0o755);
  for (const name of ['shown', 'writable', 'plain']) {
    mkdirSync(join(outside, name), { mode: 0o755 });
    writeFileSync(join(outside, name, 'file'), `in ${name}`);
  }
  if (isRoot) chownSync(join(outside, 'writable'), TASK_USER.uid, TASK_USER.gid);
  if (!LEVELS.includes('bubblewrap')) return;
  const binds = ['--bind-ro', join(outside, 'shown'), '--bind-rw', join(outside, 'writable')];
  worker = await TestWorker.start(['--containment', 'bubblewrap', ...binds]);
  client = await worker.manager();
});
afterAll(async () => {
  await worker?.stop();
  rmSync(outside, { recursive: true, force: true });
});

async function say(command: ExecuteCommand['command'], more: Partial<ExecuteCommand> = {}): Promise<string> {
  const { stdout, stderr } = await client.run(command, more);
  return `${stdout}${stderr}`.trim();
}

describe('files', () => {
  withBubblewrap('the workspace and HOME are writable, at the paths that they have outside', async () => {
    const said = await say('pwd; echo $HOME; echo a > made; echo b > ~/made; cat made ~/made');
    const [workspace, home, ...rest] = said.split('\n');
    expect(rest).toEqual(['a', 'b']);
    expect(workspace).toBe(realpathSync(join(worker.place.stateDir, 'workspace')));
    expect(readFileSync(join(workspace ?? '', 'made'), 'utf8')).toBe('a\n');
    expect(readFileSync(join(home ?? '', 'made'), 'utf8')).toBe('b\n');
  });

  withBubblewrap('nothing else of the host is writable', async () => {
    const script = `for d in / /etc /usr /var/lib /root /home /run /sys /dev /proc/sys/kernel ${outside} ${outside}/plain ${outside}/shown; do
      touch $d/sandcrew-was-here 2> /dev/null && echo "$d"; done; echo tried`;
    expect(await say(script)).toBe('tried');
    expect(existsSync(join(outside, 'plain/sandcrew-was-here'))).toBe(false);
  });

  withBubblewrap('a bound path is shown read-only or writable, as the operator said', async () => {
    const { shown, writable } = { shown: join(outside, 'shown'), writable: join(outside, 'writable') };
    expect(await say(`cat ${shown}/file; echo; echo new > ${writable}/new && cat ${writable}/new`)).toBe(
      'in shown\nnew',
    );
    expect(readFileSync(join(writable, 'new'), 'utf8')).toBe('new\n');
    expect(await say(`rm -f ${shown}/file`)).toMatch(/Read-only file system/);
  });

  withBubblewrap(
    'homes and /run are empty, and so are /tmp and its like at the start of each task',
    async () => {
      const place = worker.place.path.split('/')[2]; // where the workspace lies is all that is in /tmp
      const list = 'for d in /root /home /run /tmp /var/tmp /dev/shm; do echo "$d:" $(ls -A $d); done';
      expect(await say(list)).toBe(`/root:\n/home:\n/run:\n/tmp: ${place}\n/var/tmp:\n/dev/shm:`);
      const own = `own-${place}`; // the host's /tmp may have any other name
      const write = `for d in /tmp /var/tmp /dev/shm $TMPDIR; do echo x > $d/${own} && cat $d/${own}; done`;
      expect(await say(write)).toBe('x\nx\nx\nx');
      expect(await say(list)).toContain(`/tmp: ${place}\n`);
      expect(existsSync(`/tmp/${own}`)).toBe(false);
    },
  );

  withBubblewrap(
    'the worker’s token, state, spool and pipes are not there, nor is another workspace',
    async () => {
      await client.run('echo secret > file', { workspace: 'other' });
      const { stateDir, tokenFile } = worker.place;
      const said = await say(
        `cd ${stateDir}; find . -type f -o -type p -o -type s; ls workspaces/default homes/default; cat ${tokenFile} ${stateDir}/workspaces/default/other/file`,
        { workspace: 'mine' },
      );
      expect(said).not.toContain(TOKEN);
      expect(said).not.toContain('secret');
      expect(said.match(/^(mine|other)$/gm)).toEqual(['mine', 'mine']);
      expect(said).toMatch(/tokens: No such file/);
    },
  );

  withBubblewrap('a workspace keeps its files over tasks, and HOME too', async () => {
    await client.run('echo kept | tee a > ~/a', { workspace: 'kept' });
    expect(await say('cat a ~/a', { workspace: 'kept' })).toBe('kept\nkept');
  });

  withBubblewrap(
    'a working directory inside the workspace is entered, and a link out of it is refused',
    async () => {
      await client.run('mkdir -p a/b; ln -s / out', { workspace: 'dirs' });
      expect(await say('pwd', { workspace: 'dirs', cwd: 'a/b' })).toMatch(/\/dirs\/a\/b$/);
      const { terminal } = await client.run('pwd', { workspace: 'dirs', cwd: 'out' });
      expect(terminal).toMatchObject({ code: 'rejected', detail: 'invalid_cwd' });
    },
  );

  withBubblewrap(
    'a program that the host hides from tasks is not found, and it is said how to show it',
    async () => {
      const hidden = mkdtempSync(join(tmpdir(), 'sandcrew-hidden-'));
      writeFileSync(join(hidden, 'tool'), '#!/bin/sh\n', { mode: 0o755 });
      const { terminal } = await client.run(['tool'], { env: { PATH: `${hidden}:/usr/bin` } });
      expect(terminal).toMatchObject({ code: 'spawn_failed', detail: 'command_not_found' });
      expect((terminal as { message: string }).message).toMatch(/tool.*tasks do not see.*--bind-ro/);
      rmSync(hidden, { recursive: true });
    },
  );

  withBubblewrap('processors can be counted, and no control group is to be seen', async () => {
    expect(await say('ls /sys; nproc > /dev/null && echo counted; ls /sys/fs/cgroup')).toMatch(
      /^devices\ncounted\nls: .*No such file/,
    );
  });
});

describe('privileges', () => {
  asRoot('a task of a worker that is root is an ordinary user, and reads no file of root alone', async () => {
    const said = await say('id -u; whoami; cat /etc/shadow; cat /proc/1/environ; ls /proc/1/fd; kill -9 1');
    expect(said).toMatch(new RegExp(`^${TASK_USER.uid}\nsandcrew\n`));
    expect(said.match(/Permission denied|Operation not permitted|not permitted/g)?.length).toBe(4);
    const taskId = await client.start(['sleep', '61']);
    const name = 'sleep\u000061\0';
    const isThere = () =>
      readdirSync('/proc').some(
        (pid) =>
          /^\d+$/.test(pid) && commandLine(pid) === name && statSync(`/proc/${pid}`).uid === TASK_USER.uid,
      );
    await until(isThere);
    client.send({ type: 'terminate_task', taskId });
    await client.terminal(taskId);
  });

  withBubblewrap('it has no capability, can gain none, and a filter judges its system calls', async () => {
    const status = await say('grep -E "^(Cap|NoNewPrivs|Seccomp:)" /proc/self/status | tr -d "\\t"');
    const none = ['Inh', 'Prm', 'Eff', 'Amb'].map((set) => `Cap${set}:0000000000000000`);
    for (const line of [...none, 'NoNewPrivs:1', 'Seccomp:2']) expect(status).toContain(line);
  });

  withBubblewrap('it sees its own processes alone', async () => {
    const other = await client.start('exec -a neighbour sleep 60');
    const said = await say('ps -eo pid,args --no-headers');
    expect(said).not.toContain('neighbour');
    expect(said).not.toContain('main.js');
    expect(Number(/^\s*(\d+) ps /m.exec(said)?.[1])).toBeLessThan(10);
    client.send({ type: 'terminate_task', taskId: other });
    await client.terminal(other);
  });

  withBubblewrap(
    'each of its namespaces is its own but, as network host says, that of the network',
    async () => {
      const said = await say('for n in pid mnt ipc uts cgroup net; do readlink /proc/self/ns/$n; done');
      const host = ['pid', 'mnt', 'ipc', 'uts', 'cgroup', 'net'].map((name) =>
        readlinkSync(`/proc/${worker.run.pid}/ns/${name}`),
      );
      expect(said.split('\n').map((link, index) => link === host[index])).toEqual([
        false,
        false,
        false,
        false,
        false,
        true,
      ]);
    },
  );

  withBubblewrap('it types on no terminal, its own included', async () => {
    const type = `perl -e 'my $c = "x"; print ioctl(STDIN, 0x5412, $c) ? "typed" : "refused: $!"'`;
    expect(await say(type, { pty: { cols: 80, rows: 24 } })).toMatch(/^refused: Operation not permitted/);
  });

  withBubblewrap('it changes the line discipline of no terminal, and loads none', async () => {
    const change = `perl -e 'my $n = pack "i", 0; print ioctl(STDIN, 0x5423, $n) ? "changed" : "refused: $!"'`;
    expect(await say(change, { pty: { cols: 80, rows: 24 } })).toMatch(/^refused: Operation not permitted/);
  });

  withBubblewrap('it leaves no core dump, and gives none to a program of the host', async () => {
    // At one byte a file has no room for a dump, and the kernel starts no program for it (do_coredump).
    expect(await say('grep "^Max core" /proc/self/limits')).toMatch(/^Max core file size +1 +1 +bytes/);
    const { terminal } = await client.run('ulimit -c unlimited; kill -SEGV $$', { workspace: 'crash' });
    expect(terminal).toMatchObject({ type: 'task_complete', signal: 'SIGSEGV' });
    expect(await say('ls -A', { workspace: 'crash' })).toBe('');
  });

  withBubblewrap('a set-id file cannot be made, by whatever call', async () => {
    expect(await say('cp /bin/true t; chmod 4755 t; chmod g+s t; mkdir -m 2755 d; stat -c %a t')).toMatch(
      /^755\n(.*Operation not permitted\n?){3}$/,
    );
  });
});

describe.each(LEVELS)('%s', (containment) => {
  let own: TestWorker;
  let manager: Client;
  beforeAll(async () => {
    own = await TestWorker.start(['--containment', containment]);
    manager = await own.manager();
  });
  afterAll(() => own.stop());

  const whole = 'the environment is made of nothing, and holds what the caller sends, whatever it is called';
  test.each([
    ['', {}],
    [', with limits', { limits: LimitKeeper.find().enforced.includes('pids') ? { pids: 50 } : {} }],
    [', on a terminal', { pty: { cols: 80, rows: 24 } }],
  ])(`${whole}%s`, async (_, more) => {
    const env = {
      PLAIN: "it's\n€ЁЁ",
      'with.dot': 'a b',
      'npm_config_//host/:_auth': 'x',
      IFS: ':',
      OPTIND: 'x',
      PPID: '7',
    };
    const { stdout } = await manager.run(['env', '-0'], { env, ...more });
    const found = Object.fromEntries(
      stdout
        .toString()
        .replaceAll('\r\n', '\n') // as a terminal has it
        .split('\0')
        .filter(Boolean)
        .map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
    );
    delete found.SANDCREW_TASK; // by this the process-group level finds what a task left
    expect(found).toEqual({
      ...env,
      PATH: process.env.PATH,
      HOME: expect.stringContaining('/homes/default/'),
      LANG: expect.any(String),
      TERM: 'pty' in more ? 'xterm-256color' : 'dumb',
      TMPDIR: '/tmp',
      CI: '1',
    });
  });
});

const withCompiler = testIf(
  LEVELS.includes('bubblewrap') && isRoot && hasProgram('gcc', '--version'),
  'bwrap (Debian: bubblewrap) and gcc, run as root',
);
withCompiler('what a task has loaders load is loaded by its own user alone', async () => {
  const source =
    '#include <stdio.h>\n#include <unistd.h>\n__attribute__((constructor)) static void tell(void) { FILE *f = fopen("WHERE/loaded", "a"); if (f) { fprintf(f, "%d\\n", getuid()); fclose(f); } }';
  writeFileSync(join(outside, 'shown/tell.c'), source);
  const build = `sed "s|WHERE|$PWD|" ${outside}/shown/tell.c > tell.c && gcc -shared -fPIC -o tell.so tell.c && pwd; rm -f loaded`;
  const directory = await say(build, { workspace: 'loader' });
  const env = { LD_PRELOAD: `${directory}/tell.so` };
  expect(await say('cat loaded', { workspace: 'loader', env, allowEnv: true })).toMatch(
    new RegExp(`^(${TASK_USER.uid}\n?)+$`),
  );
});

withCompiler('what a task has loaders load does not reach what holds it at pid-namespace', async () => {
  const lesser = await TestWorker.start(['--containment', 'pid-namespace']);
  const manager = await lesser.manager();
  const source =
    '#include <stdio.h>\n#include <unistd.h>\n__attribute__((constructor)) static void tell(void) { char at[99] = {0}; readlink("/proc/self/ns/pid", at, 98); FILE *f = fopen("WHERE/loaded", "a"); if (f) { fprintf(f, "%d %s\\n", getpid() == 1, at); fclose(f); } }';
  writeFileSync(join(outside, 'shown/place.c'), source);
  const build = `sed "s|WHERE|$PWD|" ${outside}/shown/place.c > place.c && gcc -shared -fPIC -o place.so place.c && pwd`;
  const directory = (await manager.run(build, { workspace: 'loader' })).stdout.toString().trim();
  const env = { LD_PRELOAD: `${directory}/place.so` };
  const { stdout } = await manager.run('cat loaded; readlink /proc/self/ns/pid', {
    workspace: 'loader',
    env,
    allowEnv: true,
  });
  const lines = stdout.toString().trim().split('\n');
  expect(lines.length).toBeGreaterThan(1);
  expect([...new Set(lines.slice(0, -1))]).toEqual([`0 ${lines.at(-1)}`]); // never the init, and in no other namespace
  await lesser.stop();
});

describe('the network', () => {
  let server: Server;
  let port: number;
  beforeAll(async () => {
    server = createServer((socket) => socket.end('reached'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as { port: number }).port;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  const connect = (host: string, to: number | string) =>
    `bash -c 'exec 3<>/dev/tcp/${host}/${to} && cat <&3' 2>&1`;

  withBubblewrap('is the host’s by default', async () => {
    expect(await say(connect('127.0.0.1', port))).toBe('reached');
  });

  withBubblewrap(
    'with `network: none` nothing outside is reached, the cloud’s metadata address neither',
    async () => {
      for (const [host, to] of [
        ['127.0.0.1', port],
        ['169.254.169.254', 80],
        ['192.0.2.1', 80],
      ] as const)
        expect(await say(connect(host, to), { network: 'none' })).toMatch(
          /Network is unreachable|Connection refused/,
        );
    },
  );

  withBubblewrap('with `network: none` there is a loopback of its own', async () => {
    const serve = `perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1"); if (fork) { $c = $s->accept; print $c "looped\\n"; close $c; wait } else { $p = $s->sockport; $c = IO::Socket::INET->new("127.0.0.1:$p"); print <$c> }'`;
    expect(await say(serve, { network: 'none' })).toBe('looped');
  });

  withBubblewrap('is none by default where the worker says so, and host where the task does', async () => {
    const offline = await TestWorker.start(['--containment', 'bubblewrap', '--network', 'none']);
    const manager = await offline.manager();
    expect((await manager.run(connect('127.0.0.1', port))).stdout.toString()).toMatch(/refused|unreachable/);
    expect((await manager.run(connect('127.0.0.1', port), { network: 'host' })).stdout.toString()).toBe(
      'reached',
    );
    await offline.stop();
  });
});

describe('a workspace whose owner is', () => {
  let place: string;
  beforeAll(() => {
    place = mkdtempSync(join(tmpdir(), 'sandcrew-owned-'));
  });
  afterAll(() => rmSync(place, { recursive: true, force: true }));

  asRoot('an ordinary user: tasks run as that user', async () => {
    const workspace = join(place, 'ordinary');
    mkdirSync(workspace);
    chownSync(workspace, 12_345, 12_345);
    const own = await TestWorker.start(['--containment', 'bubblewrap', '--workspace', workspace]);
    const manager = await own.manager();
    const { stdout } = await manager.run('id -u; pwd; echo x > made; echo y > ~/made');
    expect(stdout.toString()).toBe(`12345\n${workspace}\n`);
    expect(statSync(join(workspace, 'made')).uid).toBe(12_345);
    await own.stop();
  });

  onDisk('root: its files are usable and stay root’s, and the host sees no mount', async () => {
    const workspace = join(place, 'roots');
    mkdirSync(workspace);
    writeFileSync(join(workspace, 'private'), 'of root\n', { mode: 0o600 });
    const mounts = readFileSync('/proc/self/mountinfo', 'utf8');
    const own = await TestWorker.start(['--containment', 'bubblewrap', '--workspace', workspace]);
    const manager = await own.manager();
    for (let count = 0; count < 2; count++) {
      const { stdout } = await manager.run(
        'id -u; cat private; echo more >> private; echo x > made; stat -c %u made',
      );
      expect(stdout.toString()).toMatch(
        new RegExp(`^${TASK_USER.uid}\nof root\n(more\n)*${TASK_USER.uid}\n$`),
      );
    }
    expect(readFileSync(join(workspace, 'private'), 'utf8')).toBe('of root\nmore\nmore\n');
    expect([statSync(join(workspace, 'made')).uid, statSync(join(workspace, 'private')).uid]).toEqual([0, 0]);
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).toBe(mounts);
    await own.stop();
  });
});

describe('the start', () => {
  const refusal = async (args: readonly string[], env: Record<string, string> = {}) => {
    const run = new WorkerRun([...worker.place.arguments, ...args], env);
    expect(await run.ended).toBe(2);
    return run.stderr;
  };

  withBubblewrap(
    'is refused without bubblewrap, with the package to install and the flag for less',
    async () => {
      const path = mkdtempSync(join(tmpdir(), 'sandcrew-no-bwrap-'));
      const said = await refusal(['--containment', 'bubblewrap'], { PATH: path });
      expect(said).toMatch(
        /install the package bubblewrap.*--containment auto, pid-namespace or process-group/,
      );
      rmSync(path, { recursive: true });
    },
  );

  withBubblewrap.each(['before', 'after'])(
    'is refused with what bwrap said, also where it closes its stderr %s its end is known',
    async (order) => {
      const path = mkdtempSync(join(tmpdir(), 'sandcrew-odd-bwrap-'));
      const rest = order === 'before' ? 'exec 2>&-; sleep 0.5; exit 1' : '(sleep 0.5) & exit 1';
      writeFileSync(join(path, 'bwrap'), `#!/bin/sh\necho 'bwrap: not today' >&2; ${rest}\n`, {
        mode: 0o755,
      });
      const said = await refusal(['--containment', 'bubblewrap'], { PATH: `${path}:${process.env.PATH}` });
      expect(said).toMatch(/bwrap does not work here \(.*bwrap: not today\)/);
      rmSync(path, { recursive: true });
    },
  );

  withBubblewrap.each([
    ['holds the state directory', () => worker.place.path],
    ['is the root', () => '/'],
  ])('is refused where the workspace %s', async (_, workspace) => {
    expect(await refusal(['--containment', 'bubblewrap', '--workspace', workspace()])).toMatch(
      /--workspace \S+ (holds|would)/,
    );
  });

  withBubblewrap(
    'is refused where what is to be shown is missing, or where the level hides nothing',
    async () => {
      expect(await refusal(['--containment', 'bubblewrap', '--bind-ro', '/nowhere'])).toMatch(
        /expect what is there, got \/nowhere/,
      );
      for (const level of ['pid-namespace', 'process-group'])
        expect(await refusal(['--containment', level, '--bind-ro', '/usr'])).toMatch(
          /hides nothing that could be shown/,
        );
    },
  );

  withBubblewrap(
    'takes bubblewrap by auto where it works, and something less with a warning where it does not',
    async () => {
      const best = await TestWorker.start(['--containment', 'auto']);
      const hello = await best.connect();
      hello.send({ type: 'hello', managerId: 'm1', output: 'text' });
      expect(await hello.next('welcome')).toMatchObject({ containment: 'bubblewrap' });
      await best.stop();
      const place = mkdtempSync(join(tmpdir(), 'sandcrew-auto-'));
      const less = new WorkerRun([
        '--token-file',
        worker.place.tokenFile,
        '--state-dir',
        join(place, 'state'),
        '--workspace',
        place,
        '--containment',
        'auto',
      ]);
      await less.listening();
      expect(await less.logged('containment')).toMatchObject({
        containment: 'pid-namespace',
        message: expect.stringMatching(/no bubblewrap: --workspace \S+ holds/),
      });
      less.kill('SIGTERM');
      await less.ended;
      rmSync(place, { recursive: true });
    },
  );
});

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
