/** The worker as a whole: connections and processes on the outside, `core/step` in the middle, effects carried out. */
import type { ListenOptions } from 'node:net';
import type { ExecuteCommand } from '@sandcrew/protocol';
import type { Logger } from 'pino';
import type { WorkerEffect } from './core/effect.js';
import type { HostHealth, WorkerEvent } from './core/event.js';
import { createStopwatches, measure } from './core/measure.js';
import { describeStanding, judgeReadiness, type Standing } from './core/readiness.js';
import { createState, type WorkerPolicy, type WorkerState } from './core/state.js';
import { step } from './core/step.js';
import type { UpgradePolicy } from './core/upgrade.js';
import type { TokenRegister } from './io/auth.js';
import { BlockDetector } from './io/block-detector.js';
import { monotonicMs, Timers } from './io/clock.js';
import type { TaskGround } from './io/command-preparation.js';
import { CommandStarter } from './io/command-starter.js';
import type { ContainmentAdapter } from './io/containment/containment.js';
import { CrowdLog } from './io/crowd-log.js';
import { HostHealthMeter } from './io/host-health.js';
import type { LimitKeeper } from './io/limits.js';
import type { Metrics } from './io/metrics.js';
import { OutputBuffers } from './io/output-buffers.js';
import { OutputSpool } from './io/output-spool.js';
import { PipePool } from './io/pipes.js';
import { ProcessManager } from './io/process-manager.js';
import { ReadySandboxes } from './io/ready-sandboxes.js';
import type { TlsFiles } from './io/tls-files.js';
import { type Connection, WebSocketListener } from './io/websocket.js';
import { SessionRegister } from './session-register.js';
import { TaskRunner } from './task-runner.js';

export interface ServerOptions {
  readonly workerId: string;
  readonly policy: WorkerPolicy;
  readonly upgrade: UpgradePolicy;
  readonly tokens: TokenRegister;
  readonly tls: TlsFiles | null;
  readonly containment: ContainmentAdapter;
  /** Most sandboxes that wait for their commands; 0 = none. */
  readonly readySandboxes: number;
  readonly limits: LimitKeeper;
  readonly ground: TaskGround;
  readonly heartbeatIntervalMs: number;
  /** How often tasks are looked at, milliseconds. */
  readonly blockIntervalMs: number;
  /** Where an operator's numbers are kept; null where nobody asks for them. */
  readonly metrics: Metrics | null;
  readonly log: Logger;
}

/** After the last task, connections may take so long to close, milliseconds. */
const CLOSE_GRACE_MS = 2_000;

export class SandboxWebSocketServer {
  readonly #options: ServerOptions;
  readonly #state: WorkerState;
  readonly #sessions: SessionRegister;
  readonly #timers = new Timers((timer) => this.#dispatch({ type: 'timer_fired', timer }));
  readonly #listener: WebSocketListener;
  readonly #processes: ProcessManager;
  readonly #spool: OutputSpool;
  readonly #buffers = new OutputBuffers();
  readonly #blocks: BlockDetector;
  readonly #runner: TaskRunner;
  readonly #health: HostHealthMeter;
  readonly #refusals: CrowdLog;
  readonly #failedHandshakes: CrowdLog;
  readonly #stopwatches = createStopwatches();
  readonly #waiting: WorkerEvent[] = [];
  #isStepping = false;
  #heartbeat: NodeJS.Timeout | undefined;
  #reportStopped: () => void = () => {};
  /** Settles when the worker has drained and stopped. */
  readonly stopped = new Promise<void>((resolve) => {
    this.#reportStopped = resolve;
  });

  /** Made by `start`. */
  constructor(options: ServerOptions, workspaces: ReadonlyMap<string, string[]>) {
    this.#options = options;
    this.#state = createState(options.policy, workspaces);
    const emit = (event: WorkerEvent) => this.#dispatch(event);
    const { containment: adapter, limits, ground, blockIntervalMs, readySandboxes, workerId, log } = options;
    this.#sessions = new SessionRegister(workerId, this.#buffers, log);
    const { state } = ground;
    this.#spool = new OutputSpool(`${state.path}/spool`);
    const pipes = new PipePool(`${state.path}/pipes`);
    const ready = ReadySandboxes.open(adapter, { pipes, limits }, readySandboxes);
    const starter = new CommandStarter({ adapter, pipes, limits, ground, ready });
    this.#processes = new ProcessManager(starter, this.#buffers, emit);
    this.#blocks = new BlockDetector(this.#processes, blockIntervalMs, emit);
    this.#runner = new TaskRunner(this.#processes, this.#spool, this.#buffers, this.#blocks, emit);
    this.#health = new HostHealthMeter(state.path);
    this.#refusals = new CrowdLog(log, 'connection_refused', 'connections_refused');
    this.#failedHandshakes = new CrowdLog(log, 'handshake_failed', 'handshakes_failed');
    this.#listener = new WebSocketListener(options.tokens, options.upgrade, options.tls, {
      opened: (connection) => this.handleConnection(connection),
      refused: (address, { status, message }) => {
        this.#refusals.add({ address, status, message });
        options.metrics?.addRefusedUpgrade(status);
      },
      handshakeFailed: (address, { message }) =>
        this.#failedHandshakes.add({ address, message: message.slice(0, 200) }),
      sentAway: (count) => options.log.warn({ event: 'silent_connections_closed', count }),
    });
  }

  /** Listens, and settles with where: `host:port`, or a socket's path. */
  static async start(
    options: ServerOptions,
    listen: ListenOptions,
  ): Promise<{ server: SandboxWebSocketServer; address: { port: number } | string }> {
    const server = new SandboxWebSocketServer(options, await options.ground.state.listWorkspaces());
    await server.#spool.open();
    await server.#measureHealth(); // so that the first manager is told
    const address = await server.#listener.listen(listen);
    server.#keepTime();
    return { server, address };
  }

  /** Takes a connection whose upgrade was granted. */
  handleConnection(connection: Connection): void {
    this.#sessions.open(connection, (event) => {
      if (event.type === 'message_received' && event.message.type === 'execute_command')
        this.handleExecuteCommand(event.sessionId, event.message);
      else this.#dispatch(event);
    });
  }

  /** Takes a command of a session: starts it, or answers what it already is, or why it cannot be. */
  handleExecuteCommand(sessionId: string, message: ExecuteCommand): void {
    this.#dispatch({ type: 'message_received', sessionId, message });
  }

  /** Sends one chunk of a task's output to its reader. */
  streamOutput({ sessionId, frame, encoding, cost }: Extract<WorkerEffect, { type: 'send_output' }>): void {
    const taken = () => this.#dispatch({ type: 'output_flushed', sessionId, bytes: cost });
    this.#sessions.find(sessionId)?.sendOutput(frame, encoding, taken);
  }

  /** Looks at the running tasks at a pace from now on; what is seen is judged by core. */
  monitorForBlocks(): void {
    this.#blocks.start();
  }

  /** Takes no further task; those that run may end within `timeoutMs`, the rest get `worker_shutdown`. */
  drain(timeoutMs: number): void {
    this.#options.log.info({ event: 'drain_requested', timeoutMs });
    this.#dispatch({ type: 'drain_requested', timeoutMs });
  }

  /** As measured last; null before that. */
  get health(): HostHealth | null {
    return this.#state.health;
  }

  /** Why it takes no task now; empty where it does. */
  get readiness(): readonly string[] {
    return judgeReadiness(this.#state);
  }

  get standing(): Standing {
    return describeStanding(this.#state);
  }

  /** Puts other tokens in force, and closes the connections of those that are gone. */
  replaceTokens(tokens: TokenRegister): void {
    this.#listener.tokens = tokens;
    for (const sessionId of this.#sessions.findRevoked(tokens))
      this.#dispatch({ type: 'token_revoked', sessionId });
  }

  /** Puts other certificates in force for connections to come; those that are open stay. */
  replaceTls(files: TlsFiles): void {
    this.#listener.replaceTls(files);
  }

  /** One event at a time: what an effect causes at once waits its turn. */
  #dispatch(event: WorkerEvent): void {
    this.#waiting.push(event);
    if (this.#isStepping) return;
    this.#isStepping = true;
    try {
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
        const nowMs = monotonicMs();
        const effects = step(this.#state, next, nowMs);
        this.#options.metrics?.add(measure(this.#stopwatches, this.#state, next, effects, nowMs));
        for (const effect of effects) this.#perform(effect);
      }
    } finally {
      this.#isStepping = false;
    }
  }

  #perform(effect: WorkerEffect): void {
    if ('taskKey' in effect) return this.#runner.run(effect);
    switch (effect.type) {
      case 'set_timer':
        return this.#timers.set(effect.timer, effect.delayMs);
      case 'clear_timer':
        return this.#timers.clear(effect.timer);
      case 'write_log':
        return this.#options.log[effect.level]({ event: effect.event, ...effect.fields });
      case 'remove_workspace':
        return void this.#removeWorkspace(effect);
      case 'stop_worker':
        return void this.#stop();
      case 'send_output':
        return this.streamOutput(effect);
      default:
        return this.#sessions.perform(effect);
    }
  }

  async #removeWorkspace({
    sessionId,
    tokenName,
    workspace,
  }: Extract<WorkerEffect, { type: 'remove_workspace' }>): Promise<void> {
    try {
      await this.#options.ground.state.removeWorkspace(tokenName, workspace);
      this.#dispatch({ type: 'workspace_removed', sessionId, tokenName, workspace });
    } catch (error) {
      const message = `workspace ${workspace} cannot be removed: ${(error as Error).message}`;
      this.#options.log.warn({ event: 'workspace_kept', tokenName, workspace, message });
      this.#dispatch({ type: 'workspace_kept', sessionId, tokenName, workspace, message });
    }
  }

  #keepTime(): void {
    this.monitorForBlocks();
    this.#heartbeat = setInterval(() => void this.#measureHealth(), this.#options.heartbeatIntervalMs);
  }

  async #measureHealth(): Promise<void> {
    try {
      this.#dispatch({ type: 'health_measured', health: await this.#health.measure() });
    } catch (error) {
      this.#options.log.warn({ event: 'health_unknown', message: (error as Error).message });
    }
  }

  async #stop(): Promise<void> {
    this.#blocks.stop();
    clearInterval(this.#heartbeat);
    await this.#listener.close(CLOSE_GRACE_MS);
    this.#timers.clearAll();
    for (const log of [this.#refusals, this.#failedHandshakes]) log.flush();
    this.#health.close();
    this.#processes.close();
    this.#reportStopped();
  }
}
