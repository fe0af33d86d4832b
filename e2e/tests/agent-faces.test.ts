/** One conformance suite over every face of the tools: what one can do, all can, with real commands on a real worker. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { AgentTools } from '@sandcrew/agent-tools';
import { SandboxManager } from '@sandcrew/manager';
import { FACES, type Face } from '../agent-faces.js';

/** A wait of the tools takes 45 s at most. */
jest.setTimeout(60_000);

/** What all faces show is held against what the tools say of themselves. */
const definitions = new AgentTools({ manager: new SandboxManager() }).definitions;

/** Ends at a line that the test writes, so that it waits for the test and not the test for it. */
const UNTIL_TOLD = 'echo begun; read line; echo "told $line"; echo oops >&2; exit 3';

describe.each(Object.entries(FACES))('%s', (_name, open) => {
  let directory: string;
  let face: Face;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sandcrew-face-'));
    face = await open(directory);
  });
  afterAll(async () => {
    await face?.close();
    await rm(directory, { recursive: true, force: true });
  });

  const value = async (name: string, given: unknown) => {
    const answer = await face.call(name, given);
    if (answer.isError) throw new Error(`expected ${name} to answer, got ${JSON.stringify(answer.value)}`);
    return answer.value;
  };

  test('offers every tool with its description and its arguments', async () => {
    const told = definitions.map(({ name, description, inputSchema }) => ({
      name,
      description,
      given: Object.keys(inputSchema['properties'] as object),
    }));
    expect(await face.list()).toEqual(told);
  });

  test('run answers at the exit with the exit code and both streams in their order', async () => {
    const answer = await value('run', { command: 'echo out; sleep 0.1; echo err >&2; exit 3' });
    expect(answer).toMatchObject({
      state: 'ended',
      because: 'exit',
      exitCode: 3,
      signal: null,
      error: null,
      block: null,
      leftover: 0,
      output: { text: 'out\nerr\n', from: 0, next: 8, end: 8, omitted: [] },
    });
  });

  test('a command that goes on is waited for, read, written to, and ends as it ends', async () => {
    const begun = await value('run', { command: UNTIL_TOLD, input: 'pipe', yieldMs: 0, kind: 'interactive' });
    expect(begun).toMatchObject({ because: 'yield', exitCode: null });
    const { taskId } = begun;
    const matched = await value('wait_for', { taskId, regex: '^beg.n$', blocks: 'none' });
    expect(matched).toMatchObject({ because: 'match', match: { stream: 'stdout', line: 'begun' } });
    const { next } = matched.output;
    expect(next).toBe(6);
    const ended = await value('send_input', { taskId, text: 'a line', yieldMs: 45_000 });
    expect(ended).toMatchObject({ state: 'ended', because: 'exit', exitCode: 3 });
    const read = await value('read_output', { taskId, cursor: next });
    expect(read.output).toEqual({ text: 'told a line\noops\n', from: 6, next: 23, end: 23, omitted: [] });
  });

  test('a prompt comes back as structure, and is answered', async () => {
    const blocked = await value('run', {
      command: 'read -p "Proceed? [y/N] " a; echo "got $a"',
      input: 'terminal',
    });
    expect(blocked).toMatchObject({
      state: 'blocked',
      because: 'block',
      block: {
        reason: 'waiting_for_input',
        confidence: 'confirmed',
        prompt: 'Proceed? [y/N]',
        isPassword: false,
        choices: [
          { input: 'y', isDefault: false },
          { input: 'N', isDefault: true },
        ],
      },
    });
    const ended = await value('send_input', { taskId: blocked.taskId, text: 'y', yieldMs: 45_000 });
    expect(ended).toMatchObject({ because: 'exit', exitCode: 0, block: null });
    expect(ended.output.text).toContain('got y\n');
  });

  test('the same run again with the same id starts nothing, and another with it is refused', async () => {
    const again = { command: 'echo once >> starts; exit 4', taskId: 'only-once' };
    const first = await value('run', again);
    expect(await value('run', again)).toEqual(first);
    expect(await readFile(join(directory, 'starts'), 'utf8')).toBe('once\n');
    const other = await face.call('run', { ...again, command: 'echo twice >> starts' });
    expect(other).toMatchObject({ isError: true, value: { code: 'INVALID_ARGUMENTS' } });
  });

  test('a cancelled run is ended', async () => {
    const cancel = new AbortController();
    const given = { command: 'echo begun > cancelled; sleep 600', taskId: 'cancelled', timeoutMs: 0 };
    const call = face.call('run', given, cancel.signal);
    call.catch(() => {});
    await value('wait_for', { taskId: await known('cancelled'), yieldMs: 0 });
    cancel.abort();
    await expect(call).rejects.toThrow();
    const ended = await value('wait_for', { taskId: 'cancelled' });
    expect(ended).toMatchObject({
      because: 'exit',
      error: { code: expect.stringMatching(/TERMINATED|CANCELLED/) },
    });
  });

  test('a long output is cut to what fits, and the rest is read where it is said to be', async () => {
    const { taskId, output } = await value('run', { command: 'seq 1 20000', maxBytes: 4_096 });
    expect(output.text.length).toBeLessThan(4_096 + 200);
    expect(output.text).toMatch(/^1\n2\n3\n[\s\S]*\n19999\n20000\n$/);
    const [{ cursor, bytes, why }] = output.omitted;
    expect(why).toBe('size');
    expect(output.end).toBe(108_894);
    const rest = await value('read_output', { taskId, cursor, maxBytes: 131_072 });
    const shown = output.text.replace(/\[\d+ bytes left out here[^\n]*\]\n/, '');
    expect(rest.output.text.slice(0, bytes).length + shown.length).toBe(108_894);
  });

  test('a command is signalled, terminated, and listed as it ended', async () => {
    const trap = 'trap "echo hup" HUP; echo ready; while :; do sleep 0.05; done';
    const { taskId } = await value('run', { command: trap, yieldMs: 0, timeoutMs: 0 });
    await value('wait_for', { taskId, text: 'ready' });
    await value('signal', { taskId, signal: 'SIGHUP', yieldMs: 0 });
    await value('wait_for', { taskId, text: 'hup' });
    const ended = await value('terminate', { taskId, graceMs: 0 });
    expect(ended).toMatchObject({ state: 'ended', error: { code: 'TERMINATED' } });
    const { tasks } = await value('list_tasks', {});
    expect(tasks).toContainEqual(expect.objectContaining({ taskId, state: 'ended', error: 'TERMINATED' }));
  });

  test('files are put where commands find them, and got back as they are', async () => {
    const bytes = Buffer.from([0, 255, 10]);
    const files = [
      { path: 'src/say.sh', text: '#!/bin/sh\necho said\n', isExecutable: true },
      { path: 'src/ü/data.bin', base64: bytes.toString('base64') },
    ];
    const put = await value('put_files', { workspace: 'w1', directory: 'app', files });
    expect(put).toEqual({ files: 2, bytes: 23, warnings: [] });
    const command = './src/say.sh > out && ln -s out link';
    expect(await value('run', { command, workspace: 'w1', cwd: 'app' })).toMatchObject({ exitCode: 0 });
    const got = await value('get_files', {
      workspace: 'w1',
      paths: ['app/src/say.sh', 'app/src/ü/', 'app/out', 'app/link'],
    });
    expect(got).toEqual({
      files: [
        { path: 'app/src/say.sh', text: '#!/bin/sh\necho said\n', isExecutable: true },
        { path: 'app/src/ü/data.bin', base64: bytes.toString('base64'), isExecutable: false },
        { path: 'app/out', text: 'said\n', isExecutable: false },
        { path: 'app/link', link: 'out' },
      ],
      bytes: 28,
      warnings: [],
    });
  });

  test('tells how the worker is', async () => {
    await value('run', { command: 'true' });
    const health = await value('health', {});
    expect(health).toMatchObject({ status: 'healthy', workers: [{ phase: 'connected', isEmbedded: true }] });
    expect(health.tasks.ended).toBeGreaterThan(0);
  });

  test.each<[string, unknown, object]>([
    [
      'run',
      { command: 'ls', timeoutMs: -1 },
      { code: 'INVALID_ARGUMENTS', message: 'timeoutMs: must be >= 0, got -1.' },
    ],
    ['wait_for', { taskId: 'nope' }, { code: 'UNKNOWN_TASK' }],
    [
      'put_files',
      { workspace: 'w', files: [{ path: '../up', text: '' }] },
      {
        code: 'INVALID_ARGUMENTS',
        message: expect.stringMatching(/^files\[0\].path: expected a relative path/),
      },
    ],
    ['get_files', { workspace: 'w', paths: ['/etc/passwd'] }, { code: 'INVALID_PATH' }],
    ['wait_for', { taskId: 'nope', regex: '(?=a)' }, { code: 'INVALID_PATTERN' }],
  ])('what a tool cannot do is an error with a code and what to do: %s %j', async (name, given, fault) => {
    const answer = await face.call(name, given);
    expect(answer).toMatchObject({ isError: true, value: { ...fault, next: expect.stringMatching(/\.$/) } });
  });

  test('a command that cannot be started is told by its code', async () => {
    const answer = await value('run', { command: ['/nowhere/program'] });
    expect(answer).toMatchObject({
      state: 'ended',
      exitCode: null,
      error: { code: 'SPAWN_FAILED', detail: 'command_not_found', next: expect.stringMatching(/^Install/) },
    });
  });

  /** The id, once its task is listed. */
  async function known(taskId: string): Promise<string> {
    for (;;) {
      const { tasks } = await value('list_tasks', {});
      if (tasks.some((task: { taskId: string }) => task.taskId === taskId)) return taskId;
    }
  }
});
