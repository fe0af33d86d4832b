/** `sandcrew attach TASK`: follows a task that runs at a worker, from any offset, and ends as it ended. */
import type { Command } from 'commander';
import type { Perform } from '../command-line.js';
import { followRemoteTask } from '../remote-task.js';
import { createRenderer } from '../render/create-renderer.js';
import { addConnectionFlags, addPatienceFlag } from './connection-flags.js';
import { decodeTaskChoice } from './task-choice.js';

const HELP = `
A worker keeps output until somebody has read it: without --offset, this goes on where the last reader stopped. The exit
status is the command's; the worker forgets the task once its end was shown. Ctrl-C lets go of it and leaves it running.`;

export function addAttach(program: Command, perform: Perform): void {
  const command = program
    .command('attach')
    .description('follow a task that was left running, and exit as it exits');
  addPatienceFlag(addConnectionFlags(command))
    .argument('<task>', 'the task id')
    .option('--offset <bytes>', 'the first byte of output to show')
    .option('--json', 'write one event a line, as `run --json` does')
    .addHelpText('after', HELP);
  perform(command, {
    decode: decodeTaskChoice,
    execute: (choice) =>
      followRemoteTask(
        choice,
        true,
        createRenderer(choice.format, () => 'starter'),
      ),
  });
}
