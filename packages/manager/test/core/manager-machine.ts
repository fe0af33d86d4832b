/** Drives the manager's machine by lines, as transcripts have them, and turns its clock. What it wants done comes out whole. */
import type { Effect } from '#src/core/effect.js';
import type { ManagerEvent, Timer } from '#src/core/event.js';
import { type ManagerPolicy, openState } from '#src/core/state.js';
import { step } from '#src/core/step.js';
import type { Task } from '#src/core/task.js';
import type { Worker } from '#src/core/worker.js';
import { eventOf, fieldsOf } from './happening.js';

export type Policy = Partial<ManagerPolicy>;

type EffectOf<Type extends Effect['type']> = Extract<Effect, { readonly type: Type }>;

export class ManagerMachine {
  readonly state;
  nowMs = 0;
  /** Whether what has ended counts as read at once: nobody reads these tasks. */
  isRead = true;
  readonly #alarms = new Map<string, { readonly atMs: number; readonly timer: Timer }>();
  readonly #settled: string[] = [];
  #isTickEndAwaited = false;

  constructor(policy: Policy = {}) {
    this.state = openState({
      managerId: 'm',
      maxWorkers: 10,
      connectTimeoutMs: 10_000,
      lostAfterMs: 300_000,
      maxAttempts: 3,
      startsWorkers: false,
      ...policy,
    });
  }

  /** A manager with one worker that is connected. */
  static connected(welcome = '', policy: Policy = {}): ManagerMachine {
    const machine = new ManagerMachine(policy);
    machine.happen('worker_named', 'connection_opened', `welcome ${welcome}`.trim());
    return machine;
  }

  /** Each line is a tick; what ` + ` joins is one as well, and `pass ms=...` turns the clock. */
  happen(...lines: string[]): Effect[] {
    return lines.flatMap((line) => {
      const effects = line.split(' + ').flatMap((each) => this.#take(each));
      if (this.isRead)
        for (const taskId of this.#settled.splice(0))
          effects.push(...this.step({ type: 'reading_ended', taskId }));
      if (this.#isTickEndAwaited) effects.push(...this.step({ type: 'tick_ended' }));
      this.#isTickEndAwaited = false;
      return effects;
    });
  }

  step(event: ManagerEvent): Effect[] {
    const effects = step(this.state, event, { nowMs: this.nowMs, random: 1 });
    for (const effect of effects) this.#perform(effect);
    return effects;
  }

  /** In how many milliseconds each timer fires, by its kind and what it is for: `redial w1`. */
  get timers(): Readonly<Record<string, number>> {
    return Object.fromEntries(
      [...this.#alarms.values()].map(({ atMs, timer: { kind, ...about } }) => [
        [kind, ...Object.values(about)].join(' '),
        atMs - this.nowMs,
      ]),
    );
  }

  task(taskId = 't1'): Task {
    return this.state.tasks.get(taskId) as Task;
  }

  worker(workerKey = 'w1'): Worker {
    return this.state.workers.get(workerKey) as Worker;
  }

  #take(line: string): Effect[] {
    const { type, fields } = fieldsOf(line);
    return type === 'pass' ? this.#pass(Number(fields['ms'])) : this.step(eventOf(type, fields));
  }

  #pass(ms: number): Effect[] {
    const endMs = this.nowMs + ms;
    const effects: Effect[] = [];
    for (let due = this.#nextAlarm(endMs); due !== null; due = this.#nextAlarm(endMs)) {
      this.#alarms.delete(JSON.stringify(due.timer));
      this.nowMs = due.atMs;
      effects.push(...this.step({ type: 'timer_fired', timer: due.timer }));
    }
    this.nowMs = endMs;
    return effects;
  }

  #nextAlarm(endMs: number) {
    const [first] = [...this.#alarms.values()].sort((a, b) => a.atMs - b.atMs);
    return first === undefined || first.atMs > endMs ? null : first;
  }

  #perform(effect: Effect): void {
    if (effect.type === 'set_timer') {
      const { timer, delayMs } = effect;
      this.#alarms.set(JSON.stringify(timer), { atMs: this.nowMs + delayMs, timer });
    } else if (effect.type === 'clear_timer') this.#alarms.delete(JSON.stringify(effect.timer));
    else if (effect.type === 'await_tick_end') this.#isTickEndAwaited = true;
    else if (effect.type === 'settle_task') this.#settled.push(effect.taskId);
  }
}

/** Those effects that are of a type. */
export function only<Type extends Effect['type']>(effects: readonly Effect[], type: Type): EffectOf<Type>[] {
  return effects.filter((effect): effect is EffectOf<Type> => effect.type === type);
}

/** The messages that are sent, but for `hello`. */
export function sent(effects: readonly Effect[]): object[] {
  return only(effects, 'send').flatMap(({ message }) => (message.type === 'hello' ? [] : [message]));
}
