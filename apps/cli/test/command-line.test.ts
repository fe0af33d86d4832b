import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { runCommandLine } from '#src/command-line.js';
import { addAttach } from '#src/commands/attach.js';
import { addRun, decodeRun } from '#src/commands/run.js';
import { addWorkspace } from '#src/commands/workspace.js';
import { UsageError } from '#src/usage-error.js';

let directory: string;
let tokenFile: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'sandcrew-cli-'));
  tokenFile = fileOf('token', `${'a'.repeat(64)}\n`);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function fileOf(name: string, content: string | Uint8Array, mode = 0o600): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

async function faultsOf(words: readonly string[]): Promise<readonly string[]> {
  const error = await runCommandLine(words, [addRun, addAttach, addWorkspace]).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof UsageError) return error.faults;
  throw new Error(`expected a UsageError, got ${String(error)}`);
}

describe('wrong words', () => {
  const environment = process.env;
  beforeEach(() => {
    process.env = Object.fromEntries(
      Object.entries(environment).filter(([name]) => !name.startsWith('SANDCREW_')),
    );
  });
  afterEach(() => {
    process.env = environment;
  });

  test('an unknown option suggests the near one', async () => {
    expect(await faultsOf(['run', '--tiemout', '5m', '--', 'true'])).toEqual([
      "unknown option '--tiemout' (Did you mean --timeout?)",
    ]);
  });

  test('every fault is told at once', async () => {
    const words = [
      'run',
      '--timeout',
      'soon',
      '--colour',
      '--env',
      'X',
      '--wroker=a',
      '--priority',
      'high',
      '--',
      '',
    ];
    expect(await faultsOf(words)).toEqual([
      "unknown option '--colour'.",
      "unknown option '--wroker=a' (Did you mean --worker?)",
      '--timeout: expected a duration such as 90s, 10m or 1h, got "soon".',
      '--priority: expected a whole number, got "high".',
      '--env: expected NAME=VALUE, got "X".',
      'expected a command, got none. Write it after `--`: sandcrew run -- npm test',
    ]);
  });

  test('an option of the command that stands before `--` is told where to stand', async () => {
    expect(await faultsOf(['run', 'ls', '-la'])).toEqual([
      "unknown option '-la'. Write `--` before the command, so that its options are its own.",
    ]);
  });

  test('the value of an unknown option is no second fault', async () => {
    expect(await faultsOf(['attach', 't1', '--of', '5'])).toEqual(["unknown option '--of'."]);
    expect(await faultsOf(['attach', 't1', 't2'])).toEqual([
      "too many arguments for 'attach'. Expected 1 argument but got 2.",
    ]);
  });

  test('no command, and an unknown one', async () => {
    expect(await faultsOf([])).toEqual(['expected a command, got none. `sandcrew --help` lists them.']);
    expect(await faultsOf(['rum', '--', 'true'])).toEqual(["unknown command 'rum' (Did you mean run?)"]);
    expect(await faultsOf(['deploy'])).toEqual(["unknown command 'deploy'. `sandcrew --help` lists them."]);
    expect(await faultsOf(['workspace', 'make'])).toEqual([
      "unknown command 'make'. `sandcrew workspace --help` lists them.",
    ]);
    expect(await faultsOf(['workspace'])).toEqual([
      'expected a command, got none. `sandcrew workspace --help` lists them.',
    ]);
  });

  test('an option or an argument that is missing is told as that', async () => {
    expect(await faultsOf(['run', '--timeout'])).toEqual(["option '--timeout <duration>' argument missing."]);
    expect(await faultsOf(['attach'])).toEqual([
      "missing required argument 'task'. `sandcrew attach --help` tells what it takes.",
    ]);
    expect(await faultsOf(['workspace', 'rm'])).toEqual([
      "missing required argument 'name'. `sandcrew workspace rm --help` tells what it takes.",
    ]);
  });

  test('what is for a worker that stays, where none is named, so that the command would run here', async () => {
    const words = ['--token-file', tokenFile, '--ca', 'ca.pem', '--client-cert', 'c', '--client-key', 'k'];
    expect(await faultsOf(['run', ...words, '--', 'true'])).toEqual(
      ['--token-file', '--ca', '--client-cert', '--client-key'].map(
        (option) => `${option}: expected --worker (or SANDCREW_WORKER) beside it, got none.`,
      ),
    );
    const environment = { SANDCREW_TOKEN_FILE: tokenFile, SANDCREW_CA: 'ca.pem' };
    expect(decodeRun(['x'], {}, environment)).toMatchObject({ ok: true });
    expect(decodeRun(['x'], {}, { SANDCREW_WORKER: '' })).toMatchObject({ ok: true, value: { manager: {} } });
  });

  test('a worker without a token, and a URL that is none', async () => {
    expect(await faultsOf(['run', '--worker', 'localhost:1', '--', 'true'])).toEqual([
      '--worker: expected ws://HOST:PORT, wss://HOST:PORT or ws+unix:/PATH:/, got "localhost:1".',
      "--token-file: expected the file that holds the worker's token, got none (or SANDCREW_TOKEN_FILE).",
    ]);
  });

  test.each([
    [
      'ws://me:secret@h:1',
      'no user and password in the URL (the token stands in --token-file), got "ws://…@h:1".',
    ],
    ['ws://h:1/?token=secret', 'no query in the URL (the token stands in --token-file), got "ws://h:1/?…".'],
    ['ws://h:1/#x', 'no fragment in the URL, got "ws://h:1/#x".'],
    ['ws://h:99999', 'ws://HOST:PORT, wss://HOST:PORT or ws+unix:/PATH:/, got "ws://h:99999".'],
  ])('a URL that says too much, or nothing: %s', async (url, fault) => {
    expect(await faultsOf(['run', '--worker', url, '--token-file', tokenFile, '--', 'x'])).toEqual([
      `--worker: expected ${fault}`,
    ]);
  });

  test('a token file that is none, that others may read, or that is not there', async () => {
    const binary = fileOf('binary', Buffer.concat([Buffer.of(0xff), randomBytes(64)]));
    const open = fileOf('open', `${'a'.repeat(64)}\n`, 0o644);
    const gone = join(directory, 'gone');
    for (const [path, fault] of [
      [
        binary,
        ` "${binary}": expected a first line [NAME:]TOKEN of letters, digits and "-._~+/=" alone, got other characters; \`sandcrew worker token new FILE\` makes one.`,
      ],
      [open, ` "${open}": expected mode 0600, got 0644, with which others may use it; run chmod 600 on it.`],
      [fileOf('empty', '\n'), ': expected a line [NAME:]TOKEN, got an empty file.'],
      [directory, ': expected a regular file, which can be read at each connection, got something else.'],
      [gone, `: expected a file that can be read, got "${gone}" (ENOENT: `],
    ] as const) {
      const faults = await faultsOf(['run', '--worker', 'ws://h:1', '--token-file', path, '--', 'x']);
      expect(faults).toEqual([expect.stringContaining(fault)]);
    }
  });

  test('names that can be none are told as they were typed', async () => {
    const words = ['--worker', 'ws://h:1', '--token-file', tokenFile, '--manager-id', 'a b'];
    expect(await faultsOf(['attach', ...words, '../x'])).toEqual([
      'task: expected 1 to 128 of A-Z a-z 0-9 . _ : -, the first a letter or digit, got "../x".',
      '--manager-id: expected 1 to 128 of A-Z a-z 0-9 . _ : -, the first a letter or digit, got "a b".',
    ]);
    expect(
      await faultsOf(['run', '--workspace', '../x', '--kind', 'demon', '--timeout', '600h', '--', 'x']),
    ).toEqual([
      '--kind: expected one of batch, service, interactive, got "demon".',
      '--timeout: expected at most 596h, got "600h".',
      '--workspace: expected 1 to 64 of A-Z a-z 0-9 . _ -, the first a letter or digit, got "../x".',
    ]);
  });

  test('a command for a worker that stays names the worker', async () => {
    expect(await faultsOf(['attach', 't1', '--offset', '-'])).toEqual([
      '--offset: expected a whole number from 0 on, got "-".',
      '--worker: expected the URL of a worker that stays, got none (or SANDCREW_WORKER). `sandcrew worker` starts one.',
    ]);
  });
});

describe('run', () => {
  test('without a worker runs on an embedded one, with the defaults of a task', () => {
    expect(decodeRun(['npm test'], {}, {})).toEqual({
      ok: true,
      value: {
        manager: {},
        task: { command: 'npm test' },
        input: 'none',
        format: 'text',
        detach: false,
        isVerbose: false,
      },
    });
  });

  test('passes on every option', () => {
    const options = {
      workspace: 'app',
      cwd: 'src',
      env: ['A=1'],
      timeout: '10m',
      priority: '-2',
      stdin: true,
      json: true,
      verbose: true,
    } as const;
    expect(decodeRun(['make', '-j2'], options, {})).toEqual({
      ok: true,
      value: {
        manager: {},
        task: {
          command: ['make', '-j2'],
          workspace: 'app',
          cwd: 'src',
          env: { A: '1' },
          timeoutMs: 600_000,
          priority: -2,
          stdin: 'pipe',
        },
        input: 'stdin',
        format: 'json',
        detach: false,
        isVerbose: true,
      },
    });
  });

  test('what is to be done about a block is the worker’s to do, but for what an exited command left', () => {
    const taskOf = (options: Parameters<typeof decodeRun>[1]) => {
      const decoded = decodeRun(['x'], options, {});
      return decoded.ok ? decoded.value.task : decoded.faults;
    };
    expect(taskOf({ onBlock: 'end-input', expectQuiet: '10m' })).toEqual({
      command: 'x',
      blockPolicy: { default: 'end_input', orphaned_output: 'report' },
      expectQuietMs: 600_000,
    });
    expect(taskOf({ onBlock: 'terminate', suspectedAfter: '30s' })).toMatchObject({
      blockPolicy: { default: { action: 'terminate', suspectedAfterMs: 30_000 } },
    });
    expect(taskOf({ onBlock: 'kill', suspectedAfter: 'soon', expectQuiet: '-1s' })).toEqual([
      '--on-block: expected one of report, end-input, terminate, got "kill".',
      '--suspected-after: expected a duration such as 90s, 10m or 1h, got "soon".',
      '--expect-quiet: expected a duration such as 90s, 10m or 1h, got "-1s".',
    ]);
    expect(taskOf({ suspectedAfter: '30s' })).toEqual([
      '--suspected-after: expected beside --on-block end-input or --on-block terminate.',
    ]);
  });

  test('takes the worker from the environment, and the option before it', () => {
    const environment = {
      SANDCREW_WORKER: 'ws://a:1',
      SANDCREW_TOKEN_FILE: tokenFile,
      SANDCREW_MANAGER_ID: 'me',
    };
    expect(decodeRun(['x'], {}, environment)).toMatchObject({
      value: { manager: { workers: [{ url: 'ws://a:1', tokenFile }], managerId: 'me' } },
    });
    expect(decodeRun(['x'], { worker: 'ws://b:2' }, environment)).toMatchObject({
      value: { manager: { workers: [{ url: 'ws://b:2' }] } },
    });
  });

  test('detached tasks belong to a name that stays the same', () => {
    const environment = { SANDCREW_WORKER: 'ws://a:1', SANDCREW_TOKEN_FILE: tokenFile };
    const first = decodeRun(['x'], { detach: true }, environment);
    const second = decodeRun(['x'], { detach: true }, environment);
    expect(first).toEqual(second);
    expect(first).toMatchObject({
      value: { manager: { managerId: expect.stringMatching(/^cli-[A-Za-z0-9._:-]+$/) } },
    });
  });

  test.each([
    ['a batch', {}, undefined],
    ['a service', { kind: 'service' }, 0],
    ['a service with --timeout', { kind: 'service', timeout: '1s' }, 1_000],
    ['detached', { detach: true } as const, 0],
    ['detached with --timeout', { detach: true, timeout: '1s' } as const, 1_000],
  ])('has an end of its own, unless told otherwise: %s', (_what, options, timeoutMs) => {
    const environment = { SANDCREW_WORKER: 'ws://a:1', SANDCREW_TOKEN_FILE: tokenFile };
    const decoded = decodeRun(['x'], options, environment);
    expect(decoded.ok && decoded.value.task.timeoutMs).toBe(timeoutMs);
  });

  test('detached is refused where nothing stays, or somebody has to', () => {
    expect(decodeRun(['x'], { detach: true, pty: true, json: true }, {})).toEqual({
      ok: false,
      faults: [
        '--detach: expected without --json; it prints the task id alone.',
        '--detach: expected without --stdin and --pty, which need somebody who stays.',
        '--worker: expected the URL of a worker that stays, got none (or SANDCREW_WORKER). `sandcrew worker` starts one.',
      ],
    });
  });
});
