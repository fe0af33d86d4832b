/** One schema for command line, environment and file: what a file may say, what goes before what, and how faults are told. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type ConfigReading, readConfig } from '#src/config.js';
import { reportConfig } from '#src/config-report.js';
import { OPTIONS, type OptionRow } from '#src/options.js';

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sandcrew-config-'));
  file = join(directory, 'worker.jsonc');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function read(text: string, argv: readonly string[] = [], env: Record<string, string> = {}): ConfigReading {
  writeFileSync(file, text);
  return readConfig(['--config', file, ...argv], env);
}

function faultsOf(text: string): readonly string[] {
  const reading = read(text);
  return reading.kind === 'fault' ? reading.faults : [];
}

test('a file gives options under their own names, with comments and trailing commas', () => {
  const text = `{
    // who may connect
    "token-file": "/t", /* one a line */
    "max-tasks": 3,
    "label": { "zone": "a=b", "disk": "ssd" },
    "allow-origin": ["https://a.example", "https://b.example"],
    "until-stdin-closes": true,
    "listen": "127.0.0.1:7433",
  }`;
  expect(read(text)).toMatchObject({
    kind: 'run',
    config: {
      tokenFile: '/t',
      maxTasks: 3,
      labels: { zone: 'a=b', disk: 'ssd' },
      allowedOrigins: ['https://a.example', 'https://b.example'],
      untilStdinCloses: true,
      listen: { kind: 'tcp', host: '127.0.0.1', port: 7433 },
    },
  });
});

test('every lasting option can stand in a file, with a value of its own kind', () => {
  const rows: readonly OptionRow[] = OPTIONS;
  const values = rows
    .filter(({ name, isOnceOnly }) => isOnceOnly !== true && name !== 'config')
    .map(({ name, value, isRepeated }) => {
      if (value === null) return [name, true];
      if (value === 'N') return [name, 2_000_000];
      if (value === 'K=V') return [name, { k: 'v' }];
      return [name, isRepeated === true ? ['/x'] : 'x'];
    });
  const reading = read(JSON.stringify(Object.fromEntries(values)));
  const shape = /unknown option|expects (a string|a number|true or false|an array|an object)/;
  const faults = reading.kind === 'fault' ? reading.faults : [];
  expect(faults.filter((fault) => shape.test(fault))).toEqual([]);
});

describe('what goes before what', () => {
  const FILE = '{ "token-file": "/t", "max-tasks": 1, "type": "file", "label": { "from": "file" } }';
  const ENV = { SANDCREW_MAX_TASKS: '2', SANDCREW_TYPE: 'environment', SANDCREW_LABEL: 'from=environment' };

  test.each([
    ['the file before the default', [], {}, { maxTasks: 1, type: 'file', labels: { from: 'file' } }],
    ['the environment before the file', [], ENV, { maxTasks: 2, labels: { from: 'environment' } }],
    ['the command line before both', ['--max-tasks', '3'], ENV, { maxTasks: 3, type: 'environment' }],
    ['a repeated option whole', ['--label', 'a=1'], ENV, { labels: { a: '1' } }],
  ])('%s', (_, argv, env, expected) => {
    const reading = read(FILE, argv, env as Record<string, string>);
    expect(reading).toMatchObject({ kind: 'run' });
    expect('config' in reading ? reading.config : null).toMatchObject(expected);
  });

  test('the file itself can be named by the environment, and the command line goes before it', () => {
    writeFileSync(file, FILE);
    expect(readConfig([], { SANDCREW_CONFIG: file })).toMatchObject({ config: { maxTasks: 1 } });
    const other = join(directory, 'other.json');
    writeFileSync(other, '{ "token-file": "/t", "max-tasks": 9 }');
    expect(readConfig(['--config', other], { SANDCREW_CONFIG: file })).toMatchObject({
      config: { maxTasks: 9, type: 'general' },
    });
  });
});

test('a relative path in a file is from the directory of the file', () => {
  const text =
    '{ "token-file": "tokens", "state-dir": "../state", "listen": "unix:w.sock", "tls-cert": "c", "tls-key": "/k" }';
  expect(read(text)).toMatchObject({
    config: {
      tokenFile: join(directory, 'tokens'),
      stateDir: join(directory, '../state'),
      listen: { kind: 'unix', path: join(directory, 'w.sock') },
      tls: { cert: join(directory, 'c'), key: '/k' },
    },
  });
});

describe('a fault of a file is told with its place and its path', () => {
  const good = '"token-file": "/t"';
  test.each([
    [
      `{ ${good},\n  "max-task": 1 }`,
      /worker\.jsonc:2:3: unknown option \/max-task; did you mean \/max-tasks\?/,
    ],
    [`{ ${good},\n  "max-tasks": "3" }`, /:2:3: \/max-tasks expects a number, got "3"/],
    [`{ ${good},\n  "max-tasks": 0 }`, /:2:3: \/max-tasks expects a whole number from 1 to 10000, got "0"/],
    [`{ ${good},\n  "max-tasks": 1.5 }`, /\/max-tasks expects a whole number/],
    [`{ ${good},\n  "type": null }`, /:2:3: \/type expects a string, got null/],
    [`{ ${good},\n  "label": ["a=1"] }`, /:2:3: \/label expects an object of strings/],
    [`{ ${good},\n  "label": { "a": 1 } }`, /:2:3: \/label\/a expects a string, got 1/],
    [`{ ${good},\n  "allow-origin": "x" }`, /\/allow-origin expects an array of strings, got "x"/],
    [`{ ${good},\n  "allow-origin": [1] }`, /\/allow-origin\/0 expects a string, got 1/],
    [`{ ${good},\n  "until-stdin-closes": "yes" }`, /\/until-stdin-closes expects true or false, got "yes"/],
    [`{ ${good},\n  "containment": "jail" }`, /:2:3: \/containment expects one of .*; got "jail"/],
    [`{ ${good},\n  "listen": "nowhere" }`, /:2:3: \/listen expects HOST:PORT/],
    [`{ ${good},\n  "config": "other" }`, /\/config is for the command line/],
    [`{ ${good},\n  "print-config": true }`, /\/print-config is for the command line/],
  ])('%j', (text, fault) => {
    expect(faultsOf(text)).toEqual([expect.stringMatching(fault)]);
  });

  test.each([
    [`{ ${good},\n  "type": }`, /--config .*worker\.jsonc: .*2:11/],
    ['[]', /--config .*worker\.jsonc: expected an object.*got array/],
    ['', /--config .*worker\.jsonc: /],
  ])('%j is no object of options', (text, fault) => {
    expect(faultsOf(text)[0]).toMatch(fault);
  });

  test('an option given twice in a file is a fault', () => {
    expect(faultsOf(`{ ${good},\n  "type": "a", "type": "b" }`)).toEqual([
      expect.stringMatching(/:2:16: \/type may be given once, got twice/),
    ]);
  });

  test('and all of them at once', () => {
    expect(faultsOf('{ "max-tasks": "x", "typ": "a", "network": "wifi" }')).toHaveLength(4);
  });

  test('a value that something else overrides is checked all the same for its kind', () => {
    expect(read(`{ ${good}, "max-tasks": "3" }`, ['--max-tasks', '3'])).toMatchObject({ kind: 'fault' });
  });
});

test('a file that is not there, and one that is none, are told by name', () => {
  expect(readConfig(['--config', join(directory, 'gone')], {})).toMatchObject({
    faults: [expect.stringMatching(/--config .*gone: ENOENT/), expect.stringContaining('--token-file')],
  });
  expect(readConfig(['--config', directory], {})).toMatchObject({
    faults: [expect.stringContaining('expected a regular file'), expect.anything()],
  });
});

test('--print-config tells every lasting option, its value, and where that comes from', () => {
  const text = '{ "token-file": "/t",\n  "label": { "zone": "a" } }';
  const reading = read(text, ['--max-tasks=3', '--print-config'], { SANDCREW_TYPE: 'gpu' });
  if (reading.kind !== 'print') throw new Error(JSON.stringify(reading));
  const report = reportConfig(reading.config, reading.given);
  const rows: readonly OptionRow[] = OPTIONS;
  expect(Object.keys(report).sort()).toEqual(
    rows
      .filter(({ isOnceOnly }) => isOnceOnly !== true)
      .map(({ name }) => name)
      .sort(),
  );
  expect(report).toMatchObject({
    config: { value: file, source: '--config' },
    'max-tasks': { value: 3, source: '--max-tasks' },
    type: { value: 'gpu', source: 'SANDCREW_TYPE' },
    label: { value: { zone: 'a' }, source: `${file}:2:3` },
    'token-file': { value: '/t', source: `${file}:1:3` },
    listen: { value: '127.0.0.1:0', source: 'default' },
    'worker-id': { value: null, source: 'default' },
    'tls-key': { value: null, source: 'default' },
  });
});

test('--print-config with a fault tells the fault', () => {
  expect(read('{ "max-tasks": 0 }', ['--print-config'])).toMatchObject({ kind: 'fault' });
});
