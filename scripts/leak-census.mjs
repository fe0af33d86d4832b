/**
 * Counts what a run of the tests left behind: programs of this checkout, and temporary files. Jest calls it before the
 * first test and after the last. A run has a temporary directory of its own, so that neither another run at the same
 * time nor what an earlier one left is counted. In CI a leak fails the run, elsewhere it is told.
 */
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { ROOT } from './tool.mjs';

/** A worker whose test has just ended may need so long to be gone. */
const PATIENCE_MS = 15_000;

/** Jest loads this file anew for its second call; the process is the same. */
export default async function countLeaks() {
  const directory = globalThis.sandcrewTestDirectory;
  if (directory === undefined) {
    // Short, since sockets stand below it. The tests' processes inherit it, and with it every program that they start.
    process.env.TMPDIR = mkdtempSync(join(tmpdir(), 'sandcrew-run-'));
    chmodSync(process.env.TMPDIR, 0o1777); // as any directory of this purpose: some tests run as another user
    globalThis.sandcrewTestDirectory = process.env.TMPDIR;
    return;
  }
  const deadlineMs = performance.now() + PATIENCE_MS;
  let left = findLeaks(directory);
  while (left.length > 0 && performance.now() < deadlineMs) {
    await setTimeout(100);
    left = findLeaks(directory);
  }
  rmSync(directory, { recursive: true, force: true });
  if (left.length === 0) return;
  process.stderr.write(`The tests left behind:\n${left.join('\n')}\n`);
  if (process.env.CI) process.exitCode = 1; // thrown, it would cost the run its report
}

function findLeaks(directory) {
  return [...listProcesses(directory), ...readdirSync(directory).map((name) => `file ${name}`)];
}

/** Programs of this checkout that this run started: they know its directory. Linux alone has a list to go by. */
function listProcesses(directory) {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const command = read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
      const isOurs = command.includes(`${ROOT}/apps/`);
      const isOfThisRun = `${command}${read(`/proc/${pid}/environ`)}`.includes(directory);
      return isOurs && isOfThisRun ? [`process ${pid}: ${command}`] : [];
    });
}

/** Empty where the process has ended. */
function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
