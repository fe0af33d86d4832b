/**
 * Runs the manager's machine: hands it what happened, and does what it says. It holds the timers and the open requests,
 * and decides nothing.
 */
import { encodeManagerMessage, MAX_PAYLOAD_BYTES, type ManagerMessage } from '@sandcrew/protocol';
import type { Effect, Outgoing } from '../core/effect.js';
import type { ManagerEvent, Timer } from '../core/event.js';
import type { SandboxWorker } from '../core/report.js';
import { SandboxError } from '../core/sandbox-error.js';
import { type ManagerPolicy, type ManagerState, openState } from '../core/state.js';
import { step } from '../core/step.js';
import type { Clock } from './clock.js';
import { OutputRelay } from './output-relay.js';
import type { ProcessOptions } from './providers/process.js';
import type { StaticAddress } from './providers/static.js';
import type { TaskPort } from './task-port.js';
import { TaskPorts } from './task-ports.js';
import { Telemetry } from './telemetry/telemetry.js';
import { WorkerLinks } from './worker-links.js';

/** News that are no one task's. */
export type Announcement = Extract<
  Effect,
  { type: 'tell_gap' | 'tell_block' | 'tell_block_cleared' | 'tell_recovery' | `tell_worker_${string}` }
>;

export interface RunnerOptions {
  readonly policy: ManagerPolicy;
  readonly addresses: readonly StaticAddress[];
  readonly embedded: (workerType: string) => ProcessOptions;
  readonly clock: Clock;
  /** Whether spans and numbers go to OpenTelemetry. */
  readonly telemetry: boolean;
  readonly announce: (news: Announcement) => void;
}

interface OpenRequest {
  resolve(worker: SandboxWorker): void;
  reject(error: SandboxError): void;
}

export class EffectRunner {
  readonly state: ManagerState;
  /** The way of output, which goes past the machine. */
  readonly relay: OutputRelay;
  /** Resolves when the manager has shut down. */
  readonly closed: Promise<void>;
  readonly #options: RunnerOptions;
  readonly #links: WorkerLinks;
  readonly #timers = new Map<string, () => void>();
  readonly #ports: TaskPorts;
  readonly #telemetry: Telemetry | null;
  readonly #requests = new Map<string, OpenRequest>();
  readonly #events: ManagerEvent[] = [];
  #isStepping = false;
  #nextRequest = 1;
  #sayClosed: () => void = () => {};

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.state = openState(options.policy);
    this.#telemetry = options.telemetry ? new Telemetry(this.state) : null;
    this.closed = new Promise((resolve) => {
      this.#sayClosed = resolve;
    });
    this.#ports = new TaskPorts((workerKey, taskId, { offset, data, end }) => {
      const input = Buffer.from(data).toString('base64');
      this.#send(workerKey, { type: 'send_input', taskId, input, encoding: 'base64', offset, end });
    });
    this.relay = new OutputRelay({
      state: this.state,
      clock: options.clock,
      portOf: (taskId) => this.#ports.get(taskId),
      count: (stream, bytes) => this.#telemetry?.outputArrived(stream, bytes),
      send: (workerKey, message) => this.#send(workerKey, message),
      broken: (workerKey, message) => this.dispatch({ type: 'protocol_broken', workerKey, message }),
    });
    this.#links = new WorkerLinks({
      addresses: options.addresses,
      connectTimeoutMs: options.policy.connectTimeoutMs,
      embedded: options.embedded,
      dispatch: (event) => this.dispatch(event),
      output: (workerKey, frame) => this.relay.receive(workerKey, frame),
    });
    for (const { url } of options.addresses) this.dispatch({ type: 'worker_named', url });
  }

  /** Something happened. What follows from it is done when this returns, unless it was called from within such doing. */
  dispatch(event: ManagerEvent): void {
    this.#telemetry?.received(event);
    this.#events.push(event);
    if (this.#isStepping) return;
    this.#isStepping = true;
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
        const moment = { nowMs: this.#options.clock.nowMs(), random: Math.random() };
        const effects = step(this.state, next, moment);
        this.#telemetry?.stepped(next, effects, moment.nowMs);
        for (const effect of effects) this.#perform(effect);
      }
    } finally {
      this.#isStepping = false;
    }
  }

  /** Says where a task's news go; its submission follows. */
  addPort(taskId: string, port: TaskPort): void {
    this.#ports.add(taskId, port);
  }

  /** Asks something of a worker, and gives its answer. */
  request(makeEvent: (requestId: string) => ManagerEvent): Promise<SandboxWorker> {
    const requestId = `r${this.#nextRequest++}`;
    return new Promise((resolve, reject) => {
      this.#requests.set(requestId, { resolve, reject });
      this.dispatch(makeEvent(requestId));
    });
  }

  #perform(effect: Effect): void {
    try {
      this.#run(effect);
    } catch (error) {
      // A listener of the caller's that throws is the caller's to hear of; what else is to be done is done.
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  #run(effect: Effect): void {
    switch (effect.type) {
      case 'dial': {
        const worker = this.state.workers.get(effect.workerKey);
        if (worker !== undefined) this.#links.dial(effect.workerKey, worker.url);
        break;
      }
      case 'drop_connection':
        this.#links.drop(effect.workerKey);
        break;
      case 'start_worker':
        this.#links.start(effect.workerKey, effect.workerType);
        break;
      case 'restart_worker':
        this.#links.restart(effect.workerKey, effect.workerType);
        break;
      case 'stop_worker':
        void this.#links.stop(effect.workerKey);
        break;
      case 'send':
        this.#send(effect.workerKey, effect.message);
        break;
      case 'set_timer':
        this.#setTimer(effect.timer, effect.delayMs);
        break;
      case 'clear_timer':
        this.#clearTimer(timerKey(effect.timer));
        break;
      case 'await_tick_end':
        queueMicrotask(() => this.dispatch({ type: 'tick_ended' }));
        break;
      case 'answer_request':
        this.#takeRequest(effect.requestId)?.resolve(effect.worker);
        break;
      case 'refuse_request':
        this.#takeRequest(effect.requestId)?.reject(new SandboxError(effect.fault));
        break;
      case 'tell_assigned':
      case 'tell_started':
      case 'settle_task':
      case 'restart_task':
      case 'open_input':
      case 'hold_input':
      case 'accept_input':
      case 'refuse_input':
      case 'reply_input':
      case 'end_input':
      case 'ask_handler':
        this.#ports.tell(effect);
        break;
      case 'shut_down':
        void this.#shutDown();
        break;
      default:
        this.#options.announce(effect);
    }
  }

  #send(workerKey: string, message: Outgoing): void {
    const frame = this.#encode(message);
    if (this.#links.send(workerKey, frame) || message.type !== 'execute_command') return;
    this.dispatch({ type: 'command_unsent', taskId: message.taskId, workerKey });
  }

  #encode(message: Outgoing): string {
    const said = { timestamp: Date.now() };
    const traced = this.#telemetry?.withContext(message) ?? message;
    const frame = encodeManagerMessage({ ...traced, ...said } as ManagerMessage);
    // A command that just fits into a frame goes without what is only beside it.
    const fits = traced === message || Buffer.byteLength(frame) <= MAX_PAYLOAD_BYTES;
    return fits ? frame : encodeManagerMessage({ ...message, ...said } as ManagerMessage);
  }

  #takeRequest(requestId: string): OpenRequest | undefined {
    const request = this.#requests.get(requestId);
    this.#requests.delete(requestId);
    return request;
  }

  #setTimer(timer: Timer, delayMs: number): void {
    const key = timerKey(timer);
    this.#clearTimer(key);
    const cancel = this.#options.clock.after(delayMs, () => {
      this.#timers.delete(key);
      this.dispatch({ type: 'timer_fired', timer });
    });
    this.#timers.set(key, cancel);
  }

  #clearTimer(key: string): void {
    this.#timers.get(key)?.();
    this.#timers.delete(key);
  }

  async #shutDown(): Promise<void> {
    for (const key of [...this.#timers.keys()]) this.#clearTimer(key);
    this.relay.stop();
    await this.#links.close();
    this.#sayClosed();
  }
}

function timerKey(timer: Timer): string {
  if (timer.kind === 'block') return `block ${timer.taskId} ${timer.reason}`;
  if ('taskId' in timer) return `${timer.kind} ${timer.taskId}`;
  if ('workerKey' in timer) return `${timer.kind} ${timer.workerKey}`;
  return 'requestId' in timer ? `${timer.kind} ${timer.requestId}` : timer.kind;
}
