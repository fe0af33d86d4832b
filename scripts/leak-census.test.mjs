/** The census of a test run tells what that run left, and nothing of others. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ROOT, runTool } from './tool.mjs';

let outside;
beforeEach(() => {
  outside = mkdtempSync(join(tmpdir(), 'sandcrew-census-'));
});
afterEach(() => rmSync(outside, { recursive: true }));

/** Plays jest: calls the census, runs `work` as a test would, calls it again. */
function census(work) {
  const program = `
    import { spawn } from 'node:child_process';
    import { mkdtempSync, writeFileSync } from 'node:fs';
    import { tmpdir } from 'node:os';
    import countLeaks from ${JSON.stringify(join(ROOT, 'scripts/leak-census.mjs'))};
    await countLeaks();
    ${work}
    await countLeaks();
  `;
  const node = [
    'env',
    `TMPDIR=${outside}`,
    'CI=1',
    process.execPath,
    '--input-type=module',
    '--eval',
    program,
  ];
  return runTool(node);
}

test('a run that leaves nothing is told nothing, whatever others have left meanwhile', async () => {
  writeFileSync(join(outside, 'sandcrew-of-an-earlier-run'), '');
  expect(
    await census(`writeFileSync(${JSON.stringify(join(outside, 'sandcrew-other'))}, '');`),
  ).toMatchObject({
    exitCode: 0,
    output: '',
  });
  expect(readdirSync(outside).sort()).toEqual(['sandcrew-of-an-earlier-run', 'sandcrew-other']);
});

test('a file and a process that a run leaves are told, and fail it in CI', async () => {
  const worker = JSON.stringify(join(ROOT, 'apps/worker/dist/main.js'));
  const leaking = `
    mkdtempSync(tmpdir() + '/left-');
    const left = spawn(process.execPath, ['--eval', 'setTimeout(() => {}, 60_000)', ${worker}]);
    process.on('exit', () => left.kill('SIGKILL'));
    left.unref();
    for (const stream of left.stdio) stream?.unref?.();
  `;
  const { exitCode, output } = await census(leaking);
  expect(output).toMatch(/The tests left behind:\n(.*\n)*process \d+: .*apps\/worker\/dist\/main\.js/);
  expect(output).toMatch(/file left-/);
  expect(exitCode).toBe(1);
});
