/** What a host lacks, and what to do about it: a table of hosts. */
import { describe, expect, test } from '@jest/globals';
import { diagnose, type Finding, type HostFacts, isFit } from '#src/core/diagnosis.js';

const WHOLE: HostFacts = {
  isRoot: false,
  isContainer: false,
  asked: 'bubblewrap',
  levels: { bubblewrap: null, 'pid-namespace': null },
  userNamespaces: { max: 15_000, unprivilegedClone: null, apparmorRestricts: null },
  programs: {
    bwrap: '/usr/bin/bwrap',
    unshare: '/usr/bin/unshare',
    setpriv: '/usr/bin/setpriv',
    setsid: '/usr/bin/setsid',
    env: '/usr/bin/env',
    mkfifo: '/usr/bin/mkfifo',
    bash: '/bin/bash',
    sh: '/bin/sh',
    stty: '/bin/stty',
  },
  enforcedLimits: ['memoryBytes', 'pids', 'cpus'],
  cgroupVersion: 2,
  terminalFault: null,
  waitsFault: null,
  openFiles: { soft: 65_536, hard: 65_536 },
  stateDir: { path: '/s', fault: null, freeBytes: 10_737_418_240 },
  named: [],
  certificateDays: null,
};

const LEVEL_FAULTS = { bubblewrap: 'it does not work', 'pid-namespace': null };

function find(change: Partial<HostFacts>, name: string): Finding | undefined {
  return diagnose({ ...WHOLE, ...change }).find((finding) => finding.name === name);
}

test('a host that has all of it is fit, and is told nothing to do', () => {
  const findings = diagnose(WHOLE);
  expect(findings.filter(({ state, remedy }) => state !== 'ok' || remedy !== null)).toEqual([]);
  expect(isFit(findings)).toBe(true);
});

describe('a level that cannot be had is missing where it is asked for, and only weaker elsewhere', () => {
  test.each([
    ['bubblewrap', 'missing'],
    ['auto', 'weaker'],
    ['process-group', 'weaker'],
  ] as const)('--containment %s: %s', (asked, state) => {
    const change = { asked, levels: LEVEL_FAULTS };
    expect(find(change, 'containment bubblewrap')).toMatchObject({ state, found: 'it does not work' });
    expect(isFit(diagnose({ ...WHOLE, ...change }))).toBe(state === 'weaker');
  });
});

describe('the remedy is that of the nearest cause', () => {
  const without = (name: string) => ({ programs: { ...WHOLE.programs, [name]: null } });
  const namespaces = (change: Partial<HostFacts['userNamespaces']>) => ({
    userNamespaces: { ...WHOLE.userNamespaces, ...change },
  });
  test.each([
    ['no bwrap', without('bwrap'), 'apt-get install bubblewrap'],
    ['no user namespaces at all', namespaces({ max: 0 }), 'user.max_user_namespaces'],
    ['none for users', namespaces({ unprivilegedClone: 0 }), 'kernel.unprivileged_userns_clone=1'],
    ['AppArmor', namespaces({ apparmorRestricts: 1 }), 'AppArmor profile'],
    [
      'AppArmor, as root',
      { ...namespaces({ apparmorRestricts: 1 }), isRoot: true },
      'docs/troubleshooting.md',
    ],
    ['a container', { isContainer: true }, 'docs/operations.md'],
    ['none of these', {}, 'docs/troubleshooting.md'],
  ] as const)('%s', (_, change, remedy) => {
    expect(find({ levels: LEVEL_FAULTS, ...change }, 'containment bubblewrap')?.remedy).toContain(remedy);
  });

  test('no unshare', () => {
    const levels = { bubblewrap: null, 'pid-namespace': 'there is none' };
    expect(find({ levels, ...without('unshare') }, 'containment pid-namespace')?.remedy).toContain(
      'util-linux',
    );
  });
});

describe('each other thing', () => {
  test.each([
    ['no mkfifo', { programs: { ...WHOLE.programs, mkfifo: null } }, 'programs', 'missing', 'coreutils'],
    ['no stty', { programs: { ...WHOLE.programs, stty: null } }, 'stty', 'weaker', 'coreutils'],
    ['no limits, as a user', { enforcedLimits: [] }, 'limits', 'weaker', 'Delegate=yes in its systemd unit'],
    [
      'one limit less',
      { enforcedLimits: ['pids', 'cpus'], isRoot: true, cgroupVersion: null },
      'limits',
      'weaker',
      'mount -t cgroup2',
    ],
    [
      'no limits, as root, version 2',
      { enforcedLimits: [], isRoot: true },
      'limits',
      'weaker',
      'systemd-run --scope',
    ],
    ['no limits, in a container', { enforcedLimits: [], isContainer: true }, 'limits', 'weaker', 'writable'],
    ['a blind detector', { waitsFault: 'EPERM' }, 'block detection', 'weaker', 'ptrace_scope'],
    ['no terminals', { terminalFault: 'none' }, 'terminals', 'weaker', 'refused'],
    ['few files', { openFiles: { soft: 256, hard: 256 } }, 'open files', 'weaker', 'LimitNOFILE'],
    [
      'no state directory',
      { stateDir: { path: '/s', fault: 'EACCES', freeBytes: null } },
      '--state-dir',
      'missing',
      'write there',
    ],
    [
      'a full one',
      { stateDir: { path: '/s', fault: null, freeBytes: 1_048_576 } },
      '--state-dir',
      'weaker',
      'make room',
    ],
    ['a certificate that is over', { certificateDays: -1 }, 'certificate', 'missing', 'renew'],
    ['one that is nearly', { certificateDays: 13 }, 'certificate', 'weaker', 'renew'],
  ] as const)('%s', (_, change, name, state, remedy) => {
    const found = find(change as Partial<HostFacts>, name);
    expect(found).toMatchObject({ state, remedy: expect.stringContaining(remedy) });
  });

  test('what an option names and is at fault is missing, with its sentence', () => {
    const named = [{ option: 'listen', faults: ['the address is in use'] }];
    expect(find({ named }, '--listen')).toEqual({
      name: '--listen',
      state: 'missing',
      found: 'the address is in use',
      remedy: null,
    });
  });
});

describe('what is told', () => {
  const ok = (name: string, found: string) => ({ name, state: 'ok', found, remedy: null });

  test('of a host that has all of it is each thing, and that it is there', () => {
    const named = [{ option: 'listen', faults: [] }];
    expect(diagnose({ ...WHOLE, named, certificateDays: 14 })).toEqual([
      ok('containment bubblewrap', 'works'),
      ok('containment pid-namespace', 'works'),
      ok('programs', 'mkfifo, bash, sh, setsid, env'),
      ok('limits', 'memoryBytes, pids, cpus (control groups, version 2)'),
      ok('block detection', 'what a process waits for can be read'),
      ok('terminals', 'can be had'),
      ok('open files', '65536'),
      ok('--state-dir', '/s, 10240 MiB free'),
      ok('--listen', 'good'),
      ok('certificate', 'good for 14 days'),
    ]);
  });

  test('of programs that lack is each, and each package that has some of them once', () => {
    const none = Object.fromEntries(Object.keys(WHOLE.programs).map((name) => [name, null]));
    const programs = { ...none, setsid: '/usr/bin/setsid', bash: '/bin/bash' };
    expect(find({ programs }, 'programs')).toMatchObject({
      found: 'no mkfifo, sh, env',
      remedy: 'install coreutils, dash',
    });
    expect(find({ programs: none }, 'programs')?.remedy).toBe('install coreutils, bash, dash, util-linux');
  });

  test('of limits that lack is which, and where they would have come from', () => {
    expect(find({ enforcedLimits: ['pids'] }, 'limits')?.found).toBe(
      'tasks that ask for memoryBytes, cpus are refused (control groups, version 2)',
    );
    expect(find({ enforcedLimits: [], cgroupVersion: null }, 'limits')?.found).toBe(
      'tasks that ask for memoryBytes, pids, cpus are refused (no control groups here)',
    );
    expect(find({ enforcedLimits: [], isRoot: true, cgroupVersion: 1 }, 'limits')?.remedy).toContain(
      'mount -t cgroup2',
    );
  });

  test.each([
    [null, 'ok', 'not told here'],
    [1_024, 'ok', '1024'],
    [1_023, 'weaker', '1023 at once'],
  ])('of room for %p open files is %s: %s', (soft, state, found) => {
    const openFiles = soft === null ? null : { soft, hard: soft };
    expect(find({ openFiles }, 'open files')).toMatchObject({ state, found });
  });

  test.each([
    [null, 'ok', '/s'],
    [1_073_741_824, 'ok', '/s, 1024 MiB free'],
    [1_073_741_823, 'weaker', '/s has 1023 MiB free'],
  ])('of a state directory with %p bytes free is %s: %s', (freeBytes, state, found) => {
    expect(find({ stateDir: { path: '/s', fault: null, freeBytes } }, '--state-dir')).toMatchObject({
      state,
      found,
    });
  });

  test.each([
    [-3, 'missing', 'void for 3 days'],
    [0, 'weaker', 'good for 0 days'],
    [13, 'weaker', 'good for 13 days'],
    [14, 'ok', 'good for 14 days'],
  ])('of a certificate that has %i days left is %s: %s', (certificateDays, state, found) => {
    expect(find({ certificateDays }, 'certificate')).toMatchObject({ state, found });
  });

  test('of no certificate, and of a program that is only wanted and is there, is nothing', () => {
    expect(find({}, 'certificate')).toBeUndefined();
    expect(find({}, 'stty')).toBeUndefined();
  });
});

describe('what a level needs is its own', () => {
  const faults = { bubblewrap: 'no', 'pid-namespace': 'no' };
  const without = (name: string) => ({ ...WHOLE.programs, [name]: null });

  test.each([
    ['bwrap', 'containment bubblewrap', true],
    ['bwrap', 'containment pid-namespace', false],
    ['unshare', 'containment bubblewrap', false],
    ['setpriv', 'containment pid-namespace', true],
  ])('without %s, %s wants it installed: %s', (program, name, wants) => {
    const { remedy } = find({ levels: faults, programs: without(program) }, name) ?? {};
    expect(remedy?.startsWith('install')).toBe(wants);
  });

  test('for root, what keeps users from namespaces is no hindrance', () => {
    const userNamespaces = { max: 15_000, unprivilegedClone: 0, apparmorRestricts: 1 };
    expect(
      find({ levels: faults, userNamespaces, isRoot: true }, 'containment bubblewrap')?.remedy,
    ).toContain('docs/troubleshooting.md');
  });
});
