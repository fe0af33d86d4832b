/** Hands each task its news: to the port that was added for it, until it has ended. */
import type { Effect } from '../core/effect.js';
import type { InputPart } from './task-input.js';
import type { TaskPort } from './task-port.js';

/** What is for one task alone. */
export type TaskNews = Extract<
  Effect,
  {
    type:
      | 'tell_assigned'
      | 'tell_started'
      | 'settle_task'
      | 'restart_task'
      | 'ask_handler'
      | `${'open' | 'hold' | 'accept' | 'refuse' | 'reply' | 'end'}_input`;
  }
>;

export class TaskPorts {
  readonly #ports = new Map<string, TaskPort>();
  readonly #sendInput: (workerKey: string, taskId: string, part: InputPart) => void;

  constructor(sendInput: (workerKey: string, taskId: string, part: InputPart) => void) {
    this.#sendInput = sendInput;
  }

  add(taskId: string, port: TaskPort): void {
    this.#ports.set(taskId, port);
  }

  get(taskId: string): TaskPort | undefined {
    return this.#ports.get(taskId);
  }

  tell(news: TaskNews): void {
    const port = this.#ports.get(news.taskId);
    if (port === undefined) return;
    switch (news.type) {
      case 'tell_assigned':
        port.onAssigned(news.worker);
        break;
      case 'tell_started':
        port.onStarted(news.start, news.attempt);
        break;
      case 'restart_task':
        port.onRestarted(news.attempts, news.why);
        break;
      case 'settle_task':
        this.#ports.delete(news.taskId);
        port.onSettled(news.outcome);
        break;
      case 'ask_handler':
        port.onBlockAsked(news.block, news.climbId);
        break;
      case 'open_input':
        port.input.open((part) => this.#sendInput(news.workerKey, news.taskId, part));
        break;
      case 'hold_input':
        port.input.hold();
        break;
      case 'accept_input':
        port.input.accept(news.offset);
        break;
      case 'refuse_input':
        port.input.refuse(news.message);
        break;
      case 'reply_input':
        port.input.reply(Buffer.from(news.text));
        break;
      case 'end_input':
        port.input.endAttempt();
        break;
    }
  }
}
