/** The bench of speed measures in rounds, shows ratios of pairs, and says what it could not measure. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

const MAIN = new URL('../../build/main.js', import.meta.url).pathname;
const { median, quantile, ratioOf } = await import(new URL('../../build/rounds.js', import.meta.url).href);
const { replaceSection } = await import(new URL('../../build/report.js', import.meta.url).href);

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'sandcrew-bench-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

test('a ratio is the median of the pairs, not the ratio of the medians', () => {
  expect(ratioOf([1, 20, 3], [2, 10, 1])).toMatchObject({ median: 2 });
  expect(median([3, 1, 2])).toBe(2);
  expect(quantile([4, 1, 3, 2], 0.99)).toBe(4);
});

test('a table takes the place of the one before it, and of nothing else', () => {
  const page = 'a\n<!-- idle -->\nold\n<!-- end of idle -->\nb\n';
  expect(replaceSection(page, 'idle', 'new\n')).toBe('a\n<!-- idle -->\nnew\n<!-- end of idle -->\nb\n');
  expect(() => replaceSection(page, 'loaded', 'new\n')).toThrow('expected the marks');
});

test('it measures what it is asked for, and says what it took', async () => {
  const json = join(directory, 'rows.json');
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...[MAIN, '--scale', '0.05', '--only', 'at-rest,validation', '--json', json],
  ]);
  expect(stdout).toMatch(/\| RSS at rest \| \d+ MiB \|/);
  const sections = JSON.parse(readFileSync(json, 'utf8')) as {
    rows: { what: string }[];
    fault: string | null;
  }[];
  expect(sections.map(({ rows, fault }) => [rows.map(({ what }) => what), fault])).toEqual([
    [['start to listening', 'RSS at rest'], null],
    [['decode and validate a chunk'], null],
  ]);
}, 60_000);

test('a metric that it does not know is refused by name', async () => {
  const run = promisify(execFile)(process.execPath, [MAIN, '--only', 'exec,speed']);
  await expect(run).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('got exec, speed'),
  });
});
