/** One call of the agent's handler, held to its time: where that is over, it is not waited for any longer. */
import type { HandlerFacts } from '../core/handler-verdict.js';

/** @param signal Ends it; its reason is why. `call` is given a signal that is aborted also when the time is over. */
export async function runHandler(
  call: (signal: AbortSignal) => unknown,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<HandlerFacts & { readonly value?: unknown }> {
  const controller = new AbortController();
  let isOver = false;
  let timer: NodeJS.Timeout | undefined;
  let stop = () => {};
  const ended = new Promise<HandlerFacts>((resolve) => {
    timer = setTimeout(() => {
      isOver = true;
      controller.abort(`its ${timeoutMs} ms are over`);
      resolve({ error: null, isOver: true, stoppedWhy: null });
    }, timeoutMs);
    stop = () => {
      controller.abort(signal.reason);
      resolve({ error: null, isOver, stoppedWhy: String(signal.reason) });
    };
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
  });
  const called = Promise.resolve()
    .then(() => (signal.aborted ? undefined : call(controller.signal)))
    .then(
      (value) => ({ error: null, isOver: false, stoppedWhy: null, value }),
      (error: unknown) => ({
        error: error instanceof Error ? error.message : String(error),
        isOver: false,
        stoppedWhy: null,
      }),
    );
  return await Promise.race([called, ended]).finally(() => {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  });
}
