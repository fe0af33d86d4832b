/** The files of a server: its state, the lock beside it, the token of its clients. */
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { BearerToken } from '#src/io/bearer-token.js';
import { StateFile } from '#src/io/state-file.js';
import { lockState } from '#src/io/state-lock.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sandcrew-mcp-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const entry = (taskId: string) => ({
  taskId,
  command: 'sleep 1',
  digest: 'd',
  startedAtMs: 1,
  takesInput: false,
  end: null,
  outputBytes: 0,
});

describe('a state file', () => {
  test('keeps its id and its entries over restarts, for its owner alone', () => {
    const path = join(directory, 'deep', 'state.json');
    const first = new StateFile(path, 'mcp-1');
    first.put(entry('a'));
    first.put(entry('b'));
    first.put({ ...entry('a'), outputBytes: 7 });
    first.remove('b');
    const second = new StateFile(path, 'mcp-2');
    expect(second.managerId).toBe('mcp-1');
    expect(second.entries()).toEqual([{ ...entry('a'), outputBytes: 7 }]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(directory, 'deep'))).toEqual(['state.json']);
  });

  test.each([
    ['nothing', ''],
    ['half a file', '{"version":1,"managerId":"m","ta'],
    ['a later version', '{"version":2,"managerId":"m","tasks":[]}'],
    ['another kind of file', '{"name":"x"}'],
    ['entries that are none', '{"version":1,"managerId":"m","tasks":[{"taskId":7}]}'],
  ])('that holds %s is refused and left as it is', (_what, text) => {
    const path = join(directory, 'state.json');
    writeFileSync(path, text);
    expect(() => new StateFile(path, 'mcp-1')).toThrow(
      /^--state-file ".*": expected a file that this program wrote/,
    );
    expect(readFileSync(path, 'utf8')).toBe(text);
  });
});

describe('the lock of a state file', () => {
  test('is held by one, and free when that one is gone', async () => {
    const path = join(directory, 'state.json');
    const first = await lockState(path);
    await expect(lockState(path)).rejects.toThrow(/got one that is in use/);
    await new Promise((resolve) => first.close(resolve));
    const second = await lockState(path);
    await new Promise((resolve) => second.close(resolve));
  });

  test('of one that was killed is taken over', async () => {
    const path = join(directory, 'state.json');
    writeFileSync(`${path}.lock`, ''); // nobody listens there
    const lock = await lockState(path);
    await new Promise((resolve) => lock.close(resolve));
  });

  test('that cannot be a socket says so', async () => {
    await expect(lockState(join(directory, 'x'.repeat(120)))).rejects.toThrow(
      /expected a path of at most 98 bytes/,
    );
  });
});

describe('the token of HTTP clients', () => {
  const token = 'a'.repeat(43);

  test('fits in the one header, and nowhere else', () => {
    const path = join(directory, 'token');
    writeFileSync(path, `${token}\n`, { mode: 0o600 });
    const bearer = BearerToken.read(path);
    expect(bearer.matches(`Bearer ${token}`)).toBe(true);
    for (const header of [undefined, '', token, `Basic ${token}`, `Bearer ${token}b`, `Bearer ${token} `])
      expect(bearer.matches(header)).toBe(false);
  });

  test.each<[string, string, number, RegExp]>([
    ['that others may read', token, 0o644, /expected mode 0600/],
    ['that is short', token.slice(1), 0o600, /expected a first line of 43 characters/],
    ['that is empty', '', 0o600, /expected a first line of 43 characters/],
    ['of other characters', `${token}"`, 0o600, /expected a first line of 43 characters/],
  ])('in a file %s is refused, and never told', (_what, text, mode, words) => {
    const path = join(directory, 'token');
    writeFileSync(path, text);
    chmodSync(path, mode);
    expect(() => BearerToken.read(path)).toThrow(words);
    expect(() => BearerToken.read(path)).not.toThrow(/aaa/);
  });

  test('in a file that is not there is refused', () => {
    expect(() => BearerToken.read(join(directory, 'none'))).toThrow(/expected a file that can be read/);
  });
});
