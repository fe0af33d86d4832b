/** What contains a task, decided: the view of the host's files, the filter of system calls, the script of a command. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { writeBubblewrapArguments } from '#src/core/containment/bubblewrap-arguments.js';
import { writeCommandScript } from '#src/core/containment/command-script.js';
import { DENIED_CALLS, type DeniedCall } from '#src/core/containment/denied-calls.js';
import { writeFilterProgram } from '#src/core/containment/filter-program.js';
import { chooseHomes, decodeUserList, gatherHomes } from '#src/core/containment/homes.js';
import { chooseSecretDirectories, judgePlaces } from '#src/core/containment/places.js';
import { createView, isVisible, missingParents, type ViewEntry } from '#src/core/containment/view.js';

describe('the view of the host’s files', () => {
  const entry = (path: string, showing: ViewEntry['showing']): ViewEntry => ({ path, showing });
  const view = createView([
    entry('/home/u/state/workspaces/w', 'writable'),
    entry('/home', 'hidden'),
    entry('/home/u/tool', 'readOnly'),
    entry('/home/u/state', 'hidden'),
    entry('/tmp', 'scratch'),
    entry('/srv/data', 'readOnly'),
    entry('/srv/data/state', 'hidden'),
    entry('/srv/data/key', 'masked'),
  ]);

  test.each([
    ['/usr/bin/env', true],
    ['/home/u/.ssh/id', false],
    ['/home/u/tool/bin/node', true],
    ['/home/u/toolbox', false],
    ['/home/u/state/spool', false],
    ['/home/u/state/workspaces/w/file', true],
    ['/home/u/state/workspaces/other', false],
    ['/tmp/x', false],
    ['/srv/data/file', true],
    ['/srv/data/state/lock', false],
    ['/srv/data/key', false],
  ])('the innermost entry decides whether %s is the host’s own: %p', (path, expected) => {
    expect(isVisible(view, path)).toBe(expected);
  });

  test('what lies inside of another is mounted behind it, and nothing is hidden twice', () => {
    const paths = view.map(({ path }) => path);
    expect(paths).not.toContain('/home/u/state');
    expect(paths).toContain('/srv/data/state');
    for (const [index, path] of paths.entries())
      expect(paths.slice(index + 1).filter((later) => path.startsWith(`${later}/`))).toEqual([]);
  });

  test('directories on the way to what is shown are made in what covers the host’s', () => {
    expect(missingParents(view, '/home/u/tool')).toEqual(['/home/u']);
    expect(missingParents(view, '/srv/data/state')).toEqual([]);
    expect(missingParents(view, '/usr')).toEqual([]);
  });

  test('what is hidden cannot be written, once what lies in it is mounted', () => {
    const words = writeBubblewrapArguments({
      view,
      network: 'none',
      isRoot: false,
      terminal: null,
      filterFd: 9,
      userListFd: null,
    });
    const remount = words.findIndex((word, index) => word === '--remount-ro' && words[index + 1] === '/home');
    expect(remount).toBeGreaterThan(words.lastIndexOf('/home/u/tool'));
    expect(words).toEqual(expect.arrayContaining(['--unshare-user', '--unshare-net', '--die-with-parent']));
  });
});

describe('where the worker’s own files lie', () => {
  const places = {
    workspace: '/srv/work',
    stateDir: '/var/lib/sandcrew',
    secretFiles: ['/etc/sandcrew/token'],
    secretLinks: ['/srv/links/token'],
    shownWritable: [],
  };

  test.each([
    ['the root as workspace', { workspace: '/' }, /write everywhere/],
    ['the state directory in the workspace', { workspace: '/var/lib' }, /holds \/var\/lib\/sandcrew/],
    ['the token in the workspace', { workspace: '/etc/sandcrew' }, /holds \/etc\/sandcrew\/token/],
    ['a link to the token in the workspace', { workspace: '/srv/links' }, /holds \/srv\/links\/token/],
    ['the token in what is writable', { shownWritable: ['/etc'] }, /^--bind-rw \/etc holds/],
    ['the workspace in the spool', { workspace: '/var/lib/sandcrew/spool' }, /own files/],
  ])('%s is refused', (_, more, fault) => {
    expect(judgePlaces({ ...places, ...more })).toMatch(fault);
  });

  test('apart they are good, and so is the workspace that the worker makes', () => {
    expect(judgePlaces(places)).toBeNull();
    expect(judgePlaces({ ...places, workspace: '/var/lib/sandcrew/workspace' })).toBeNull();
  });

  test('the directory of a secret is hidden whole, but for one of the system’s and one that holds what is shown', () => {
    const secrets = ['/etc/sandcrew/token', '/etc/key.pem', '/srv/key.pem', '/opt/tokens/a'];
    expect(chooseSecretDirectories(secrets, ['/srv/work', '/opt/tokens/tool'])).toEqual(['/etc/sandcrew']);
  });

  test.each([
    '/usr/lib/ssl/key.pem',
    '/usr/local/share/tool/token',
    '/lib/key.pem',
    '/etc/ssl/key.pem',
    '/etc/ssl/certs/key.pem',
    '/etc/pki/key.pem',
    '/etc/pki/tls/key.pem',
    '/etc/pki/tls/certs/key.pem',
    '/etc/default/token',
  ])('of what every program may need no directory is hidden for a secret in it: %s', (secret) => {
    expect(chooseSecretDirectories([secret], [])).toEqual([]);
  });

  test.each(['/etc/ssl/private', '/etc/pki/tls/private', '/usr/local/etc/sandcrew', '/opt/sandcrew'])(
    'a directory for secrets is hidden whole: %s',
    (directory) => {
      expect(chooseSecretDirectories([`${directory}/key.pem`], [])).toEqual([directory]);
    },
  );
});

describe('homes that are hidden', () => {
  const users = decodeUserList(
    [
      'root:x:0:0:root:/root:/bin/bash',
      'games:x:5:60:games:/usr/games:/usr/sbin/nologin',
      'www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin',
      'mail:x:8:8:mail:/var/mail:/usr/sbin/nologin',
      'nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin',
      'systemd-network:x:998:998::/:/usr/sbin/nologin',
      'postgres:x:101:104:PostgreSQL,,,:/var/lib/postgresql:/bin/bash',
      'jenkins:x:102:105:Jenkins:/var/lib/jenkins:',
      'redis:x:103:106::/var/lib/redis:/usr/sbin/nologin',
      'app:x:104:107::/opt/app:/usr/sbin/nologin',
      'operator:x:105:108::/var/lib:/bin/bash',
      'tool:x:106:109::/usr/lib/tool:/bin/bash',
      'odd:x:107:110::home:/bin/bash',
      '+::::::',
      'broken line',
    ].join('\n'),
  );

  test('are the worker’s own, those of who can log in, and others outside of /var; never a directory of the system', () => {
    expect(chooseHomes(users, ['/var/lib/sandcrew', '/usr/lib/sandcrew', '/', '', '/data/u'])).toEqual([
      '/var/lib/sandcrew',
      '/data/u',
      '/root',
      '/nonexistent',
      '/var/lib/postgresql',
      '/var/lib/jenkins',
      '/opt/app',
    ]);
  });

  test('where many lie in one directory it is hidden in their place, unless it is one of the system’s', () => {
    const named = (parent: string, count: number) =>
      Array.from({ length: count }, (_, index) => `${parent}/u${index}`);
    expect(gatherHomes([...named('/export/home', 9), '/srv/u', ...named('/data', 8)])).toEqual([
      '/export/home',
      '/srv/u',
      ...named('/data', 8),
    ]);
    expect(gatherHomes(named('/srv', 9))).toEqual(named('/srv', 9));
  });
});

describe.each(['x64', 'arm64'] as const)('the filter of %s', (machine) => {
  const program = writeFilterProgram(DENIED_CALLS, machine);
  const words = { x64: 0xc000003e, arm64: 0xc00000b7 };
  const ERRNO = { EPERM: 1, ENOSYS: 38, EAFNOSUPPORT: 97 };
  const ALLOW = 0x7fff0000;
  const KILL = 0x80000000;

  test.each(
    DENIED_CALLS.filter(({ numbers }) => numbers[machine] !== null).map((call): [string, DeniedCall] => [
      call.name,
      call,
    ]),
  )('refuses %s where it should, and nowhere else', (_name, call) => {
    const number = call.numbers[machine] ?? 0;
    const refused = 0x50000 | ERRNO[call.refusal];
    const { when } = call;
    if (when === undefined) return expect(run(program, words[machine], number, [])).toBe(refused);
    const judge = (value: number) => {
      const args = [0, 0, 0, 0, 0, 0];
      args[when.argument] = value;
      return run(program, words[machine], number, args);
    };
    const [met, unmet] = valuesOf(when);
    expect(met.map(judge)).toEqual(met.map(() => refused));
    expect(unmet.map(judge)).toEqual(unmet.map(() => ALLOW));
  });

  test('allows what the table does not name', () => {
    const named = new Set(DENIED_CALLS.map(({ numbers }) => numbers[machine]));
    const others = Array.from({ length: 470 }, (_, number) => number).filter((number) => !named.has(number));
    for (const number of others) expect(run(program, words[machine], number, [0, 0, 0, 0, 0, 0])).toBe(ALLOW);
  });

  test('ends what calls in another architecture’s numbers', () => {
    const other = machine === 'x64' ? words.arm64 : words.x64;
    expect(run(program, other, 0, [])).toBe(KILL);
    expect(run(program, 0x40000003, 0, [])).toBe(KILL); // i386
    if (machine === 'x64') expect(run(program, words.x64, 0x40000000 + 1, [])).toBe(KILL); // x32
  });
});

function valuesOf(when: NonNullable<DeniedCall['when']>): [met: number[], unmet: number[]] {
  if ('hasBits' in when) {
    const bits = Array.from({ length: 32 }, (_, bit) => 2 ** bit);
    const has = (bit: number) => (when.hasBits & bit) >>> 0 !== 0;
    return [bits.filter(has), [0, ...bits.filter((bit) => !has(bit))]];
  }
  if ('isOneOf' in when) return [[...when.isOneOf], [0, 0x5401]];
  return [[3, 38, 40, 0x400000], [...when.isNoneOf]];
}

/** The kernel's machine for such programs, as far as this one goes. */
function run(program: Uint8Array, arch: number, number: number, args: readonly number[]): number {
  const view = new DataView(program.buffer, program.byteOffset, program.byteLength);
  const data = new Map([
    [0, number],
    [4, arch],
    ...args.map((value, index) => [16 + 8 * index, value] as const),
  ]);
  let loaded = 0;
  for (let at = 0; ; at++) {
    const [code, skipIf, skipElse, value] = [
      view.getUint16(at * 8, true),
      view.getUint8(at * 8 + 2),
      view.getUint8(at * 8 + 3),
      view.getUint32(at * 8 + 4, true),
    ];
    if (code === 0x06) return value;
    if (code === 0x20) loaded = (data.get(value) ?? 0) >>> 0;
    else {
      const isSo = { 21: loaded === value, 53: loaded >= value, 69: (loaded & value) !== 0 }[code];
      if (isSo === undefined) throw new Error(`no such instruction: ${code}`);
      at += isSo ? skipIf : skipElse;
    }
  }
}

const LAUNCH = { launch: '/usr/bin/nice -n 0', env: '/usr/bin/env' };

/** What the command's own process is told: its variables, and then nothing, since it is env -0. */
function toldBy(argv: readonly string[], env: Record<string, string>, launchesAll: boolean): string[] {
  const script = writeCommandScript({ argv, cwd: '/', env }, { ...LAUNCH, launchesAll });
  const told = execFileSync('/bin/sh', ['-c', 'exec 5</dev/null 6>&1 7>&2; exec env -i /bin/sh'], {
    input: script,
  });
  return told.toString().split('\0').filter(Boolean).sort();
}

test('a command’s words and variables pass its script as they are', () => {
  const plain = { QUOTED: `it's "a" $b \`c\` \\d\n€Ё`, LANG: 'C.UTF-8' };
  const argv = ['/usr/bin/env', '-0', 'X=a b'];
  const expected = ['LANG=C.UTF-8', `QUOTED=${plain.QUOTED}`, 'X=a b'];
  for (const launchesAll of [true, false]) {
    expect(toldBy(argv, plain, launchesAll)).toEqual([...expected].sort());
    const others = { ...plain, 'with.dot': "'" };
    expect(toldBy(argv, others, launchesAll)).toEqual([...expected, "with.dot='"].sort());
  }
});

test('no word of a command, and no name of a variable, is an option or an assignment of what starts it', () => {
  const directory = mkdtempSync(join(tmpdir(), 'sandcrew-script-'));
  try {
    mkdirSync(join(directory, 'id=42'));
    const program = join(directory, 'id=42/show');
    symlinkSync('/usr/bin/env', program);
    const env = { '-SX=1': 'y', '-i': 'z', 'with.dot': '1' };
    for (const launchesAll of [true, false])
      expect(toldBy([program, '-0'], env, launchesAll)).toEqual(['-SX=1=y', '-i=z', 'with.dot=1']);
    for (const name of ['-show', 'sh=ow', "it's"]) {
      symlinkSync('/usr/bin/env', join(directory, name));
      expect(toldBy([name, '-0'], { PATH: directory }, false)).toEqual([`PATH=${directory}`]);
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('a shell’s own words are programs like others, where there is one of that name', () => {
  const directory = mkdtempSync(join(tmpdir(), 'sandcrew-script-'));
  try {
    for (const name of ['exit', 'eval', 'if', 'true', 'exec', '.x', 'a.b-c+d']) {
      symlinkSync('/usr/bin/env', join(directory, name));
      expect(toldBy([name, '-0'], { PATH: directory }, false)).toEqual([`PATH=${directory}`]);
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
});
