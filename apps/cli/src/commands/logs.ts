/** `sandcrew logs TASK`: shows what a task has written, and with `--follow` what it goes on to write. */
import type { SandboxManager, TaskHandle } from '@sandcrew/manager';
import type { Command } from 'commander';
import type { Decoded } from '../arguments.js';
import type { Perform } from '../command-line.js';
import { EXIT, statusOfOutputFault } from '../exit-status.js';
import { LOOKING, withManager } from '../manager-lease.js';
import { findTask, followRemoteTask } from '../remote-task.js';
import { createRenderer } from '../render/create-renderer.js';
import type { TaskRenderer } from '../render/task-renderer.js';
import { addConnectionFlags, addPatienceFlag } from './connection-flags.js';
import { decodeTaskChoice, type TaskChoice, type TaskChoiceOptions } from './task-choice.js';

interface LogsRequest extends TaskChoice {
  readonly follow: boolean;
}

const HELP = `
A worker keeps output until somebody has read it: without --offset, this shows what nobody has read yet. The worker keeps
the task, also when it has ended, for \`attach\` to tell how.`;

export function addLogs(program: Command, perform: Perform): void {
  const command = program.command('logs').description('show the output of a task that was left running');
  addPatienceFlag(addConnectionFlags(command))
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
  const { format, follow } = request;
  const renderer = createRenderer(format, () => 'starter', { tellsSilence: follow });
  if (follow) await followRemoteTask(request, false, renderer);
  else await showWritten(request, renderer);
  return renderer.fault === null ? EXIT.ok : statusOfOutputFault(renderer.fault);
}

/** Shows what stands at the worker now; on from there where another command of the same user came between. */
function showWritten(
  { manager: options, taskId, offset }: LogsRequest,
  renderer: TaskRenderer,
): Promise<void> {
  let from = offset;
  return withManager(options, LOOKING, async (manager) => {
    const { ackedOffset, endOffset } = await findTask(manager, taskId);
    from ??= ackedOffset;
    if (from >= endOffset) return;
    const handle = manager.attach({ taskId, offset: from, forget: false });
    const onShown = (nextOffset: number) => {
      from = nextOffset;
    };
    await Promise.race([
      showUntil(endOffset, handle, renderer, onShown),
      gapUntil(endOffset, manager, taskId, renderer),
      takeover(manager),
    ]);
  });
}

/** Takes what it has shown and nothing else: what was not shown, or came meanwhile, stays for the next reader. */
async function showUntil(
  endOffset: number,
  handle: TaskHandle,
  renderer: TaskRenderer,
  onShown: (nextOffset: number) => void,
): Promise<void> {
  const chunks = handle.output[Symbol.asyncIterator]();
  for (let next = chunks.next(); ; ) {
    const { value: chunk, done } = await next;
    if (done) {
      await handle; // before the end only where the rest is lost, and then it says so
      return;
    }
    await renderer.output(chunk);
    if (renderer.fault !== null) break;
    next = chunks.next(); // to come for more is to have taken this one
    const nextOffset = chunk.offset + chunk.bytes.length;
    onShown(nextOffset);
    if (nextOffset >= endOffset) break;
  }
  await handle.detach().catch(() => {}); // how it ends is not asked here
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

/** Rejects when another command of the same user takes over the connection. */
function takeover(manager: SandboxManager): Promise<never> {
  return new Promise((_, reject) => {
    manager.on('workerDisconnected', (_worker, error) => {
      if (error.code === 'CONNECTION_REPLACED') reject(error);
    });
  });
}
