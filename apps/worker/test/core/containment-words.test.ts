/** What holds a task, word for word: one word less of these is a hole that no test of a running task may meet. */
import { describe, expect, test } from '@jest/globals';
import {
  type SandboxRequest,
  writeBecomingUser,
  writeBubblewrapArguments,
  writeLeavingNoDump,
} from '#src/core/containment/bubblewrap-arguments.js';
import { writeCommandScript } from '#src/core/containment/command-script.js';
import { DENIED_CALLS } from '#src/core/containment/denied-calls.js';
import { decodeUserList } from '#src/core/containment/homes.js';
import { chooseSecretDirectories, isSystemDirectory, judgePlaces } from '#src/core/containment/places.js';
import { createView, isInside, missingParents, parentsOf } from '#src/core/containment/view.js';

const VIEW = createView([
  { path: '/home', showing: 'hidden' },
  { path: '/home/u/a', showing: 'readOnly' },
  { path: '/home/u/b/w', showing: 'writable' },
  { path: '/tmp', showing: 'scratch' },
  { path: '/etc/key', showing: 'masked' },
]);

const REQUEST: SandboxRequest = {
  view: VIEW,
  network: 'host',
  isRoot: false,
  terminal: null,
  filterFd: 9,
  userListFd: null,
};

const written = (change: Partial<SandboxRequest> = {}) => writeBubblewrapArguments({ ...REQUEST, ...change });
/** The words from `first` on, so many. */
const from = (words: readonly string[], first: string, count: number) => {
  const at = words.indexOf(first);
  return at < 0 ? null : words.slice(at, at + count);
};

describe('bubblewrap is asked', () => {
  test.each([
    '--die-with-parent',
    '--as-pid-1',
    '--unshare-pid',
    '--unshare-ipc',
    '--unshare-uts',
    '--unshare-cgroup-try',
  ])('for %s, whatever the task', (word) => {
    expect(written()).toContain(word);
    expect(written({ isRoot: true, network: 'none' })).toContain(word);
  });

  test('for no network where none is wanted, and for the host’s else', () => {
    expect(written({ network: 'none' })).toContain('--unshare-net');
    expect(written()).not.toContain('--unshare-net');
  });

  test('for no capability but those that make its init untraceable; root also keeps what it needs to become another user, and needs no user namespace', () => {
    for (const isRoot of [true, false])
      expect(from(written({ isRoot }), '--cap-drop', 2)).toEqual(['--cap-drop', 'ALL']);
    expect(written()).toContain('--unshare-user');
    const ofUser = written();
    expect(ofUser.filter((_, at) => ofUser[at - 1] === '--cap-add')).toEqual(['CAP_SETPCAP']);
    const words = written({ isRoot: true });
    expect(words).not.toContain('--unshare-user');
    expect(words.filter((_, at) => words[at - 1] === '--cap-add')).toEqual([
      'CAP_SETUID',
      'CAP_SETGID',
      'CAP_SETPCAP',
    ]);
  });

  test('for the host’s files read-only, with devices and processes of its own', () => {
    expect(from(written(), '--ro-bind', 7)).toEqual([
      '--ro-bind',
      '/',
      '/',
      '--dev',
      '/dev',
      '--proc',
      '/proc',
    ]);
    expect(from(written(), '--seccomp', 5)).toEqual(['--seccomp', '9', '--chdir', '/', '--']);
    const words = written();
    expect(words.slice(words.lastIndexOf('--remount-ro'))).toEqual([
      '--remount-ro',
      '/dev',
      '--seccomp',
      '9',
      '--chdir',
      '/',
      '--',
    ]);
  });

  test('for what the view says, each way made once, and what is hidden closed behind it', () => {
    const words = written();
    const mounts = words.slice(words.indexOf('/proc') + 1, words.lastIndexOf('--remount-ro'));
    const line = mounts.join(' ');
    for (const each of [
      '--perms 0755 --tmpfs /home',
      '--perms 1777 --tmpfs /tmp',
      '--ro-bind /dev/null /etc/key',
      '--perms 0755 --dir /home/u --ro-bind /home/u/a /home/u/a',
      '--perms 0755 --dir /home/u/b --bind /home/u/b/w /home/u/b/w',
      '--remount-ro /home',
    ])
      expect(line).toContain(each);
    expect(mounts.filter((word) => word === '/home/u')).toHaveLength(1);
    expect(mounts.slice(-2)).toEqual(['--remount-ro', '/home']);
  });

  test('for the task’s terminal, and for another list of users, where there is one', () => {
    expect(from(written({ terminal: '/dev/pts/7' }), '--dev-bind', 3)).toEqual([
      '--dev-bind',
      '/dev/pts/7',
      '/dev/pts7',
    ]);
    expect(written()).not.toContain('--dev-bind');
    expect(from(written({ userListFd: 11 }), '--ro-bind-data', 3)).toEqual([
      '--ro-bind-data',
      '11',
      '/etc/passwd',
    ]);
    const words = written({ userListFd: 11 });
    expect(words.slice(words.indexOf('--ro-bind-data') - 2, words.indexOf('--ro-bind-data'))).toEqual([
      '--perms',
      '0644',
    ]);
    expect(written()).not.toContain('--ro-bind-data');
  });
});

test('who becomes another user keeps no group, no capability, and can get none', () => {
  expect(writeBecomingUser('/usr/bin/setpriv', { uid: 5, gid: 6 })).toEqual([
    '/usr/bin/setpriv',
    ...['--reuid', '5', '--regid', '6', '--clear-groups'],
    ...['--inh-caps=-all', '--ambient-caps=-all', '--bounding-set=-all', '--no-new-privs', '--'],
  ]);
});

test('who stays the user that it is keeps no capability either', () => {
  expect(writeBecomingUser('/usr/bin/setpriv', null)).toEqual([
    '/usr/bin/setpriv',
    ...['--inh-caps=-all', '--ambient-caps=-all', '--bounding-set=-all', '--no-new-privs', '--'],
  ]);
});

test('who leaves no core dump has one byte for it, at which no program of the host is started for one', () => {
  expect(writeLeavingNoDump('/usr/bin/prlimit')).toEqual(['/usr/bin/prlimit', '--core=1:1', '--']);
});

describe('the calls that are denied', () => {
  test('each have a name and a reason of their own, a number on one machine at least, and an errno', () => {
    expect(new Set(DENIED_CALLS.map(({ name }) => name)).size).toBe(DENIED_CALLS.length);
    for (const { name, numbers, refusal, reason, when } of DENIED_CALLS) {
      expect([name, /^[a-z_0-9]+$/.test(name)]).toEqual([name, true]);
      expect(reason.length).toBeGreaterThan(10);
      expect(['EPERM', 'ENOSYS', 'EAFNOSUPPORT']).toContain(refusal);
      expect([name, Number.isInteger(numbers.x64)]).toEqual([name, true]);
      expect([name, numbers.arm64 === null || Number.isInteger(numbers.arm64)]).toEqual([name, true]);
      if (when !== undefined && 'isOneOf' in when) expect(when.isOneOf.length).toBeGreaterThan(0);
      if (when !== undefined && 'isNoneOf' in when) expect(when.isNoneOf.length).toBeGreaterThan(0);
    }
  });

  /** By unistd.h of each machine, and the manual page of each call: where the mode is. */
  test.each([
    ['chmod', 90, null, 1],
    ['fchmod', 91, 52, 1],
    ['fchmodat', 268, 53, 2],
    ['fchmodat2', 452, 452, 2],
    ['open', 2, null, 2],
    ['openat', 257, 56, 3],
    ['creat', 85, null, 1],
    ['mkdir', 83, null, 1],
    ['mkdirat', 258, 34, 2],
    ['mknod', 133, null, 1],
    ['mknodat', 259, 33, 2],
  ])('%s makes no set-id file', (name, x64, arm64, argument) => {
    expect(DENIED_CALLS.find((each) => each.name === name)).toMatchObject({
      numbers: { x64, arm64 },
      refusal: 'EPERM',
      when: { argument, hasBits: 0o6000 },
    });
  });

  test('a namespace is refused by the flags of clone, and where those cannot be read, as if there were no such call', () => {
    const named = (name: string) => DENIED_CALLS.find((each) => each.name === name);
    expect(named('clone')).toMatchObject({ refusal: 'EPERM', when: { argument: 0, hasBits: 0x7e02_0000 } });
    expect(named('clone3')).toMatchObject({ refusal: 'ENOSYS' });
    expect(named('unshare')).not.toHaveProperty('when');
    expect(named('openat2')).toMatchObject({ refusal: 'ENOSYS' });
    expect(named('io_uring_setup')).toMatchObject({ refusal: 'ENOSYS' });
    expect(named('mount')).toMatchObject({ refusal: 'EPERM' });
  });

  test('nobody types on a terminal for another or changes its line discipline, and sockets are of four families', () => {
    expect(DENIED_CALLS.find(({ name }) => name === 'ioctl')?.when).toEqual({
      argument: 1,
      isOneOf: [0x5412, 0x541c, 0x5423],
    });
    for (const name of ['socket', 'socketpair'])
      expect(DENIED_CALLS.find((each) => each.name === name)).toMatchObject({
        refusal: 'EAFNOSUPPORT',
        when: { argument: 0, isNoneOf: [1, 2, 10, 16] },
      });
  });
});

describe('paths', () => {
  test('have the directories above them, outermost first', () => {
    expect(parentsOf('/a/b/c')).toEqual(['/a', '/a/b']);
    expect(parentsOf('/a')).toEqual([]);
  });

  test.each([
    ['/a/b', '/a', true],
    ['/a', '/a', true],
    ['/ab', '/a', false],
    ['/a', '/a/b', false],
    ['/a', '/', true],
  ])('%s is inside of %s: %s', (path, directory, is) => {
    expect(isInside(path, directory)).toBe(is);
  });

  test('in what is empty need not be hidden, and may be empty and writable', () => {
    const view = createView([
      { path: '/home', showing: 'hidden' },
      { path: '/home/u/tmp', showing: 'scratch' },
      { path: '/tmp', showing: 'scratch' },
      { path: '/tmp/state', showing: 'hidden' },
    ]);
    expect(view.map(({ path }) => path)).toEqual(['/tmp', '/home', '/home/u/tmp']);
  });

  test('below what is hidden need each directory on their way', () => {
    const view = createView([
      { path: '/home', showing: 'hidden' },
      { path: '/home/u/x/y', showing: 'readOnly' },
    ]);
    expect(missingParents(view, '/home/u/x/y')).toEqual(['/home/u', '/home/u/x']);
  });

  test.each([
    '/',
    '/etc',
    '/usr',
    '/opt',
    '/srv',
    '/var',
    '/var/lib',
    '/mnt',
    '/media',
    '/usr/local',
    '/usr/local/etc',
  ])('%s is the system’s: it is not hidden whole for a secret in it', (directory) => {
    expect(isSystemDirectory(directory)).toBe(true);
    const secret = directory === '/' ? '/token' : `${directory}/token`;
    expect(chooseSecretDirectories([secret], [])).toEqual([]);
  });

  test('that would let tasks write the worker’s own files are refused by the option that names them', () => {
    const places = { workspace: '/w', stateDir: '/s', secretFiles: [], secretLinks: [], shownWritable: [] };
    expect(judgePlaces({ ...places, workspace: '/' })).toMatch(/^--workspace \/ would/);
    expect(judgePlaces({ ...places, shownWritable: ['/s/x'] })).toMatch(/^--bind-rw \/s\/x lies among/);
  });
});

test('a line of a list of users that has not seven fields is none', () => {
  expect(
    decodeUserList('u:x:1:1::/home/u:/bin/sh\nv:x:1:1::/home/v\nw:x:1:1::/home/w:/bin/sh:more\n'),
  ).toHaveLength(1);
});

test('a command’s variables stand in no argv, which everybody may read; those alone that no shell can have', () => {
  const tools = { launch: '/bin/setpriv', launchesAll: false, env: '/bin/env' };
  const env = { SECRET: 'hunter2', 'with.dot': '1' };
  const script = writeCommandScript({ argv: ['true'], cwd: '/', env }, tools);
  expect(script).toContain("export SECRET='hunter2'\n");
  expect(script).toContain("exec '/bin/env' -- 'with.dot=1' 'true' <&5");
  const plain = writeCommandScript({ argv: ['true'], cwd: '/', env: { SECRET: 'hunter2' } }, tools);
  expect(plain).toContain("exec 'true' <&5"); // each program more takes time
});
