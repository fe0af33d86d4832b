/** Follows one task to its end: output and news to the renderer, stdin and interrupts to the task. */
import {
  type PartialTaskResult,
  SandboxError,
  type SandboxManager,
  type TaskHandle,
} from '@sandcrew/manager';
import { EXIT, statusOfError, statusOfResult, statusOfSignal } from './exit-status.js';
import { Interrupts } from './interrupts.js';
import type { TaskEnd, TaskRenderer } from './render/task-renderer.js';
import { joinTerminal, passInput } from './task-input.js';
import { TaskNews } from './task-news.js';

/** From SIGTERM to SIGKILL where the user interrupts, milliseconds. */
const GRACE_MS = 5_000;

export interface Following {
  readonly input: 'none' | 'stdin' | 'terminal';
  /** Whether the task is ours: an interrupt then ends it, and else lets go of it. */
  readonly isOurs: boolean;
  /** Told after each chunk that was shown: the offset of the next. */
  readonly onShown?: (nextOffset: number) => void;
}

/**
 * @returns what to exit with, after everything was shown.
 * @throws {SandboxError} CONNECTION_REPLACED where the task is not ours: it can be followed again.
 */
export async function followTask(
  manager: SandboxManager,
  handle: TaskHandle,
  renderer: TaskRenderer,
  following: Following,
): Promise<number> {
  const end = settle(handle);
  const news = new TaskNews(manager, handle, renderer);
  const interrupts = following.isOurs ? endOnInterrupt(handle, renderer) : letGoOnInterrupt(handle);
  const leaveTerminal = following.input === 'terminal' ? joinTerminal(handle) : () => {};
  if (following.input !== 'none') void passInput(handle);
  try {
    const shown = showOutput(handle, renderer, following).then(() => end);
    const known = await Promise.race([shown, interrupts.gaveUp.then(() => notAnswered(handle))]);
    const takeover = known.kind === 'error' ? news.takeover : null;
    if (takeover !== null && !following.isOurs) throw takeover;
    const ended = takeover === null ? known : failed(takeover);
    const status = judgeStatus(ended, renderer.fault, interrupts.signal, following.isOurs);
    leaveTerminal();
    await renderer.ended(ended, status);
    return status;
  } finally {
    leaveTerminal();
    interrupts.stop();
    news.stop();
  }
}

function settle(handle: TaskHandle): Promise<TaskEnd> {
  return handle.then(
    (result): TaskEnd => ({ kind: 'result', result }),
    (error) => {
      if (error instanceof SandboxError) return failed(error as SandboxError<PartialTaskResult>);
      throw error;
    },
  );
}

function failed(error: SandboxError<PartialTaskResult>): TaskEnd {
  return { kind: 'error', error };
}

function notAnswered({ taskId }: TaskHandle): TaskEnd {
  const message = `The worker does not say that task ${taskId} has ended: it may still run there.`;
  return failed(new SandboxError({ code: 'NOT_ANSWERED', message }));
}

/** Where nobody reads any more, the command is ended, as a broken pipe ends a program that runs here. */
async function showOutput(
  handle: TaskHandle,
  renderer: TaskRenderer,
  { isOurs, onShown }: Following,
): Promise<void> {
  for await (const chunk of handle.output) {
    await renderer.output(chunk);
    onShown?.(chunk.offset + chunk.bytes.length);
    if (renderer.fault === null) continue;
    if (renderer.fault.code !== 'EPIPE') {
      renderer.notice(`The output cannot be written: ${renderer.fault.message}.`);
    }
    if (isOurs) handle.terminate(GRACE_MS);
    else await handle.detach();
    return;
  }
}

function judgeStatus(
  end: TaskEnd,
  outputFault: NodeJS.ErrnoException | null,
  signal: NodeJS.Signals | null,
  isOurs: boolean,
): number {
  if (outputFault !== null) return outputFault.code === 'EPIPE' ? statusOfSignal('SIGPIPE') : EXIT.failed;
  // Output that was lost on the way to us is our failure, whatever the command exited with.
  if (isOurs && end.kind === 'result' && end.result.gaps.length > 0) return EXIT.failed;
  return end.kind === 'result' ? statusOfResult(end.result) : statusOfError(end.error, signal);
}

function endOnInterrupt(handle: TaskHandle, renderer: TaskRenderer): Interrupts {
  return new Interrupts({
    first(signal) {
      handle.terminate(GRACE_MS);
      const how = `SIGTERM now, SIGKILL after ${GRACE_MS / 1_000} s`;
      renderer.notice(`Ending the command on ${signal} (${how}). Once more kills it at once.`);
    },
    second: () => handle.terminate(0),
  });
}

function letGoOnInterrupt(handle: TaskHandle): Interrupts {
  const letGo = () => void handle.detach().catch(() => {}); // what came of it is told by the handle
  return new Interrupts({ first: letGo, second: letGo });
}
