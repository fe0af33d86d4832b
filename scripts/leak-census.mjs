/**
 * Counts what a run of the tests left behind: worker processes of this checkout, and temporary directories of ours. Jest
 * calls it before the first test and after the last; in CI a leak fails the run, elsewhere it is told.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { ROOT } from './tool.mjs';

/** A worker whose test has just ended may need so long to be gone. */
const PATIENCE_MS = 6_000;

/** Jest loads this file anew for its second call; the process is the same. */
export default async function countLeaks() {
  const before = globalThis.sandcrewCensus;
  if (before === undefined) {
    globalThis.sandcrewCensus = takeCensus();
    return;
  }
  const deadlineMs = performance.now() + PATIENCE_MS;
  let left = leaksSince(before);
  while (left.length > 0 && performance.now() < deadlineMs) {
    await setTimeout(100);
    left = leaksSince(before);
  }
  if (left.length === 0) return;
  process.stderr.write(`The tests left behind:\n${left.join('\n')}\n`);
  if (process.env.CI) process.exitCode = 1; // thrown, it would cost the run its report
}

function leaksSince(earlier) {
  const now = takeCensus();
  return [
    ...now.processes.filter((one) => !earlier.processes.includes(one)),
    ...now.directories.filter((one) => !earlier.directories.includes(one)),
  ];
}

function takeCensus() {
  return {
    processes: listProcesses(),
    directories: readdirSync(tmpdir()).filter((name) => name.startsWith('sandcrew-')),
  };
}

/** Processes of programs in this checkout, but for the tools that run the tests. Linux alone has a list to go by. */
function listProcesses() {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        return command.includes(`${ROOT}/apps/`) ? [`process ${pid}: ${command}`] : [];
      } catch {
        return []; // it has ended
      }
    });
}
