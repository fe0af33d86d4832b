/** `sandcrew worker …`: becomes a worker, with the options of `sandcrew-worker`. */
import { spawn } from 'node:child_process';
import { workerCommand } from '@sandcrew/manager';
import type { Command } from 'commander';
import type { Perform } from '../command-line.js';
import { EXIT, statusOfSignal } from '../exit-status.js';

export function addWorker(program: Command, perform: Perform): void {
  const command = program
    .command('worker')
    .description('start a worker on this machine; its options are those of sandcrew-worker')
    .argument('[options...]')
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions();
  perform(command, { decode: (words) => ({ ok: true, value: words }), execute: startWorker });
}

function startWorker(args: readonly string[]): Promise<number> {
  const [program = process.execPath, ...rest] = workerCommand();
  const child = spawn(program, [...rest, ...args], { stdio: 'inherit' });
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  process.on('SIGINT', () => {
    if (!process.stdin.isTTY) child.kill('SIGINT'); // a terminal has sent it to both of us
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (exitCode, signal) =>
      resolve(signal === null ? (exitCode ?? EXIT.failed) : statusOfSignal(signal)),
    );
  });
}
