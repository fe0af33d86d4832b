/** What an interrupt does to the task that is followed: ends ours, lets go of another's. */
import type { TaskHandle } from '@sandcrew/manager';
import { type InterruptReactions, Interrupts } from './interrupts.js';
import type { TaskRenderer } from './render/task-renderer.js';
import type { TaskNews } from './task-news.js';

/** From SIGTERM to SIGKILL where the user, or what happens to us, ends our task, milliseconds. */
export const GRACE_MS = 5_000;

export function endOnInterrupt(handle: TaskHandle, renderer: TaskRenderer, news: TaskNews): Interrupts {
  const reactions: InterruptReactions = {
    first(signal) {
      handle.terminate(GRACE_MS);
      if (news.isAway) return 'give-up';
      const how = `SIGTERM now, SIGKILL after ${GRACE_MS / 1_000} s`;
      renderer.notice(`Ending the command on ${signal} (${how}). Once more kills it at once.`);
      return 'patience';
    },
    second: () => handle.terminate(0),
  };
  return new Interrupts(reactions);
}

export function letGoOnInterrupt(handle: TaskHandle): Interrupts {
  const letGo = () => void handle.detach().catch(() => {}); // what came of it is told by the handle
  return new Interrupts({
    first() {
      letGo();
      return 'give-up';
    },
    second: letGo,
  });
}
