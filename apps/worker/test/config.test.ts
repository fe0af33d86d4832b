import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { readConfig, type WorkerConfig } from '#src/config.js';
import { helpText, OPTIONS, variableOf } from '#src/options.js';
import { VERSION } from '#src/version.js';

const TOKEN_FILE = ['--token-file', '/t'];

function configOf(argv: readonly string[], env: Record<string, string> = {}): WorkerConfig {
  const reading = readConfig([...TOKEN_FILE, ...argv], env);
  if (reading.kind !== 'run') throw new Error(JSON.stringify(reading));
  return reading.config;
}

function faultsOf(argv: readonly string[], env: Record<string, string> = {}): readonly string[] {
  const reading = readConfig(argv, env);
  return reading.kind === 'fault' ? reading.faults : [];
}

test('the version is the one of package.json', () => {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  expect(VERSION).toBe(version);
});

test('a token file that was named without a name is one fault, and not missing as well', () => {
  expect(faultsOf(['--token-file'])).toEqual(['--token-file expects FILE, got nothing']);
});

test('the defaults are those of the contract', () => {
  expect(configOf([])).toMatchObject({
    listen: { kind: 'tcp', host: '127.0.0.1', port: 0 },
    type: 'general',
    labels: {},
    maxTasks: 16,
    containment: process.platform === 'linux' ? 'bubblewrap' : 'auto',
    bindReadOnly: [],
    bindWritable: [],
    stateDir: expect.stringMatching(/\/\.local\/state\/sandcrew$/),
    workspace: expect.stringMatching(/\/\.local\/state\/sandcrew\/workspace$/),
    tls: null,
    allowedOrigins: [],
    heartbeatIntervalMs: 30_000,
    orphanTimeoutMs: 600_000,
    keepEndedMs: 86_400_000,
    drainTimeoutMs: 60_000,
    retainBytes: 268_435_456,
    network: 'host',
    insecurePlaintext: null,
    untilStdinCloses: false,
  });
});

/** Of each option: a value, and what comes of it. */
const MEANINGS: Record<string, readonly [value: string, expected: Partial<WorkerConfig>]> = {
  listen: ['unix:/tmp/s.sock', { listen: { kind: 'unix', path: '/tmp/s.sock' } }],
  'health-listen': ['127.0.0.1:9434', { healthListen: { kind: 'tcp', host: '127.0.0.1', port: 9434 } }],
  workspace: ['/w', { workspace: '/w' }],
  'worker-id': ['w1', { workerId: 'w1' }],
  type: ['gpu', { type: 'gpu' }],
  label: ['zone=a=b', { labels: { zone: 'a=b' } }],
  'max-tasks': ['3', { maxTasks: 3 }],
  'ready-sandboxes': ['0', { readySandboxes: 0 }],
  containment: ['process-group', { containment: 'process-group' }],
  'state-dir': ['/s', { stateDir: '/s', workspace: '/s/workspace' }],
  'allow-origin': ['https://a.example', { allowedOrigins: ['https://a.example'] }],
  'heartbeat-interval-ms': ['100', { heartbeatIntervalMs: 100 }],
  'block-interval-ms': ['200', { blockIntervalMs: 200 }],
  'orphan-timeout-ms': ['0', { orphanTimeoutMs: 0 }],
  'keep-ended-ms': ['1000', { keepEndedMs: 1_000 }],
  'drain-timeout-ms': ['1', { drainTimeoutMs: 1 }],
  'retain-bytes': ['2000000', { retainBytes: 2_000_000 }],
  'spool-quota-bytes': ['0', { spoolQuotaBytes: 0 }],
  network: ['none', { network: 'none' }],
  'bind-ro': ['/a', { bindReadOnly: ['/a'] }],
  'bind-rw': ['/b', { bindWritable: ['/b'] }],
  'insecure-plaintext': ['a lab', { insecurePlaintext: 'a lab' }],
  'log-level': ['error', { logLevel: 'error' }],
};

describe('each option', () => {
  const elsewhere = [
    'token-file',
    'tls-cert',
    'tls-key',
    'tls-client-ca',
    'until-stdin-closes',
    'config',
    'print-config',
    'help',
    'version',
  ];

  test('is tested here or below', () => {
    expect([...Object.keys(MEANINGS), ...elsewhere].sort()).toEqual(OPTIONS.map(({ name }) => name).sort());
  });

  test.each(Object.entries(MEANINGS))(
    '--%s, also with "=" and from the environment',
    (name, [value, expected]) => {
      expect(configOf([`--${name}`, value])).toMatchObject(expected);
      expect(configOf([`--${name}=${value}`])).toMatchObject(expected);
      expect(configOf([], { [variableOf(name)]: value })).toMatchObject(expected);
    },
  );

  test('is in the help', () => {
    for (const { name } of OPTIONS) expect(helpText()).toContain(`--${name}`);
  });

  test('on the command line wins over the environment', () => {
    expect(configOf(['--max-tasks', '3'], { SANDCREW_MAX_TASKS: '4' }).maxTasks).toBe(3);
  });
});

test('the token file comes from the environment too', () => {
  expect(readConfig([], { SANDCREW_TOKEN_FILE: '/t' })).toMatchObject({
    kind: 'run',
    config: { tokenFile: '/t' },
  });
});

test('the TLS files go together', () => {
  expect(configOf(['--tls-cert', 'c', '--tls-key', 'k', '--tls-client-ca', 'a']).tls).toEqual({
    cert: 'c',
    key: 'k',
    clientCa: 'a',
  });
  expect(faultsOf([...TOKEN_FILE, '--tls-cert', 'c'])).toEqual([expect.stringContaining('--tls-key')]);
});

test('options that may be repeated are, by commas in the environment', () => {
  expect(configOf(['--label', 'a=1', '--label', 'b=2']).labels).toEqual({ a: '1', b: '2' });
  expect(configOf([], { SANDCREW_LABEL: 'a=1,b=2' }).labels).toEqual({ a: '1', b: '2' });
});

test('a flag takes no value, and true or false from the environment', () => {
  expect(configOf(['--until-stdin-closes']).untilStdinCloses).toBe(true);
  expect(configOf([], { SANDCREW_UNTIL_STDIN_CLOSES: 'true' }).untilStdinCloses).toBe(true);
  expect(configOf([], { SANDCREW_UNTIL_STDIN_CLOSES: 'false' }).untilStdinCloses).toBe(false);
  expect(faultsOf([...TOKEN_FILE], { SANDCREW_UNTIL_STDIN_CLOSES: '1' })).toEqual([
    expect.stringContaining('true, false'),
  ]);
  expect(faultsOf([...TOKEN_FILE, '--until-stdin-closes=yes'])).toEqual([
    expect.stringContaining('takes no value'),
  ]);
});

test('an unknown variable of the prefix only warns', () => {
  const reading = readConfig(TOKEN_FILE, { SANDCREW_TOKEN: 'x', OTHER: 'y' });
  expect(reading).toMatchObject({ kind: 'run', warnings: [expect.stringContaining('SANDCREW_TOKEN ')] });
});

test.each([
  ['--max-task', '--max-tasks'],
  ['--tokenfile', '--token-file'],
  ['--contaiment', '--containment'],
  ['--Listen', '--listen'],
])('unknown option %s suggests %s', (given, near) => {
  expect(faultsOf([...TOKEN_FILE, given, '1'])).toEqual([expect.stringContaining(`did you mean ${near}?`)]);
});

test('an unknown option with no near one points to the help', () => {
  expect(faultsOf([...TOKEN_FILE, '--quantum-entanglement'])).toEqual([expect.stringContaining('--help')]);
});

test('every fault is named at once', () => {
  const faults = faultsOf([
    'stray',
    '--max-tasks',
    'many',
    '--containment',
    'jail',
    '--listen',
    'nowhere',
    '--worker-id',
    '!',
    '--label',
    'x',
    '--bogus',
    '--network',
    'wifi',
    '--retain-bytes',
    '1',
  ]);
  for (const name of [
    'stray',
    '--max-tasks',
    '--containment',
    '--listen',
    '--worker-id',
    '--label',
    '--bogus',
    '--network',
    '--retain-bytes',
    '--token-file',
  ]) {
    expect(faults.filter((fault) => fault.includes(name))).not.toEqual([]);
  }
  expect(faults).toHaveLength(10);
});

test.each(['', 'unix:/tmp/h', '127.0.0.1', '127.0.0.1:65536'])('--health-listen %j is at fault', (listen) => {
  expect(faultsOf([...TOKEN_FILE, `--health-listen=${listen}`])).toEqual([
    expect.stringContaining('--health-listen expects HOST:PORT'),
  ]);
});

describe('beyond loopback', () => {
  test.each(['0.0.0.0:1', '[::]:1', '10.0.0.1:1', 'worker.example:1'])('%s needs TLS', (listen) => {
    expect(faultsOf([...TOKEN_FILE, '--listen', listen])).toEqual([expect.stringContaining('--tls-cert')]);
    expect(faultsOf([...TOKEN_FILE, '--listen', listen, '--tls-cert', 'c', '--tls-key', 'k'])).toEqual([]);
    expect(faultsOf([...TOKEN_FILE, '--listen', listen, '--insecure-plaintext', 'a lab'])).toEqual([]);
  });

  test.each(['127.0.0.1:1', '127.9.9.9:1', '[::1]:1', 'localhost:1', 'unix:/tmp/s'])(
    '%s does not',
    (listen) => {
      expect(faultsOf([...TOKEN_FILE, '--listen', listen])).toEqual([]);
    },
  );
});

test.each(['', '127.0.0.1', ':1', '127.0.0.1:65536', '127.0.0.1:x', 'unix:', `unix:/${'x'.repeat(107)}`])(
  '--listen %j is at fault',
  (listen) => {
    expect(faultsOf([...TOKEN_FILE, `--listen=${listen}`])).not.toEqual([]);
  },
);

test('labels are bounded as managers take them', () => {
  const many = Array.from({ length: 257 }, (_, n) => ['--label', `l${n}=`]).flat();
  expect(faultsOf([...TOKEN_FILE, ...many])).toEqual([
    expect.stringMatching(/label may be given 256 times at most, got 257/),
  ]);
  expect(faultsOf([...TOKEN_FILE, '--label', `a=${'x'.repeat(1_025)}`])).toEqual([
    expect.stringMatching(/at most 1024 characters/),
  ]);
  expect(faultsOf([...TOKEN_FILE, ...many.slice(4), '--label', `a=${'x'.repeat(1_024)}`])).toEqual([]);
});
