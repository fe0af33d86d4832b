import { describe, expect, test } from '@jest/globals';
import type { ExecuteCommand } from '@sandcrew/protocol';
import { judgeAdmission, type WorkerMeans } from '#src/core/admission.js';
import { isSameCommand, withDefaults } from '#src/core/same-command.js';

const MEANS: WorkerMeans = {
  containment: 'process-group',
  enforcedLimits: ['pids'],
  isDraining: false,
  runningTasks: 0,
  maxTasks: 2,
  isWorkspaceLeaving: false,
};

function commandOf(change: Partial<ExecuteCommand> = {}) {
  return withDefaults(
    { type: 'execute_command', taskId: 't1', command: 'make', timestamp: 1, ...change },
    'host',
  );
}

describe('a command is accepted', () => {
  test.each([
    ['as a shell string', {}],
    ['as an argv, with empty words behind the program', { command: ['printf', '', ' '] }],
    ['in a directory below', { cwd: 'a/../b/./c' }],
    ['in the workspace itself, by another way', { cwd: 'a/..' }],
    ['with variables', { env: { A: '', _b: '=', 'with.dot': 'x' } }],
    [
      'with a steering variable that is meant',
      { env: { NODE_OPTIONS: '--inspect' }, allowEnv: ['NODE_OPTIONS'] },
    ],
    ['with all steering variables meant', { env: { LD_PRELOAD: 'x', ENV: 'y' }, allowEnv: true }],
    ['with limits that ask for nothing', { limits: {} }],
  ])('%s', (_, change) => {
    expect(judgeAdmission(commandOf(change), MEANS)).toBeNull();
  });

  test('without a network where there are namespaces', () => {
    expect(
      judgeAdmission(commandOf({ network: 'none' }), { ...MEANS, containment: 'pid-namespace' }),
    ).toBeNull();
  });
});

describe('a command is rejected', () => {
  test.each([
    ['invalid_command', 'empty', { command: '' }],
    ['invalid_command', 'nothing but blanks', { command: ' \n' }],
    ['invalid_command', 'an empty argv', { command: [] }],
    ['invalid_command', 'an argv without a program', { command: ['', 'x'] }],
    ['invalid_command', 'NUL', { command: 'a\0b' }],
    ['invalid_command', 'NUL in a later word', { command: ['a', 'b\0'] }],
    ['invalid_cwd', 'an absolute cwd', { cwd: '/etc' }],
    ['invalid_cwd', 'a cwd that leaves', { cwd: '..' }],
    ['invalid_cwd', 'a cwd that leaves and comes back', { cwd: 'a/../../workspace' }],
    ['invalid_cwd', 'NUL in cwd', { cwd: 'a\0' }],
    ['invalid_env', 'a variable without a name', { env: { '': 'x' } }],
    ['invalid_env', 'a "=" in a name', { env: { 'A=B': 'x' } }],
    ['invalid_env', 'NUL in a value', { env: { A: '\0' } }],
    ['unenforceable_limit', 'a limit', { limits: { memoryBytes: 1 } }],
    ['containment_unavailable', 'no network in a process group', { network: 'none' }],
  ] as const)('%s: %s', (detail, _, change) => {
    const rejection = judgeAdmission(commandOf(change as Partial<ExecuteCommand>), MEANS);
    expect(rejection?.detail).toBe(detail);
    expect(rejection?.message.length).toBeLessThan(300);
  });

  const STEERING = [
    'LD_PRELOAD',
    'LD_LIBRARY_PATH',
    'BASH_ENV',
    'ENV',
    'NODE_OPTIONS',
    'PYTHONSTARTUP',
    'PERL5OPT',
    'RUBYOPT',
    'GIT_SSH',
    'GIT_SSH_COMMAND',
    'BASH_FUNC_ls%%',
  ];
  test.each(STEERING)('invalid_env: %s, which steers and is not meant', (name) => {
    expect(judgeAdmission(commandOf({ env: { [name]: 'x' } }), MEANS)?.detail).toBe('invalid_env');
    expect(judgeAdmission(commandOf({ env: { [name]: 'x' }, allowEnv: ['OTHER'] }), MEANS)?.detail).toBe(
      'invalid_env',
    );
    expect(judgeAdmission(commandOf({ env: { [name]: 'x' }, allowEnv: [name] }), MEANS)).toBeNull();
  });

  test.each([
    ['draining', { isDraining: true, runningTasks: 2 }],
    ['busy', { runningTasks: 2 }],
    ['busy', { isWorkspaceLeaving: true }],
  ] as const)('%s', (detail, change) => {
    expect(judgeAdmission(commandOf(), { ...MEANS, ...change })?.detail).toBe(detail);
  });

  test('for what is wrong with it, before what is wrong with the worker', () => {
    expect(judgeAdmission(commandOf({ cwd: '..' }), { ...MEANS, isDraining: true })?.detail).toBe(
      'invalid_cwd',
    );
  });
});

describe('a rejection says', () => {
  const said = (change: Partial<ExecuteCommand>, means: Partial<WorkerMeans> = {}) =>
    judgeAdmission(commandOf(change), { ...MEANS, ...means })?.message;

  test('which limits cannot be held, and no other', () => {
    expect(said({ limits: { pids: 1, memoryBytes: 1 } })).toBe(
      'this worker enforces no memoryBytes; leave it out, or use one that does',
    );
    expect(said({ limits: { memoryBytes: 1, cpus: 1 } })).toBe(
      'this worker enforces no memoryBytes, cpus; leave them out, or use one that does',
    );
  });

  test('what came, cut where it is long', () => {
    expect(said({ cwd: `/${'x'.repeat(79)}` })).toContain(`got "/${'x'.repeat(79)}"`);
    expect(said({ cwd: `/${'x'.repeat(80)}` })).toContain(`got "/${'x'.repeat(79)}…"`);
    expect(said({ command: ['a', 'b\0'] })).toContain('got one in word 1');
  });

  test('a cwd that goes up as far as it went down is inside, through empty parts and dots as well', () => {
    expect(said({ cwd: 'a//./..' })).toBeUndefined();
    expect(said({ cwd: './/..' })).toContain('inside the workspace');
  });
});

describe('the same command', () => {
  test.each<[string, Partial<ExecuteCommand>]>([
    ['timestamp', { timestamp: 99 }],
    ['cwd', { cwd: '.' }],
    ['env', { env: {} }],
    ['stdin', { stdin: 'none' }],
    ['timeoutMs', { timeoutMs: 300_000 }],
    ['limits', { limits: {} }],
    ['network', { network: 'host' }],
    ['allowEnv', { allowEnv: false }],
    ['kind', { kind: 'batch' }],
    ['expectQuietMs', { expectQuietMs: 0 }],
    ['lingerMs', { lingerMs: 2_000 }],
    ['blockPolicy', { blockPolicy: { default: 'report' } }],
  ])('is one that says the default of %s', (_, change) => {
    expect(isSameCommand(commandOf(), commandOf(change))).toBe(true);
  });

  test('is one that opens stdin for a terminal, which has it open', () => {
    const pty = { cols: 80, rows: 24 };
    expect(isSameCommand(commandOf({ pty }), commandOf({ pty, stdin: 'pipe' }))).toBe(true);
  });

  test('is one with its variables in another order', () => {
    expect(
      isSameCommand(commandOf({ env: { A: '1', B: '2' } }), commandOf({ env: { B: '2', A: '1' } })),
    ).toBe(true);
  });

  test.each<[string, Partial<ExecuteCommand>]>([
    ['command', { command: 'make all' }],
    ['command, as an argv', { command: ['make'] }],
    ['workspace', { workspace: 'app' }],
    ['cwd', { cwd: 'a' }],
    ['env', { env: { A: '1' } }],
    ['stdin', { stdin: 'pipe' }],
    ['pty', { pty: { cols: 80, rows: 24 } }],
    ['timeoutMs', { timeoutMs: 0 }],
    ['limits', { limits: { pids: 1 } }],
    ['network', { network: 'none' }],
    ['allowEnv', { allowEnv: true }],
    ['kind', { kind: 'service' }],
    ['expectQuietMs', { expectQuietMs: 1 }],
    ['lingerMs', { lingerMs: 0 }],
    ['blockPolicy', { blockPolicy: { orphaned_output: 'terminate' } }],
  ])('is not one with another %s', (_, change) => {
    expect(isSameCommand(commandOf(), commandOf(change))).toBe(false);
  });

  test('has every field of an execute_command but its timestamp', () => {
    expect(Object.keys(commandOf({ workspace: 'a', pty: { cols: 1, rows: 1 } })).sort()).toEqual([
      'allowEnv',
      'blockPolicy',
      'command',
      'cwd',
      'env',
      'expectQuietMs',
      'kind',
      'limits',
      'lingerMs',
      'network',
      'pty',
      'stdin',
      'taskId',
      'timeoutMs',
      'type',
      'workspace',
    ]);
  });
});
