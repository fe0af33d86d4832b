/** A call that makes no sense is answered with what is wrong with it, and starts nothing. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SandboxManager } from '@sandcrew/manager';
import { AgentTools } from '#src/agent-tools.js';

let manager: SandboxManager;
let tools: AgentTools;

beforeAll(() => {
  manager = new SandboxManager();
  tools = new AgentTools({ manager });
});
afterAll(() => manager.close());

describe('a bad argument is named, with what was expected and came', () => {
  test.each<[string, unknown, string[]]>([
    ['run', {}, ['command: expected a value, got nothing']],
    ['run', { command: 7 }, ['command: must be string or array, got 7']],
    ['run', { command: ['ls', 7] }, ['command[1]: must be string, got 7']],
    ['run', { command: 'ls', timeoutMs: -1 }, ['timeoutMs: must be >= 0, got -1']],
    ['run', { command: 'ls', env: { A: 1 } }, ['env.A: must be string, got 1']],
    ['run', { command: 'ls', input: 'tty' }, ['input: must be one of none, pipe, terminal, got "tty"']],
    [
      'run',
      { comand: 'ls' },
      ['command: expected a value', 'comand: unknown; expected one of command, taskId'],
    ],
    ['run', 'ls', ['the arguments: must be object, got "ls"']],
    ['wait_for', { taskId: 'x y' }, ['taskId: must match pattern']],
    ['read_output', { taskId: 't', maxBytes: 1 }, ['maxBytes: must be >= 1024, got 1']],
    ['signal', { taskId: 't', signal: 'SIGFOO' }, ['signal: must be one of SIGINT']],
    [
      'put_files',
      { workspace: 'w', files: [{ path: 'a', text: '', base64: '' }, { path: 'b' }] },
      ['files[0]: expected either text or base64; files[1]: expected either text or base64'],
    ],
    [
      'put_files',
      { workspace: 'w', files: [] },
      ['files: must not have fewer than 1 items, got an array of 0'],
    ],
    ['put_files', { workspace: '../w', files: [{ path: 'a', text: '' }] }, ['workspace: must match pattern']],
    ['send_input', { taskId: 't' }, ['text: expected what to type, or end: true, got neither']],
  ])('%s %j', async (name, given, said) => {
    const answer = await tools.call(name, given);
    expect(answer).toMatchObject({ isError: true, fault: { code: 'INVALID_ARGUMENTS' } });
    for (const words of said) expect(JSON.stringify(answer).replaceAll('\\"', '"')).toContain(words);
    expect(manager.getHealth().workers).toEqual([]); // nothing was started for it
  });

  test('a task that there is not, with those that there are', async () => {
    expect(await tools.call('wait_for', { taskId: 'nope' })).toEqual({
      isError: true,
      fault: {
        code: 'UNKNOWN_TASK',
        message: 'taskId: expected one of a known task, got "nope"; there is none.',
        next: 'Use a taskId that list_tasks shows, or start the command with run.',
      },
    });
  });

  test('a tool that there is not, with those that there are', async () => {
    expect(await tools.call('exec', {})).toMatchObject({
      isError: true,
      fault: {
        code: 'UNKNOWN_TOOL',
        message: expect.stringMatching(/^Expected one of run, wait_for, .*, got "exec"\.$/),
      },
    });
  });
});
