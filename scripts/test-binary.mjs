/**
 * `npm run test:binary [-- JEST'S ARGUMENTS]`: builds the worker's binary, then runs the worker's own tests with real
 * processes and the end-to-end tests with it in the place of this checkout's worker.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { setUp } from './setup.mjs';
import { becomeTool, ROOT } from './tool.mjs';

/** All that start a worker. The benchmarks among the tests start the checkout's. */
const TESTS = [
  'apps/worker/dist-test/io/',
  'e2e/dist-test/tests/(many-at-once|real-input|recovery|soak|wire-.*).test',
];

await setUp();
const built = execFileSync(process.execPath, [join(ROOT, 'scripts', 'build-binary.mjs')], {
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'inherit'],
});
process.env.WORKER_COMMAND = built.trim();
const given = process.argv.slice(2);
becomeTool([process.execPath, join(ROOT, 'scripts', 'test.mjs'), ...(given.length > 0 ? given : TESTS)]);
