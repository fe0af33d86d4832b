/** Follows one task to its end: output and news to the renderer, stdin and interrupts to the task. */
import { setTimeout as delay } from 'node:timers/promises';
import {
  type PartialTaskResult,
  SandboxError,
  type SandboxManager,
  type TaskHandle,
} from '@sandcrew/manager';
import { EXIT, statusOfError, statusOfOutputFault, statusOfResult } from './exit-status.js';
import { endOnInterrupt, GRACE_MS, letGoOnInterrupt } from './interrupt-reactions.js';
import type { Interrupts } from './interrupts.js';
import type { TaskEnd, TaskRenderer } from './render/task-renderer.js';
import { joinTerminal, passInput } from './task-input.js';
import { TaskNews } from './task-news.js';

/** What a worker is given to tell an end, once its output is not waited for any more, milliseconds. */
const LAST_WORD_MS = 1_000;

export interface Following {
  readonly input: 'none' | 'stdin' | 'terminal';
  /** Whether the task is ours: an interrupt then ends it, and else lets go of it. */
  readonly isOurs: boolean;
  /** How long the manager waits for a worker that is away, milliseconds. */
  readonly lostAfterMs: number;
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
  const { input, isOurs, lostAfterMs } = following;
  const end = settle(handle);
  const news = new TaskNews(manager, handle, renderer, lostAfterMs);
  const interrupts = isOurs ? endOnInterrupt(handle, renderer, news) : letGoOnInterrupt(handle);
  const leaveTerminal = input === 'terminal' ? joinTerminal(handle) : () => {};
  let inputFault: Error | null = null;
  if (input !== 'none') {
    void passInput(handle).then((fault) => {
      inputFault = fault;
      if (fault !== null) endWithoutInput(fault, handle, renderer);
    });
  }
  const judge = (ended: TaskEnd) => {
    if (renderer.fault !== null) return statusOfOutputFault(renderer.fault);
    return inputFault !== null && interrupts.signal === null
      ? EXIT.failed
      : judgeStatus(ended, interrupts.signal, isOurs);
  };
  try {
    const shown = showOutput(handle, renderer, following, interrupts).then(() => end);
    const known = await Promise.race([shown, interrupts.gaveUp.then(() => endUnseen(handle, end))]);
    const takeover = known.kind === 'error' ? news.takeover : null;
    if (takeover !== null && !isOurs) throw takeover;
    const ended = takeover === null ? known : failed(takeover);
    leaveTerminal();
    await Promise.race([renderer.ended(ended, judge(ended)), interrupts.gaveUp]);
    return judge(ended); // also that could not be written
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

/** Nobody reads the output that stands before a task's end, or its worker is away: the end, if it is told soon. */
function endUnseen({ taskId }: TaskHandle, end: Promise<TaskEnd>): Promise<TaskEnd> {
  const message = `The worker does not say that task ${taskId} has ended: it may still run there.`;
  const notAnswered = failed(new SandboxError({ code: 'NOT_ANSWERED', message }));
  return Promise.race([end, delay(LAST_WORD_MS, notAnswered, { ref: false })]);
}

/** A command that reads on would take a part of its input for all of it. */
function endWithoutInput(fault: Error, handle: TaskHandle, renderer: TaskRenderer): void {
  renderer.notice(`Our stdin cannot be read: ${fault.message}. The command is ended.`);
  handle.terminate(GRACE_MS);
}

/** Where nobody reads any more, the command is ended, as a broken pipe ends a program that runs here. */
async function showOutput(
  handle: TaskHandle,
  renderer: TaskRenderer,
  { isOurs, onShown }: Following,
  interrupts: Interrupts,
): Promise<void> {
  for await (const chunk of handle.output) {
    await Promise.race([renderer.output(chunk), interrupts.gaveUp]);
    if (interrupts.hasGivenUp) return;
    onShown?.(chunk.offset + chunk.bytes.length);
    if (renderer.fault === null) continue;
    if (isOurs) handle.terminate(GRACE_MS);
    else await handle.detach();
    return;
  }
}

function judgeStatus(end: TaskEnd, signal: NodeJS.Signals | null, isOurs: boolean): number {
  // Output that was lost on the way to us is our failure, whatever the command exited with.
  if (isOurs && end.kind === 'result' && end.result.gaps.length > 0) return EXIT.failed;
  return end.kind === 'result' ? statusOfResult(end.result) : statusOfError(end.error, signal);
}
