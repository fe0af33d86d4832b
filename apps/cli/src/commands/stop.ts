/** `sandcrew stop TASK`: ends a task at its worker and waits until it has ended. Its output stays for who reads it. */

import { setTimeout as delay } from 'node:timers/promises';
import type { ManagerOptions } from '@sandcrew/manager';
import type { Command } from 'commander';
import { type Decoded, decodeDuration, Faults } from '../arguments.js';
import type { Perform } from '../command-line.js';
import { type ConnectionOptions, decodeStayingWorker } from '../connection.js';
import { EXIT } from '../exit-status.js';
import { LOOKING, withManager } from '../manager-lease.js';
import { findTask } from '../remote-task.js';
import { addConnectionFlags } from './connection-flags.js';
import { decodeTaskId } from './task-choice.js';

interface StopRequest {
  readonly manager: ManagerOptions;
  readonly taskId: string;
  readonly graceMs: number;
}

const GRACE_MS = 5_000;
const POLL_MS = 100;
/** What a worker may take beyond the grace to find and end everything that a task has left. */
const SLACK_MS = 10_000;

export function addStop(program: Command, perform: Perform): void {
  const command = program
    .command('stop')
    .description('end a task that was left running, and wait for its end');
  addConnectionFlags(command)
    .argument('<task>', 'the task id')
    .option('--grace <duration>', 'from SIGTERM to SIGKILL (default: 5s)')
    .addHelpText(
      'after',
      '\nThe worker keeps the task and what nobody has read of its output, for `logs` and `attach`.',
    );
  perform(command, { decode: decodeStop, execute: stop });
}

function decodeStop(
  words: readonly string[],
  options: ConnectionOptions & { readonly grace?: string },
  environment: NodeJS.ProcessEnv,
): Decoded<StopRequest> {
  const faults = new Faults();
  const graceMs = faults.take(options.grace, (text) => decodeDuration('--grace', text)) ?? GRACE_MS;
  const taskId = decodeTaskId(words, faults);
  const manager = decodeStayingWorker(options, environment, faults);
  return faults.conclude({ manager, taskId, graceMs });
}

async function stop({ manager: options, taskId, graceMs }: StopRequest): Promise<number> {
  await withManager(options, LOOKING, async (manager) => {
    const task = await findTask(manager, taskId);
    if (task.state === 'complete' || task.state === 'error') return;
    const handle = manager.attach({ taskId, offset: task.ackedOffset, forget: false });
    handle.output[Symbol.asyncIterator](); // iterated and never advanced: nothing is taken, so nothing is dropped
    handle.then(
      () => {},
      () => {}, // we let go of it below
    );
    await handle.started;
    handle.terminate(graceMs);
    await handle.detach();
  });
  return (await hasEndedInTime(options, taskId, graceMs)) ? EXIT.ok : EXIT.failed;
}

/** Asks anew until it has ended: its end comes after its output, which is not ours to take. */
async function hasEndedInTime(options: ManagerOptions, taskId: string, graceMs: number): Promise<boolean> {
  const deadlineMs = performance.now() + graceMs + SLACK_MS;
  for (;;) {
    const { state } = await withManager(options, LOOKING, (manager) => findTask(manager, taskId));
    if (state === 'complete' || state === 'error') return true;
    if (performance.now() > deadlineMs) {
      process.stderr.write(
        `sandcrew: task ${taskId} has not ended in time. See the worker's log, and try again with --grace 0.\n`,
      );
      return false;
    }
    await delay(POLL_MS);
  }
}
