/** `sandcrew logs TASK`: shows what a task has written, and with `--follow` what it goes on to write. */
import type { SandboxManager, TaskHandle } from '@sandcrew/manager';
import type { Command } from 'commander';
import type { Decoded } from '../arguments.js';
import type { Perform } from '../command-line.js';
import { EXIT } from '../exit-status.js';
import { LOOKING, withManager } from '../manager-lease.js';
import { findTask, followRemoteTask } from '../remote-task.js';
import { createRenderer } from '../render/create-renderer.js';
import type { TaskRenderer } from '../render/task-renderer.js';
import { addConnectionFlags } from './connection-flags.js';
import { decodeTaskChoice, type TaskChoice, type TaskChoiceOptions } from './task-choice.js';

interface LogsRequest extends TaskChoice {
  readonly follow: boolean;
}

const HELP = `
A worker keeps output until somebody has read it: without --offset, this shows what nobody has read yet. The worker keeps
the task, also when it has ended, for \`attach\` to tell how.`;

export function addLogs(program: Command, perform: Perform): void {
  const command = program.command('logs').description('show the output of a task that was left running');
  addConnectionFlags(command)
    .argument('<task>', 'the task id')
    .option('--offset <bytes>', 'the first byte of output to show')
    .option('--follow', 'go on until the task ends')
    .option('--json', 'write one event a line, as `run --json` does')
    .addHelpText('after', HELP);
  perform(command, { decode: decodeLogs, execute: logs });
}

function decodeLogs(
  words: readonly string[],
  options: TaskChoiceOptions & { readonly follow?: true },
  environment: NodeJS.ProcessEnv,
): Decoded<LogsRequest> {
  const choice = decodeTaskChoice(words, options, environment);
  return choice.ok ? { ok: true, value: { ...choice.value, follow: options.follow ?? false } } : choice;
}

async function logs(request: LogsRequest): Promise<number> {
  const { manager: options, taskId, offset, format, follow } = request;
  const renderer = createRenderer(format, follow);
  if (follow) await followRemoteTask(request, false, renderer);
  else {
    await withManager(options, LOOKING, async (manager) => {
      const { ackedOffset, endOffset } = await findTask(manager, taskId);
      const from = offset ?? ackedOffset;
      if (from >= endOffset) return;
      const handle = manager.attach({ taskId, offset: from, forget: false });
      await Promise.race([
        showUntil(endOffset, handle, renderer),
        gapUntil(endOffset, manager, taskId, renderer),
      ]);
    });
  }
  return EXIT.ok;
}

async function showUntil(endOffset: number, handle: TaskHandle, renderer: TaskRenderer): Promise<void> {
  handle.then(
    () => {},
    () => {}, // how it ends is not asked here
  );
  for await (const chunk of handle.output) {
    await renderer.output(chunk);
    if (chunk.offset + chunk.bytes.length >= endOffset || renderer.fault !== null) return;
  }
}

/** Tells the gaps. Resolves when one reaches the end: after it nothing has to come. */
function gapUntil(
  endOffset: number,
  manager: SandboxManager,
  taskId: string,
  renderer: TaskRenderer,
): Promise<void> {
  return new Promise((resolve) => {
    manager.on('outputGap', (gap) => {
      if (gap.taskId !== taskId) return;
      renderer.gap(gap);
      if (gap.offset + gap.bytes >= endOffset) resolve();
    });
  });
}
