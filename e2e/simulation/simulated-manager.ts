/**
 * A manager: the real machine of `packages/manager` with its real ways of output and input, and what stands around it
 * simulated. It carries out the machine's effects as the real one does, dies and comes back under its managerId.
 */
import type { Effect, Outgoing } from '../../packages/manager/dist/core/effect.js';
import type { ManagerEvent, Timer } from '../../packages/manager/dist/core/event.js';
import { type ManagerState, openState } from '../../packages/manager/dist/core/state.js';
import { step } from '../../packages/manager/dist/core/step.js';
import type { Submission } from '../../packages/manager/dist/core/task.js';
import { OutputRelay } from '../../packages/manager/dist/io/output-relay.js';
import type { InputPart } from '../../packages/manager/dist/io/task-input.js';
import type { TaskPort } from '../../packages/manager/dist/io/task-port.js';
import type { ManagerMessage } from '../../packages/protocol/dist/index.js';
import type { Connection } from './connection.js';
import { type Life, TaskRecord } from './ledger.js';
import { type Dial, ManagerLinks } from './manager-links.js';
import type { Lately } from './outcome-check.js';
import type { ManagerPlan, TaskPlan } from './plan.js';
import type { SimulatedWorker } from './simulated-worker.js';
import { TaskReader } from './task-reader.js';
import type { ManagerEnd } from './worker-socket.js';
import { Violation, type World } from './world.js';

export class SimulatedManager {
  readonly plan: ManagerPlan;
  readonly records = new Map<string, TaskRecord>();
  isUp = false;
  /** It died, and will not come back. */
  isGone = false;
  readonly #world: World;
  readonly #workers: ReadonlyMap<string, SimulatedWorker>;
  readonly #disturbance: Lately['disturbance'];
  #life = 0;
  #state!: ManagerState;
  #relay!: OutputRelay;
  readonly #links: ManagerLinks;
  readonly #readers = new Map<string, TaskReader>();
  readonly #timers = new Map<string, () => void>();
  readonly #awaySinceMs = new Map<string, number>();
  /** Of those that were connected last. */
  readonly #bootIds = new Map<string, string>();
  readonly #unsubmitted: TaskPlan[];
  readonly #events: ManagerEvent[] = [];
  #isStepping = false;
  /** Told beside the message that is being handled. */
  #told: Life | null = null;

  constructor(
    world: World,
    plan: ManagerPlan,
    workers: ReadonlyMap<string, SimulatedWorker>,
    disturbance: Lately['disturbance'],
    dial: Dial,
  ) {
    this.#world = world;
    this.plan = plan;
    this.#workers = workers;
    this.#disturbance = disturbance;
    this.#links = new ManagerLinks(dial, (event) => this.#dispatch(event));
    this.#unsubmitted = [...plan.tasks];
    for (const task of plan.tasks) this.records.set(task.taskId, new TaskRecord(task));
  }

  /** Begins its life, and later the next one. */
  start(): void {
    this.isUp = true;
    this.#state = openState(this.plan.policy);
    this.#relay = new OutputRelay({
      state: this.#state,
      clock: { nowMs: () => this.#world.nowMs, after: (delayMs, call) => this.#after(delayMs, call) },
      portOf: (taskId) => this.#portOf(taskId),
      count: () => {},
      send: (workerKey, message) => this.#send(workerKey, message),
      broken: (workerKey, message) => {
        throw new Violation(`${workerKey} breaks the protocol: ${message}`);
      },
    });
    for (const [url] of this.#workers) {
      this.#awaySinceMs.set(url, this.#world.nowMs);
      this.#dispatch({ type: 'worker_named', url });
    }
    for (const task of [...this.#unsubmitted])
      this.#after(task.submitAtMs - this.#world.nowMs, () => this.#submit(task));
  }

  /** Whether nothing is to be waited for: each task has ended, and was read. */
  get isIdle(): boolean {
    return this.isGone || (this.isUp && this.#unsubmitted.length === 0 && this.#readers.size === 0);
  }

  /** It is killed; it comes back later, or not. */
  crash(forMs: number): void {
    if (!this.isUp) return;
    this.#world.note(() => `${this.plan.name} dies`);
    this.isUp = false;
    this.#life++;
    this.#links.vanish(() => this.#world.chance.is(0.7));
    for (const reader of this.#readers.values()) reader.abandon();
    this.#readers.clear();
    this.#events.length = 0;
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
    this.#relay.stop();
    this.isGone = this.plan.isMortal;
    if (!this.isGone) this.#world.after(forMs, () => this.start());
  }

  /** Takes over all that workers keep and nobody holds. Says how many there were. */
  adoptAll(): number {
    let count = 0;
    for (const worker of this.#state.workers.values()) {
      for (const taskId of [...worker.adoptable.keys()]) {
        count++;
        if (!this.#readers.has(taskId)) this.#adopt(taskId, worker.url);
      }
    }
    return count;
  }

  /** What it still knows of tasks, in words; empty for nothing. */
  get leftovers(): string[] {
    const { tasks, beingRead, waiting, workers } = this.#state;
    return [
      ...[...tasks.values()].map(({ taskId, state }) => `${taskId} (${state})`),
      ...[...beingRead.keys()].map((taskId) => `${taskId} (being read)`),
      ...(waiting.size === 0 ? [] : [`${waiting.size} in the queue`]),
      ...[...workers.values()].flatMap(({ taskIds }) => [...taskIds].map((taskId) => `a slot of ${taskId}`)),
      ...[...this.#timers.keys()].filter((name) => name.startsWith('task ')).map((name) => `timer ${name}`),
    ];
  }

  #submit(task: TaskPlan): void {
    this.#unsubmitted.splice(this.#unsubmitted.indexOf(task), 1);
    const { taskId, priority, idempotent, timeoutMs, lingerMs, input, stop } = task;
    const record = this.records.get(taskId) as TaskRecord;
    record.submittedAtMs = this.#world.nowMs;
    this.#addReader(record, 0, false);
    const submission: Submission = {
      taskId,
      priority,
      idempotent,
      needs: {},
      orders: null,
      graceMs: 5_000,
      body: { command: 'make', timeoutMs, lingerMs, ...(input === null ? {} : { stdin: 'pipe' }) },
    };
    this.#dispatch({ type: 'task_submitted', submission });
    if (stop === null) return;
    const askStop = () => {
      record.stopAskedAtMs = this.#world.nowMs;
      this.#dispatch({ type: 'stop_asked', taskId, stop: { graceMs: stop.graceMs, by: 'caller' } });
    };
    if (stop.afterMs === 0) askStop();
    else this.#after(stop.afterMs, askStop);
  }

  #adopt(taskId: string, url: string): void {
    const record = this.records.get(taskId);
    if (record === undefined)
      throw new Violation(`${url} lists ${taskId}, which is none of ${this.plan.name}`);
    const life = this.#workers.get(url)?.lifeOf(`manager:${this.plan.name} ${taskId}`) ?? null;
    const offset = life?.takenOffset ?? 0;
    const reader = this.#addReader(record, offset, true);
    if (life !== null) reader.meet(life);
    const submission = {
      taskId,
      priority: 0,
      needs: {},
      idempotent: false,
      orders: null,
      graceMs: 0,
      body: { command: null },
    };
    this.#dispatch({ type: 'task_adopted', submission, worker: url, offset, forget: true });
  }

  #addReader(record: TaskRecord, offset: number, isAdopted: boolean): TaskReader {
    const { taskId } = record.plan;
    const life = this.#life;
    const reader = new TaskReader(this.#world, record, offset, isAdopted, {
      taken: (bytes, endOffset) => {
        if (life === this.#life) this.#relay.noteTaken(taskId, bytes, endOffset);
      },
      allTaken: () => {
        if (life !== this.#life) return;
        this.#readers.delete(taskId);
        this.#dispatch({ type: 'reading_ended', taskId });
      },
    });
    this.#readers.set(taskId, reader);
    return reader;
  }

  #dispatch(event: ManagerEvent): void {
    if (!this.isUp) return;
    this.#events.push(event);
    if (this.#isStepping) return;
    this.#isStepping = true;
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
        this.#note(next);
        const moment = { nowMs: this.#world.nowMs, random: this.#world.chance.next() };
        for (const effect of step(this.#state, next, moment)) this.#perform(effect);
      }
    } finally {
      this.#isStepping = false;
    }
  }

  #perform(effect: Effect): void {
    switch (effect.type) {
      case 'dial':
        return this.#links.connect(effect.workerKey, this.#urlOf(effect.workerKey));
      case 'drop_connection':
        return this.#links.drop(effect.workerKey);
      case 'send':
        return this.#send(effect.workerKey, effect.message);
      case 'set_timer':
        return this.#setTimer(effect.timer, effect.delayMs);
      case 'clear_timer':
        return this.#clearTimer(timerName(effect.timer));
      case 'await_tick_end':
        this.#after(0, () => this.#dispatch({ type: 'tick_ended' }));
        return;
      case 'settle_task':
        return this.#readers
          .get(effect.taskId)
          ?.settle(effect.outcome, this.#latelyOf(effect.outcome.workerId));
      case 'tell_started':
        return this.#readers.get(effect.taskId)?.hearOfStart();
      case 'restart_task':
        return this.#readers.get(effect.taskId)?.restart();
      case 'tell_gap':
        return this.#readers.get(effect.taskId)?.takeGap(effect.gap);
      case 'open_input': {
        const { taskId, workerKey } = effect;
        const send = (part: InputPart) => this.#sendInput(workerKey, taskId, part);
        return this.#readers.get(taskId)?.input.open(send);
      }
      case 'hold_input':
        return this.#readers.get(effect.taskId)?.input.hold();
      case 'accept_input':
        return this.#readers.get(effect.taskId)?.input.accept(effect.offset);
      case 'refuse_input':
        return this.#readers.get(effect.taskId)?.input.refuse(effect.message);
      case 'tell_worker_connected':
        this.#awaySinceMs.delete(effect.worker.url);
        this.#bootIds.set(effect.worker.url, this.#bootIdOf(effect.worker.url));
        // Whoever restarts under its managerId takes over what it finds, now or later.
        this.#after(this.#world.chance.spread(1, 5_000), () => this.adoptAll());
        return;
      case 'tell_worker_disconnected':
        if (!this.#awaySinceMs.has(effect.worker.url))
          this.#awaySinceMs.set(effect.worker.url, this.#world.nowMs);
        return;
      default: // what is told of blocks and requests
    }
  }

  #urlOf(workerKey: string): string {
    return this.#state.workers.get(workerKey)?.url ?? '';
  }

  /** The worker's end of a connection that is being made. */
  endOf(connection: Connection, url: string): ManagerEnd {
    return {
      message: (message, life) => {
        const workerKey = this.#links.workerKeyOf(connection);
        if (workerKey === null) return;
        if ('taskId' in message && message.taskId !== undefined) this.#meet(message.taskId, url, life);
        if (message.type === 'task_error' && message.code === 'rejected') {
          const attempt = this.#state.tasks.get(message.taskId)?.attempt;
          if (attempt !== undefined) this.records.get(message.taskId)?.handedOver.delete(attempt);
        }
        this.#dispatch({ type: 'message_received', workerKey, message });
      },
      output: (frame, life) => {
        const workerKey = this.#links.workerKeyOf(connection);
        this.#told = life;
        if (workerKey !== null) this.#relay.receive(workerKey, frame);
      },
    };
  }

  /** What is told of a task is about this start of it, if it comes from the worker that has it. */
  #meet(taskId: string, url: string, life: Life | null): void {
    const task = this.#state.tasks.get(taskId);
    if (life === null || task === undefined || task.state === 'unknown') return;
    if (this.#urlOf(task.workerKey ?? '') === url) this.#readers.get(taskId)?.meet(life);
  }

  #portOf(taskId: string): TaskPort | undefined {
    const reader = this.#readers.get(taskId);
    if (reader === undefined) return undefined;
    const push: TaskPort['output']['push'] = (stream, offset, data) => {
      if (this.#told !== null) reader.meet(this.#told);
      reader.take(stream, offset, data);
    };
    // The relay asks a port for these two alone.
    return { output: { push }, onOutput: () => {} } as unknown as TaskPort;
  }

  #send(workerKey: string, message: Outgoing): void {
    this.#transmit(workerKey, { ...message, timestamp: 0 } as ManagerMessage);
  }

  #sendInput(workerKey: string, taskId: string, { offset, data, end }: InputPart): void {
    this.#transmit(workerKey, { type: 'send_input', taskId, input: '', offset, end, timestamp: 0 }, data);
  }

  #transmit(workerKey: string, message: ManagerMessage, input?: Uint8Array): void {
    const taskId = 'taskId' in message ? message.taskId : '';
    const attempt = this.#state.tasks.get(taskId)?.attempt ?? 0;
    this.#world.note(() => {
      const offset = 'offset' in message ? ` ${message.offset}` : '';
      return `${this.plan.name} > ${this.#links.nameOf(workerKey)} ${message.type} ${taskId}${offset}`;
    });
    const isSent = this.#links.send(workerKey, message, attempt, input);
    if (message.type !== 'execute_command') return;
    if (isSent) this.records.get(taskId)?.handedOver.add(attempt);
    else this.#dispatch({ type: 'command_unsent', taskId, workerKey });
  }

  /** @param url A worker's name is its URL; null for a task that has none. */
  #latelyOf(url: string | null): Omit<Lately, 'isAdopted'> {
    const { nowMs } = this.#world;
    return {
      nowMs,
      awaySinceMs: this.#awaySinceMs.get(url ?? '') ?? nowMs,
      lostAfterMs: this.plan.policy.lostAfterMs,
      hasRestarted: this.#workers.get(url ?? '')?.bootId !== this.#bootIds.get(url ?? ''),
      disturbance: this.#disturbance,
    };
  }

  #bootIdOf(url: string): string {
    const known = [...this.#state.workers.values()].find((worker) => worker.url === url);
    return known?.identity?.bootId ?? '';
  }

  /** A call in this life of the manager. */
  #after(delayMs: number, call: () => void): () => void {
    const life = this.#life;
    return this.#world.after(delayMs, () => {
      if (this.isUp && life === this.#life) call();
    });
  }

  #setTimer(timer: Timer, delayMs: number): void {
    const name = timerName(timer);
    this.#clearTimer(name);
    const fire = () => {
      this.#timers.delete(name);
      this.#dispatch({ type: 'timer_fired', timer });
    };
    this.#timers.set(name, this.#after(delayMs, fire));
  }

  #clearTimer(name: string): void {
    this.#timers.get(name)?.();
    this.#timers.delete(name);
  }

  #note(event: ManagerEvent): void {
    this.#world.note(() => {
      const about = 'workerKey' in event ? ` ${event.workerKey}` : '';
      const timer = event.type === 'timer_fired' ? ` ${timerName(event.timer)}` : '';
      const message = event.type === 'message_received' ? ` ${event.message.type}` : '';
      const taskId = 'taskId' in event ? ` ${event.taskId}` : '';
      return `${this.plan.name}: ${event.type}${about}${timer}${message}${taskId}`;
    });
  }
}

function timerName(timer: Timer): string {
  if ('taskId' in timer) return `${timer.kind} ${timer.taskId}`;
  if ('workerKey' in timer) return `${timer.kind} ${timer.workerKey}`;
  return 'requestId' in timer ? `${timer.kind} ${timer.requestId}` : timer.kind;
}
