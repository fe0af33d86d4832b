/** Under bubblewrap no task sees the homes of users, wherever they are, nor the worker's secrets, whatever links lead to them. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from '@jest/globals';
import { hasProgram, testIf } from '../needs.js';
import { Client, LEVELS, TOKEN, until, WorkerRun } from '../worker-process.js';

const isRoot = process.getuid?.() === 0;
const withBubblewrap = testIf(LEVELS.includes('bubblewrap'), 'bwrap (Debian: bubblewrap)');
const asRoot = testIf(
  LEVELS.includes('bubblewrap') && isRoot && hasProgram('unshare', '--version'),
  'bwrap (Debian: bubblewrap) and unshare, run as root',
);

let outside: string;
let run: WorkerRun | null;
let client: Client;
beforeEach(() => {
  // /tmp is the task's own: what it shall not find lies elsewhere.
  outside = mkdtempSync(join(isRoot ? '/var/lib' : process.cwd(), 'sandcrew-hidden-'));
  chmodSync(outside, 0o755);
  run = null;
});
afterEach(async () => {
  client?.socket.terminate();
  run?.kill('SIGTERM');
  await run?.ended;
  rmSync(outside, { recursive: true, force: true });
});

/** A directory below `outside` that everyone may read. */
function directory(name: string): string {
  const path = join(outside, name);
  mkdirSync(path, { recursive: true, mode: 0o755 });
  return path;
}

function writeToken(file: string, token = TOKEN): string {
  writeFileSync(file, `${token}\n`, { mode: 0o600 });
  return file;
}

interface Ground {
  readonly tokenFile: string;
  readonly stateDir?: string;
  readonly more?: readonly string[];
  readonly env?: Record<string, string>;
  readonly launcher?: readonly string[];
}

async function startWorker({
  tokenFile,
  stateDir,
  more = [],
  env = {},
  launcher,
}: Ground): Promise<WorkerRun> {
  const own = ['--token-file', tokenFile, '--state-dir', stateDir ?? join(outside, 'state')];
  const args = [...own, '--containment', 'bubblewrap', '--drain-timeout-ms', '0', ...more];
  run = new WorkerRun(args, env, launcher);
  const { url } = await run.listening();
  client = await Client.connect(url, TOKEN);
  client.send({ type: 'hello', managerId: 'm1', output: 'binary' });
  return run;
}

async function say(command: string): Promise<string> {
  const { stdout, stderr } = await client.run(command);
  return `${stdout}${stderr}`.trim();
}

withBubblewrap(
  'the home that HOME names is hidden, and what lies in it of the worker goes on working',
  async () => {
    const home = directory('home');
    writeFileSync(join(home, '.netrc'), 'password', { mode: 0o644 });
    const state = join(home, '.local/state/sandcrew');
    const tokenFile = writeToken(join(home, 'token'));
    const workspace = directory('home/project');
    chmodSync(workspace, 0o777);
    const shown = directory('home/tools');
    writeFileSync(join(shown, 'tool'), 'a tool', { mode: 0o644 });
    const more = ['--workspace', workspace, '--bind-ro', shown];
    await startWorker({ tokenFile, stateDir: state, more, env: { HOME: home } });
    expect(await say(`ls -A ${home}; cat ${home}/.netrc`)).toMatch(
      /^\.local\nproject\ntools\ncat: .*No such file/,
    );
    expect(await say(`cat ${shown}/tool; touch ${home}/x`)).toMatch(/^a tooltouch: .*Read-only/);
    expect(await say('echo a > made; echo b > ~/made; cat made ~/made; pwd')).toBe(`a\nb\n${workspace}`);
  },
);

asRoot('homes of the list of users are hidden: the worker’s own, and of those who can log in', async () => {
  const homes = ['own', 'person', 'service', 'shown'];
  for (const name of homes) writeFileSync(join(directory(name), 'private'), 'text', { mode: 0o644 });
  const list = readFileSync('/etc/passwd', 'utf8').replace(/^root:.*\n/m, '');
  const lines = [
    `root:x:0:0::${outside}/own:/usr/sbin/nologin`,
    `person:x:4001:4001::${outside}/person/:/bin/bash`,
    `service:x:4002:4002::${outside}/service:/usr/sbin/nologin`,
    `shown:x:4003:4003::${outside}/shown:/bin/bash`,
    'root-again:x:0:0::/:/bin/bash',
    'programs:x:4004:4004::/usr/bin:/bin/bash',
  ];
  const userList = join(outside, 'passwd');
  writeFileSync(userList, `${lines.join('\n')}\n${list}`);
  const put = 'mount --bind "$0" /etc/passwd && exec "$@"';
  const launcher = ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', put, userList];
  const more = ['--bind-ro', join(outside, 'shown')];
  await startWorker({ tokenFile: writeToken(join(directory('secret'), 'token')), launcher, more });
  expect(
    await say(`cd ${outside}; for name in ${homes.join(' ')}; do echo $name: $(ls -A $name); done`),
  ).toBe('own:\nperson:\nservice: private\nshown: private');
});

withBubblewrap(
  'the directory of each link to a secret is hidden, and those that it is rotated to',
  async () => {
    // As Kubernetes mounts secrets, and behind a link into another directory.
    const named = directory('named');
    const mounted = directory('mounted');
    writeToken(join(directory('mounted/..1'), 'token'));
    symlinkSync('..1', join(mounted, '..data'));
    symlinkSync('../mounted/..data/token', join(named, 'token'));
    await startWorker({ tokenFile: join(named, 'token') });
    const look = `cd ${outside}; ls -A named mounted mounted/..1 mounted/..2`;
    writeToken(join(directory('mounted/..2'), 'token'));
    expect(await say(look)).toMatch(
      /mounted:\n\nnamed:\nls: .*\.\.1.*No such file.*\nls: .*\.\.2.*No such file/s,
    );
  },
);

/** Children of the worker by which bubblewrap holds tasks, and sandboxes that wait for one. */
function countSandboxes(): number {
  const parents = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid));
  return parents.filter((pid) => {
    try {
      const [, name, parent] =
        /^\d+ \((.*)\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
      return name === 'bwrap' && Number(parent) === run?.pid;
    } catch {
      return false; // it has ended meanwhile
    }
  }).length;
}

withBubblewrap(
  'at SIGHUP the places to which secrets have moved are hidden from all tasks to come',
  async () => {
    const named = directory('named');
    const [before, after] = [directory('before'), directory('after')];
    writeToken(join(before, 'token'));
    symlinkSync(join(before, 'token'), join(named, 'token'));
    const worker = await startWorker({ tokenFile: join(named, 'token') });
    const look = `cd ${outside}; for name in named before after; do echo $name: $(ls -A $name); done`;
    expect(await say(look)).toBe('named:\nbefore:\nafter:');
    writeToken(join(after, 'token'));
    expect(await say(look)).toBe('named:\nbefore:\nafter: token'); // nothing says yet that it is one
    await until(() => countSandboxes() > 0); // one is made ahead for the next task
    symlinkSync(join(after, 'token'), join(named, 'token.new'));
    renameSync(join(named, 'token.new'), join(named, 'token'));
    worker.kill('SIGHUP');
    await worker.logged('tokens_read');
    expect(await say(look)).toBe('named:\nbefore:\nafter:');
  },
);

withBubblewrap(
  'a secret that has moved to where tasks could change it is not taken, and it is said why',
  async () => {
    const named = directory('named');
    const workspace = directory('workspace');
    chmodSync(workspace, 0o777);
    writeToken(join(directory('before'), 'token'));
    symlinkSync('../before/token', join(named, 'token'));
    const worker = await startWorker({ tokenFile: join(named, 'token'), more: ['--workspace', workspace] });
    // The file itself lies where no task comes; the link to it is what a task could exchange.
    symlinkSync('../before/token', join(workspace, 'link'));
    execFileSync('ln', ['-sfn', '../workspace/link', join(named, 'token')]);
    worker.kill('SIGHUP');
    const { message } = await worker.logged('tokens_kept');
    expect(message).toContain(`--workspace ${workspace} holds ${workspace}/link, which tasks must not`);
    expect(await say('echo goes on')).toBe('goes on');
  },
);
