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
    ['no limits, as a user', { enforcedLimits: [] }, 'limits', 'weaker', 'Delegate=yes'],
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
