/** Starts the repository's tools, each with all of its output kept until it is known whether anyone needs it. */
import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root. */
export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** pnpm as npx brings it: nothing has to be installed beforehand. Without a network that is known within seconds. */
export const PNPM = [
  'npx',
  '--yes',
  '--fetch-retry-mintimeout=1000',
  '--fetch-retry-maxtimeout=5000',
  'pnpm@12.21.0',
];

/**
 * Runs a tool to its end, in the root unless told otherwise.
 * @returns its exit code (128 and up where a signal ended it), what it printed, and how long it took.
 */
export function runTool([program, ...args], cwd = ROOT) {
  const startedMs = performance.now();
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32', // npx is a .cmd file there
    });
    const chunks = [];
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.stderr.on('data', (chunk) => chunks.push(chunk));
    const finish = (exitCode, fault = '') =>
      resolve({
        exitCode,
        output: Buffer.concat(chunks).toString() + fault,
        durationMs: performance.now() - startedMs,
      });
    child.once('error', (error) => finish(127, `${program}: ${error.message}\n`));
    child.once('close', (exitCode, signal) =>
      exitCode === null ? finish(128, `${program}: ended by ${signal}\n`) : finish(exitCode),
    );
  });
}

const PARENT_POLL_MS = 500;

/**
 * Runs a program that has the terminal to itself, and ends as it ended. Never returns.
 * On a terminal Ctrl-C has already reached the program, so that it is passed on only where there is none.
 */
export function becomeTool([program, ...args], cwd = ROOT) {
  const child = spawn(program, args, { cwd, stdio: 'inherit' });
  const isOnTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  process.on('SIGINT', () => {
    if (!isOnTerminal) child.kill('SIGINT');
  });
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  endWithParent(child);
  child.once('error', (error) => {
    process.stderr.write(`sandcrew: ${program} did not start: ${error.message}\n`);
    process.exit(125);
  });
  child.once('exit', (exitCode, signal) => {
    if (signal === null) process.exit(exitCode);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

/** npm starts us through a shell that dies of a signal and does not pass it on: what it leaves is ended here. */
function endWithParent(child) {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    child.kill('SIGTERM');
  }, PARENT_POLL_MS);
  timer.unref();
}
