/** Waits for something to happen to a task: its end, a block, a line of output, or the time being up. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Because, judgeWait, type WaitTerms } from './core/wait-verdict.js';
import { type Match, OutputSearch } from './output-search.js';
import type { Pattern } from './pattern.js';
import { toolError } from './tool-error.js';
import type { TrackedTask } from './tracked-task.js';

/** While a call lasts: how long it has, of how long at most, and what the task wrote last. */
export interface Progress {
  readonly elapsedMs: number;
  readonly totalMs: number;
  readonly message: string;
}

/** What a call brings along beside its arguments. */
export interface CallContext {
  /** Cancels the call. What becomes of the task, the tool says. */
  readonly signal?: AbortSignal | undefined;
  /** Called about once a second while a call waits. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

export interface WaitRequest extends WaitTerms {
  readonly yieldMs: number;
  readonly pattern: Pattern | null;
  /** Where the pattern is looked for from. */
  readonly fromOffset: number;
}

export interface WaitOutcome {
  readonly because: Because;
  readonly match: Match | null;
}

const PROGRESS_MS = 1_000;
/** What a task writes is looked at together, so that a flood of small chunks is not searched one by one. */
const SEARCH_PAUSE_MS = 25;

/** @throws {ToolError} CALL_CANCELLED as soon as the signal says so; the task goes on. */
export async function waitForTask(
  task: TrackedTask,
  request: WaitRequest,
  { signal, onProgress }: CallContext,
): Promise<WaitOutcome> {
  const { pattern, fromOffset, yieldMs } = request;
  const search = pattern === null ? null : new OutputSearch(task.record, pattern, fromOffset);
  const startMs = performance.now();
  const elapsedMs = () => performance.now() - startMs;
  const bell = new Bell();
  const unwatch = task.watch(() => bell.ring());
  const deadline = setTimeout(() => bell.ring(), yieldMs);
  const ticker = setInterval(() => {
    onProgress?.({ elapsedMs: elapsedMs(), totalMs: yieldMs, message: describe(task) });
  }, PROGRESS_MS);
  const onAbort = () => bell.ring();
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    for (;;) {
      if (signal?.aborted)
        throw toolError('CALL_CANCELLED', `The call was cancelled while it waited for task ${task.taskId}.`);
      const match = search?.find() ?? null;
      if (search?.isBehind) {
        await nextTurn();
        continue;
      }
      const because = judgeWait(
        {
          hasMatched: match !== null,
          hasEnded: task.end !== null,
          isUnreachable: task.fault !== null,
          blocks: task.blocks,
          isTimeUp: elapsedMs() >= yieldMs,
        },
        request,
      );
      if (because !== null) return { because, match };
      await bell.rung(search === null ? 0 : SEARCH_PAUSE_MS);
    }
  } finally {
    unwatch();
    clearTimeout(deadline);
    clearInterval(ticker);
    signal?.removeEventListener('abort', onAbort);
  }
}

function describe(task: TrackedTask): string {
  return `${task.taskId} is ${task.condition}, ${task.record.endOffset} bytes of output so far`;
}

/** Rung from elsewhere, heard once. */
class Bell {
  #hear: (() => void) | null = null;
  #isRung = false;

  ring(): void {
    this.#isRung = true;
    this.#hear?.();
  }

  /** Resolves once it was rung since the last time, and what rang it has had `pauseMs` to go on. */
  async rung(pauseMs: number): Promise<void> {
    if (!this.#isRung) {
      await new Promise<void>((resolve) => {
        this.#hear = resolve;
      });
      this.#hear = null;
    }
    if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    this.#isRung = false;
  }
}
