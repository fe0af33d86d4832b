/** The bench of speed measures in rounds, shows ratios of pairs, and says what it could not measure. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { plotLines } from '@sandcrew/testkit';

const MAIN = new URL('../../build/main.js', import.meta.url).pathname;
const { median, quantile, ratioOf } = await import(new URL('../../build/rounds.js', import.meta.url).href);
const { replaceSection, showCurve } = await import(new URL('../../build/report.js', import.meta.url).href);
const { linesOf } = await import(new URL('../../build/rounds.js', import.meta.url).href);
const { countOvertaken } = await import(new URL('../../build/start-order.js', import.meta.url).href);

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

test('a curve has a point for each value that the rounds took in turn, the median of its rounds', () => {
  const samples = new Map([['one', [1, 10, 2, 20, 9, 30]]]);
  const lines = linesOf(samples, [4, 8]);
  expect(lines).toEqual([
    {
      name: 'one',
      points: [
        [4, 2],
        [8, 20],
      ],
    },
  ]);
  const axis = { label: 'ms', scale: 'linear' };
  const shown = showCurve({ name: 'c', title: 'A curve', x: { ...axis, label: 'at once' }, y: axis }, lines);
  expect(shown).toContain('![A curve](speed-c.svg)');
  expect(shown).toContain('| ms by at once | 4 | 8 |');
  expect(shown).toContain('| one | 2 | 20 |');
});

test('a plot has each point where its axes put it: from 0, or by the power', () => {
  const pointsOf = (scale: 'linear' | 'log') => {
    const points = [1, 10, 100].map((value) => [value, value] as const);
    const plot = plotLines({ label: 'x', scale }, { label: 'y <', scale }, [{ name: 'a & b', points }]);
    expect(plot).toContain('a &amp; b');
    expect(plot).toContain('y &lt;');
    return [...(/polyline[^>]* points="([^"]*)"/.exec(plot)?.[1] ?? '').matchAll(/([\d.]+),([\d.]+)/g)];
  };
  const [first, second, third] = pointsOf('log').map(([, x, y]) => [Number(x), Number(y)] as const);
  expect([first, third]).toEqual([
    [64, 272],
    [700, 44],
  ]);
  expect(second).toEqual([(64 + 700) / 2, (272 + 44) / 2]);
  const linear = pointsOf('linear').map(([, x]) => Number(x));
  expect(linear[2]).toBe(700);
  expect(linear[0]).toBeCloseTo(64 + 636 / 100, 0);
});

test('a task is begun before its turn where more than what is on its way comes before it, and has not begun', () => {
  const due = ['a', 'b', 'c', 'd'];
  expect(countOvertaken(due, due, 1)).toBe(0);
  expect(countOvertaken(['b', 'a', 'c', 'd'], due, 1)).toBe(1);
  expect(countOvertaken(['b', 'a', 'd', 'c'], due, 2)).toBe(0); // two slots: their starts may cross on the way
  expect(countOvertaken(['d', 'a', 'b', 'c'], due, 2)).toBe(1);
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
