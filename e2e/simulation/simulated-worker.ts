/**
 * A worker: the real machine of `apps/worker`, and what stands around it simulated. It carries out the machine's effects
 * as the real worker does, dies, stops and comes back, and checks at each step what a worker promises.
 */
import type { WorkerEffect } from '../../apps/worker/build/core/effect.js';
import type { WorkerEvent } from '../../apps/worker/build/core/event.js';
import { createState, type WorkerState } from '../../apps/worker/build/core/state.js';
import { step } from '../../apps/worker/build/core/step.js';
import { TASK_TIMERS } from '../../apps/worker/build/core/turn.js';
import type { ManagerMessage } from '../../packages/protocol/dist/index.js';
import type { Connection } from './connection.js';
import { Life, type TaskRecord } from './ledger.js';
import type { WorkerPlan } from './plan.js';
import { SimulatedProcess } from './simulated-process.js';
import { SimulatedSpool } from './simulated-spool.js';
import { checkRetention, checkSessions, hasSession, ownerOf } from './worker-checks.js';
import { type ManagerEnd, WorkerSocket } from './worker-socket.js';
import { Violation, type World } from './world.js';

const HEALTH = {
  cpu: 1,
  memory: 2,
  disk: 3,
  loadAverage: [0, 0, 0],
  eventLoopDelayMs: 1,
  uptimeMs: 1,
} as const;
const HEARTBEAT_MS = 30_000;
/** An orphan is asked to end, killed after its grace, and swept: it may take so long beyond its timeout. */
const ORPHAN_MARGIN_MS = 20_000;

export class SimulatedWorker {
  readonly plan: WorkerPlan;
  isUp = true;
  readonly #world: World;
  readonly #recordOf: (taskKey: string) => TaskRecord;
  #boot = 0;
  #state!: WorkerState;
  #spool!: SimulatedSpool;
  readonly #sockets = new Map<string, WorkerSocket>();
  readonly #processes = new Map<string, SimulatedProcess>();
  readonly #timers = new Map<string, () => void>();
  readonly #events: WorkerEvent[] = [];
  /** What happens while it is stopped waits here. */
  #stopped: (() => void)[] | null = null;
  #isStepping = false;
  /** Since when managers with tasks here have no connection. */
  readonly #ownerLostAtMs = new Map<string, number>();
  /** Of the `execute_command` that is being received. */
  #attempt = 0;

  constructor(world: World, plan: WorkerPlan, recordOf: (taskKey: string) => TaskRecord) {
    this.#world = world;
    this.plan = plan;
    this.#recordOf = recordOf;
    this.#begin();
  }

  /** A connection was granted. */
  accept(connection: Connection, end: ManagerEnd): void {
    this.#sockets.set(connection.id, new WorkerSocket(this.#world, this.plan, connection, end));
    const closed = this.#whileUp(() => {
      this.#sockets.delete(connection.id);
      this.#dispatch({ type: 'connection_closed', sessionId: connection.id });
      this.#watchOrphans();
    });
    connection.open('worker', closed);
    this.#dispatch({ type: 'connection_opened', sessionId: connection.id, tokenName: 'default' });
  }

  /** @param attempt of the task that the message is about, as its manager counts. */
  receive(
    connection: Connection,
    message: ManagerMessage,
    attempt: number,
    input: Uint8Array | undefined,
  ): void {
    this.#whileUp(() => {
      const socket = this.#sockets.get(connection.id);
      if (socket === undefined) return;
      socket.hear(message);
      this.#attempt = attempt;
      this.#dispatch({
        type: 'message_received',
        sessionId: connection.id,
        message,
        ...(input === undefined ? {} : { input }),
      });
    })();
  }

  /** It is killed, and its tasks with it; it comes back later. */
  crash(forMs: number): void {
    if (!this.isUp) return;
    this.#world.note(() => `${this.plan.name} dies`);
    // What it has closed itself is on its way: the system delivers that.
    for (const { connection } of this.#sockets.values())
      if (connection.isOpen('worker')) connection.vanish('worker', this.#world.chance.is(0.7));
    this.#end();
    this.#world.after(forMs, () => this.#begin());
  }

  /** It stands still, and then goes on where it was. */
  pause(forMs: number): void {
    if (!this.isUp || this.#stopped !== null) return;
    const late: (() => void)[] = [];
    this.#stopped = late;
    this.#world.note(() => `${this.plan.name} stops for ${forMs} ms`);
    for (const { connection } of this.#sockets.values())
      connection.giveUp('manager', () => this.#stopped === late);
    this.#world.after(forMs, () => {
      if (this.#stopped !== late) return;
      this.#stopped = null;
      this.#ownerLostAtMs.clear(); // its timers stood still as well
      for (const call of late) call();
      this.#watchOrphans();
    });
  }

  drain(timeoutMs: number): void {
    this.#whileUp(() => this.#dispatch({ type: 'drain_requested', timeoutMs }))();
  }

  /** Whether nothing goes on, and nothing is kept. What is left, in words; empty for nothing. */
  get leftovers(): string[] {
    const { tasks, kept } = this.#state;
    const timers = [...this.#timers.keys()].filter((name) =>
      TASK_TIMERS.some((kind) => name.startsWith(`${kind} `)),
    );
    return [
      ...[...tasks.values()].map(({ key, phase }) => `task ${key} (${phase})`),
      ...(kept.memoryBytes === 0 ? [] : [`${kept.memoryBytes} bytes in memory`]),
      ...(kept.spoolBytes === 0 ? [] : [`${kept.spoolBytes} bytes in the spool`]),
      ...this.#spool.tasks.map((taskKey) => `spool files of ${taskKey}`),
      ...timers.map((name) => `timer ${name}`),
      ...[...this.#processes].filter(([, process]) => process.isAlive).map(([key]) => `processes of ${key}`),
    ];
  }

  /** Null while there is none. */
  get bootId(): string | null {
    return this.isUp ? this.#state.policy.bootId : null;
  }

  /** Those that it holds for open. */
  get connections(): Connection[] {
    return [...this.#sockets.values()].map(({ connection }) => connection);
  }

  lifeOf(taskKey: string): Life | null {
    return this.#processes.get(taskKey)?.life ?? null;
  }

  #begin(): void {
    this.isUp = true;
    this.#boot++;
    this.#state = createState(
      { ...this.plan.policy, bootId: `${this.plan.name}-boot-${this.#boot}` },
      new Map(),
    );
    const emit = this.#emitter();
    this.#spool = new SimulatedSpool(this.#world, this.plan.spool, emit);
    emit({ type: 'health_measured', health: HEALTH });
    this.#beat(emit, this.#boot);
  }

  #end(): void {
    this.isUp = false;
    this.#stopped = null;
    this.#sockets.clear();
    this.#events.length = 0;
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
    for (const process of this.#processes.values()) process.die();
    this.#processes.clear();
    this.#ownerLostAtMs.clear();
  }

  #beat(emit: (event: WorkerEvent) => void, boot: number): void {
    this.#world.after(HEARTBEAT_MS, () => {
      if (boot !== this.#boot) return;
      if (this.#sockets.size > 0) emit({ type: 'health_measured', health: HEALTH });
      this.#beat(emit, boot);
    });
  }

  /** Takes events of this boot alone. */
  #emitter(): (event: WorkerEvent) => void {
    const boot = this.#boot;
    return (event) => {
      if (boot === this.#boot) this.#whileUp(() => this.#dispatch(event))();
    };
  }

  /** The call, once it can be made; none where it has died before. */
  #whileUp(call: () => void): () => void {
    const boot = this.#boot;
    return () => {
      if (!this.isUp || boot !== this.#boot) return;
      if (this.#stopped !== null) this.#stopped.push(call);
      else call();
    };
  }

  #dispatch(event: WorkerEvent): void {
    this.#events.push(event);
    if (this.#isStepping) return;
    this.#isStepping = true;
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
        this.#note(next);
        for (const effect of step(this.#state, next, this.#world.nowMs)) this.#perform(effect);
        checkRetention(this.plan.name, this.#state, next);
        checkSessions(this.plan.name, this.#state, next);
        if (next.type === 'message_received' && next.message.type === 'hello') this.#watchOrphans();
      }
    } finally {
      this.#isStepping = false;
    }
  }

  #perform(effect: WorkerEffect): void {
    switch (effect.type) {
      case 'set_timer':
        return this.#setTimer(effect.timer, effect.delayMs);
      case 'clear_timer':
        this.#timers.get(effect.timer)?.();
        this.#timers.delete(effect.timer);
        return;
      case 'send': {
        const { sessionId, message } = effect;
        const taskId = 'taskId' in message ? (message.taskId ?? '') : '';
        return this.#sockets.get(sessionId)?.send(message, this.#lifeFor(sessionId, taskId));
      }
      case 'send_output': {
        const { sessionId, frame, cost: bytes } = effect;
        const flushed = this.#whileUp(() => this.#dispatch({ type: 'output_flushed', sessionId, bytes }));
        return this.#sockets
          .get(sessionId)
          ?.sendOutput(effect, this.#lifeFor(sessionId, frame.taskId), flushed);
      }
      case 'ask_drain_heard':
        return this.#askDrainHeard(effect.sessionId);
      case 'close_connection':
        return this.#sockets.get(effect.sessionId)?.connection.close('worker', effect.code);
      case 'start_process':
        return this.#start(effect.taskKey);
      case 'write_input':
        return this.#processes.get(effect.taskKey)?.takeInput(effect.data);
      case 'end_input':
        return this.#processes.get(effect.taskKey)?.endInput();
      case 'signal_process':
        return this.#processes.get(effect.taskKey)?.signal(effect.signal);
      case 'end_tree':
        return this.#processes.get(effect.taskKey)?.endTree();
      case 'close_output':
        return this.#processes.get(effect.taskKey)?.closeOutput();
      case 'hold_output':
        return this.#processes.get(effect.taskKey)?.hold(effect.isHeld);
      case 'append_spool':
        return this.#spool.append(effect);
      case 'read_spool':
        return this.#spool.read(effect);
      case 'delete_spool':
        return this.#spool.delete(effect.taskKey, effect.segment);
      case 'stop_worker':
        this.#world.after(0, () => this.crash(this.#world.chance.spread(10, 5_000)));
        return;
      default: // logs, and what is about text, blocks and workspaces
    }
  }

  /** There and back, behind all that was sent before on either way. */
  #askDrainHeard(sessionId: string): void {
    const connection = this.#sockets.get(sessionId)?.connection;
    const heard = this.#whileUp(() => this.#dispatch({ type: 'drain_heard', sessionId }));
    connection?.send('worker', () => connection.send('manager', heard));
  }

  /** Which start of a command is meant where a session speaks of a task. */
  #lifeFor(sessionId: string, taskId: string): Life | null {
    return this.lifeOf(`${this.#state.sessions.get(sessionId)?.owner} ${taskId}`);
  }

  #start(taskKey: string): void {
    const record = this.#recordOf(taskKey);
    const plan = record.plan.process;
    const attempt = this.#attempt;
    const emit = this.#emitter();
    const boot = this.#boot;
    this.#world.after(plan.startMs, () => {
      if (boot !== this.#boot || !this.isUp) return;
      if (plan.start === 'rejected')
        return emit({ type: 'start_rejected', taskKey, detail: 'invalid_cwd', message: 'no such directory' });
      if (plan.start === 'fails') return emit({ type: 'start_failed', taskKey, message: 'no such command' });
      const { chance, nowMs } = this.#world;
      const life = new Life(attempt, this.plan.name, this.plan.keepsAll, nowMs, chance.between(0, 65_520));
      record.start(life);
      const process = new SimulatedProcess(this.#world, plan, taskKey, life, emit);
      this.#processes.set(taskKey, process);
      process.start();
    });
  }

  #setTimer(timer: string, delayMs: number): void {
    this.#timers.get(timer)?.();
    // One that is due while the worker stands still may be cleared before it rings.
    const fire = this.#whileUp(() => {
      if (this.#timers.get(timer) !== cancel) return;
      this.#timers.delete(timer);
      this.#dispatch({ type: 'timer_fired', timer });
    });
    const cancel = this.#world.after(delayMs, fire);
    this.#timers.set(timer, cancel);
  }

  /** Nothing runs without an owner for longer than the orphan timeout. */
  #watchOrphans(): void {
    const { nowMs } = this.#world;
    for (const key of this.#processes.keys()) {
      const owner = ownerOf(key);
      if (hasSession(this.#state, owner)) this.#ownerLostAtMs.delete(owner);
      else if (!this.#ownerLostAtMs.has(owner)) this.#ownerLostAtMs.set(owner, nowMs);
    }
    const patienceMs = this.plan.policy.orphanTimeoutMs + ORPHAN_MARGIN_MS;
    const check = this.#whileUp(() => {
      for (const [key, process] of this.#processes) {
        const lostAtMs = this.#ownerLostAtMs.get(ownerOf(key)) ?? Number.POSITIVE_INFINITY;
        if (process.isAlive && this.#world.nowMs - lostAtMs >= patienceMs)
          throw new Violation(`${key} runs on ${this.plan.name} without an owner`);
      }
    });
    if (this.#ownerLostAtMs.size > 0) this.#world.after(patienceMs, check);
  }

  #note(event: WorkerEvent): void {
    if (event.type === 'message_received') return; // noted where it was sent
    this.#world.note(() => {
      const { type, taskKey = '', sessionId = '', timer = '' } = event as Partial<Record<string, string>>;
      return `${this.plan.name}: ${type} ${taskKey}${sessionId}${timer}`;
    });
  }
}
