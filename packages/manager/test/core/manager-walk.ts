/**
 * A walk of the machine among callers, workers, processes, connections and clocks that do what they may, in an order that
 * follows from a seed; some workers lie.
 */
import { chooseAsked } from '#src/core/asked-recovery.js';
import type { BlockOrders, BlockPlan } from '#src/core/block-orders.js';
import type { Effect } from '#src/core/effect.js';
import type { ManagerEvent, RungOrder, Timer } from '#src/core/event.js';
import type { RecoveryRung } from '#src/core/report.js';
import { openState } from '#src/core/state.js';
import { step } from '#src/core/step.js';
import type { Submission } from '#src/core/task.js';
import { createGauges, measure } from '#src/core/telemetry/measure.js';
import { type OpenAttempts, trace } from '#src/core/telemetry/trace.js';
import { messageOf } from './any-messages.js';
import { Chance } from './chance.js';

const MAX_TASKS = 6;
/** Far more than there are timers: each that fires settles what it waited for. */
const MAX_LAST_STEPS = 500;

export class ManagerWalk {
  readonly done = { settled: 0, started: 0, restarted: 0, recovered: 0 };
  readonly #chance: Chance;
  readonly #state: ReturnType<typeof openState>;
  readonly #lies: number;
  readonly #past: ManagerEvent[] = [];
  readonly #timers = new Map<string, Timer>();
  readonly #connections = new Map<string, 'dialled' | 'open'>();
  readonly #processes = new Map<string, 'starting' | 'running'>();
  readonly #asked = new Set<Extract<Effect, { type: 'ask_handler' }>>();
  readonly #submitted: string[] = [];
  readonly #settled = new Set<string>();
  readonly #requests: string[] = [];
  readonly #answered = new Set<string>();
  readonly #gauges = createGauges();
  readonly #openAttempts: OpenAttempts = new Map();
  #nowMs = 0;
  #isTickAwaited = false;
  #isClosing = false;
  #isShutDown = false;

  constructor(seed: number) {
    this.#chance = new Chance(seed);
    this.#lies = this.#chance.of([0, 0.02, 0.2]);
    this.#state = openState({
      managerId: 'm',
      maxWorkers: this.#chance.of([1, 2, 3]),
      connectTimeoutMs: 1_000,
      lostAfterMs: 1_000,
      maxAttempts: this.#chance.of([1, 3]),
      startsWorkers: this.#chance.happens(0.5),
    });
  }

  go(steps: number): void {
    for (let count = 0; count < steps && !this.#isShutDown; count++) {
      const next = [...this.#callers(), ...this.#workers(), ...this.#clocks()];
      this.#chance.of(next)?.();
    }
  }

  /** Lets all come to its end, and looks whether it has. */
  close(): void {
    if (!this.#isClosing) this.#close();
    for (let count = 0; count < MAX_LAST_STEPS && !this.#isShutDown; count++) {
      const [last] = this.#clocks();
      last?.();
    }
    if (!this.#isShutDown) throw new Error('it never shut down');
    const left = this.#submitted.filter((taskId) => !this.#settled.has(taskId));
    if (left.length > 0) throw new Error(`never settled: ${left}`);
    const open = this.#requests.filter((requestId) => !this.#answered.has(requestId));
    if (open.length > 0) throw new Error(`never answered: ${open}`);
    if (this.#heldByTelemetry > 0) throw new Error('telemetry holds what has ended');
  }

  /** Attempts and times of which telemetry has not seen the end. */
  get #heldByTelemetry(): number {
    const { queuedAtMs, placedAtMs } = this.#gauges;
    return this.#openAttempts.size + queuedAtMs.size + placedAtMs.size;
  }

  story(): string {
    return this.#past.map((event) => JSON.stringify(event)).join('\n');
  }

  #happen(event: ManagerEvent): void {
    this.#past.push(event);
    this.#nowMs += this.#chance.of([0, 1, 50, 3_000]);
    const effects = step(this.#state, event, { nowMs: this.#nowMs, random: 0.5 });
    measure(this.#gauges, this.#state, event, effects, this.#nowMs);
    trace(this.#openAttempts, this.#state, effects);
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: Effect): void {
    switch (effect.type) {
      case 'set_timer':
        return void this.#timers.set(JSON.stringify(effect.timer), effect.timer);
      case 'clear_timer':
        return void this.#timers.delete(JSON.stringify(effect.timer));
      case 'dial':
        return void this.#connections.set(effect.workerKey, 'dialled');
      case 'drop_connection':
        return void this.#connections.delete(effect.workerKey);
      case 'start_worker':
      case 'restart_worker':
        return void this.#processes.set(effect.workerKey, 'starting');
      case 'stop_worker':
        return void this.#processes.delete(effect.workerKey);
      case 'await_tick_end':
        this.#isTickAwaited = true;
        return;
      case 'ask_handler':
        return void this.#asked.add(effect);
      case 'answer_request':
      case 'refuse_request':
        return noteOnce(this.#answered, effect.requestId);
      case 'settle_task':
        this.done.settled++;
        return noteOnce(this.#settled, effect.taskId);
      case 'shut_down':
        this.#isShutDown = true;
        return;
      default:
        if (effect.type === 'tell_started') this.done.started++;
        if (effect.type === 'restart_task') this.done.restarted++;
        if (effect.type === 'tell_recovery') this.done.recovered++;
    }
  }

  #callers(): (() => void)[] {
    const chance = this.#chance;
    const { workers, tasks, beingRead } = this.#state;
    const taskId = chance.of([...this.#submitted, 'nobody']);
    const calls: (() => void)[] = [
      () =>
        this.#happen({
          type: 'stop_asked',
          taskId,
          stop: { graceMs: 1, by: chance.of(['caller', 'abort']) },
        }),
      () => this.#happen({ type: 'signal_asked', taskId, signal: 'SIGINT' }),
      () => this.#happen({ type: 'detach_asked', taskId }),
    ].filter(() => chance.happens(0.3));
    for (const one of beingRead.keys())
      calls.push(() => this.#happen({ type: 'reading_ended', taskId: one }));
    for (const one of this.#asked.values()) calls.push(() => this.#answer(one));
    for (const worker of workers.values())
      if (chance.happens(0.2)) calls.push(() => this.#recover(worker.key));
    if (this.#isClosing) return calls;
    if (this.#submitted.length < MAX_TASKS)
      calls.push(
        () => this.#happen({ type: 'task_submitted', submission: this.#submission() }),
        () => this.#adopt(),
      );
    for (const { taskId: one, body } of tasks.values())
      if (body.command === null)
        calls.push(() => this.#happen({ type: 'task_commanded', taskId: one, command: 'x' }));
    if (workers.size < 2)
      calls.push(() => this.#happen({ type: 'worker_named', url: `ws://${workers.size}` }));
    else calls.push(() => this.#request());
    if (chance.happens(0.1)) calls.push(() => this.#wantWorker());
    if (chance.happens(0.03)) calls.push(() => this.#close());
    return calls;
  }

  #workers(): (() => void)[] {
    const chance = this.#chance;
    const fault = { code: 'WORKER_UNREACHABLE', message: 'gone' } as const;
    const happenings: (() => void)[] = [];
    for (const [workerKey, connection] of this.#connections) {
      const cut = (type: 'dial_failed' | 'connection_lost') => () => {
        this.#connections.delete(workerKey);
        this.#happen({ type, workerKey, fault, lasting: chance.happens(0.2) });
      };
      if (connection === 'dialled') {
        const open = () => {
          this.#connections.set(workerKey, 'open');
          this.#happen({ type: 'connection_opened', workerKey });
        };
        happenings.push(open, open, open, cut('dial_failed'));
      } else {
        happenings.push(
          ...Array.from({ length: 12 }, () => () => this.#say(workerKey)),
          cut('connection_lost'),
        );
        if (chance.happens(0.1))
          happenings.push(() => this.#happen({ type: 'protocol_broken', workerKey, message: 'x' }));
      }
    }
    for (const [workerKey, process] of this.#processes) {
      const end = (type: 'worker_start_failed' | 'worker_exited') => () => {
        this.#processes.delete(workerKey);
        this.#happen({ type, workerKey, fault });
      };
      const start = () => {
        this.#processes.set(workerKey, 'running');
        this.#happen({ type: 'worker_started', workerKey, url: `ws://${workerKey}` });
      };
      if (process === 'running') happenings.push(end('worker_exited'));
      else happenings.push(start, start, end('worker_start_failed'));
    }
    return happenings;
  }

  /** The end of a tick, which is soon, and timers. */
  #clocks(): (() => void)[] {
    const tick = () => {
      this.#isTickAwaited = false;
      this.#happen({ type: 'tick_ended' });
    };
    const ticks = this.#isTickAwaited ? [tick, tick, tick, tick] : [];
    const fire = ([name, timer]: [string, Timer]) => {
      return () => {
        this.#timers.delete(name);
        this.#happen({ type: 'timer_fired', timer });
      };
    };
    return [...ticks, ...[...this.#timers].map(fire)];
  }

  #say(workerKey: string): void {
    const worker = this.#state.workers.get(workerKey);
    if (worker === undefined) return;
    const known = { taskIds: this.#submitted, requestIds: this.#requests, lies: this.#lies };
    const message = messageOf(this.#chance, this.#state, worker, known);
    this.#happen({ type: 'message_received', workerKey, message });
  }

  #submission(): Submission {
    const chance = this.#chance;
    const taskId = `t${this.#submitted.length + 1}`;
    this.#submitted.push(taskId);
    return {
      taskId,
      priority: chance.of([0, 1]),
      needs: chance.of([{}, {}, {}, { type: 'gpu' }, { worker: 'id-of-w1' }, { memoryBytes: 500 }]),
      idempotent: chance.happens(0.5),
      orders: this.#orders(),
      graceMs: 5_000,
      body: {
        command: chance.happens(0.9) ? 'x' : null,
        ...(chance.happens(0.2) ? { workspace: 'app' } : {}),
        ...(chance.happens(0.2) ? { limits: { pids: 5 } } : {}),
        ...(chance.happens(0.3) ? { stdin: 'pipe' } : {}),
      },
    };
  }

  #orders(): BlockOrders | null {
    const answers = this.#chance.happens(0.3) ? [ANSWER] : [];
    return this.#chance.of<BlockOrders | null>([
      null,
      { by: 'handler' },
      { by: 'table', plans: { default: this.#plan(), deadlock: this.#plan() }, answers },
    ]);
  }

  #plan(): BlockPlan {
    const rungs = this.#chance.of<BlockPlan['rungs']>([
      [],
      ['answer'],
      ['end_input', 'terminate'],
      ['continue', 'terminate', 'requeue'],
      ['requeue'],
    ]);
    const suspectedAfterMs = this.#chance.of([null, 0, 100]);
    return { rungs, answers: this.#chance.happens(0.5) ? [ANSWER] : [], suspectedAfterMs };
  }

  #adopt(): void {
    const { body, ...submission } = this.#submission();
    const worker = this.#chance.of([undefined, 'id-of-w1', 'ws://0']);
    const told = { ...submission, needs: {}, idempotent: false, body: { ...body, command: 'x' } };
    const forget = this.#chance.happens(0.5);
    this.#happen({ type: 'task_adopted', submission: told, worker, offset: 0, forget });
  }

  #request(): void {
    const kind = this.#chance.of([
      { kind: 'ready' },
      { kind: 'load' },
      { kind: 'remove_workspace', workspace: 'app' },
    ] as const);
    const worker = this.#chance.of([undefined, 'id-of-w1', 'ws://0', 'nobody']);
    this.#happen({ type: 'request_made', requestId: this.#newRequest(), worker, kind });
  }

  #wantWorker(): void {
    this.#happen({ type: 'worker_wanted', requestId: this.#newRequest(), workerType: 'general' });
  }

  #newRequest(): string {
    const requestId = `r${this.#requests.length}`;
    this.#requests.push(requestId);
    return requestId;
  }

  #answer(asked: Extract<Effect, { type: 'ask_handler' }>): void {
    this.#asked.delete(asked);
    const { taskId, climbId } = asked;
    const answer = this.#chance.happens(0.8) ? { plan: this.#plan() } : { fault: 'it threw' };
    this.#happen({ type: 'block_answered', taskId, climbId, answer });
  }

  #recover(workerKey: string): void {
    const worker = this.#state.workers.get(workerKey);
    const rung = this.#chance.of<RecoveryRung | undefined>([
      ...([undefined, undefined, 'answer', 'end_input', 'continue', 'terminate', 'requeue'] as const),
      ...(['restart_worker', 'replace_worker'] as const),
    ]);
    const order: RungOrder = { rung, answer: this.#chance.of([null, ANSWER]), graceMs: 10 };
    if (worker === undefined) return;
    const chosen = chooseAsked({ state: this.#state, nowMs: this.#nowMs }, worker, order);
    if (chosen.rung !== 'none') this.#happen({ type: 'rung_asked', workerKey, order });
  }

  #close(): void {
    this.#isClosing = true;
    this.#happen({ type: 'close_asked', graceMs: 10, leaveTasks: this.#chance.happens(0.3) });
  }
}

const ANSWER = { prompt: null, text: 'y\n', password: false, times: 1 };

function noteOnce(seen: Set<string>, id: string): void {
  if (seen.has(id)) throw new Error(`${id} was told twice`);
  seen.add(id);
}
