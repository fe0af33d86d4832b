/** The pool of workers and the queue of tasks, as callers see them. */
import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { DEFAULT_GRACE_MS } from '@sandcrew/protocol';
import { chooseAsked } from './core/asked-recovery.js';
import type { ManagerEvent } from './core/event.js';
import { DEFAULT_TYPE } from './core/placement.js';
import type {
  BlockInfo,
  ManagerHealth,
  RecoveryResult,
  SandboxWorker,
  TaskResult,
  WorkerTask,
} from './core/report.js';
import { SandboxError } from './core/sandbox-error.js';
import { findWorker } from './core/state.js';
import { oldestBlock, showHealth, showTasks } from './core/survey.js';
import type { Submission } from './core/task.js';
import type { Worker } from './core/worker.js';
import { emitNews, type ManagerEvents } from './events.js';
import type { FileSource, GetOptions, PutOptions, TransferReport } from './file-options.js';
import { getFiles } from './get-files.js';
import { systemClock } from './io/clock.js';
import { EffectRunner } from './io/effect-runner.js';
import { checkMessage, invalidTask } from './message-check.js';
import type {
  AttachRequest,
  CloseOptions,
  ManagerOptions,
  RecoveryOptions,
  TaskRequest,
  TaskReservation,
} from './options.js';
import { putFiles } from './put-files.js';
import { readClose, readOptions } from './settings.js';
import type { TaskHandle } from './task-handle.js';
import { TaskOwner } from './task-owner.js';
import { readAttach, readCommand, readRecovery, readTask } from './task-request.js';

export class SandboxManager extends EventEmitter<ManagerEvents> {
  readonly managerId: string;
  readonly #runner: EffectRunner;
  readonly #keepBytes: number;
  readonly #owners = new Map<string, TaskOwner>();
  #isClosing = false;

  /** @throws {SandboxError} INVALID_OPTIONS, naming every fault at once. */
  constructor(options: ManagerOptions = {}) {
    super();
    const { policy, keepOutputBytes, telemetry, addresses, embedded } = readOptions(options);
    this.managerId = policy.managerId;
    this.#keepBytes = keepOutputBytes;
    this.#runner = new EffectRunner({
      policy,
      addresses,
      embedded,
      clock: systemClock,
      telemetry,
      announce: (news) => emitNews(this, news),
    });
  }

  /**
   * Queues one command for the next free worker that meets its requirements.
   *
   * @returns a handle at once; `await handle` gives the exit code, or null and the signal that ended it. A non-zero exit
   *   is a result, not an error.
   * @throws {SandboxError} INVALID_TASK, naming the field; CLOSED after `close()`. All else rejects the handle.
   */
  run(task: TaskRequest): TaskHandle {
    if (task?.command === undefined) throw invalidTask('command: expected a string or an array, got nothing');
    return this.#submit(task, (submission) => ({ type: 'task_submitted', submission })).handle;
  }

  /** Takes over a task that a worker already has for this managerId. `started` then tells no pid. */
  attach(request: AttachRequest): TaskHandle {
    const adoption = readAttach(request);
    return this.#submit({ taskId: request.taskId }, (submission) => ({
      type: 'task_adopted',
      submission,
      ...adoption,
    })).handle;
  }

  /**
   * The tasks that a worker keeps for this managerId. Waits until it is connected.
   * @param worker Its id or URL; may be left out where the pool has one.
   */
  async listTasks(worker?: string): Promise<WorkerTask[]> {
    await this.connected(worker);
    return showTasks(this.#runner.state, this.#workerOf(worker));
  }

  /** The workspaces of the token's name on a worker. Waits until it is connected. */
  async listWorkspaces(worker?: string): Promise<string[]> {
    return [...(await this.connected(worker)).workspaces];
  }

  /** Deletes a workspace and all in it. @throws {SandboxError} WORKSPACE_BUSY, UNKNOWN_WORKSPACE */
  async removeWorkspace(workspace: string, worker?: string): Promise<void> {
    checkMessage({ type: 'remove_workspace', workspace });
    await this.#request((requestId) => ({
      type: 'request_made',
      requestId,
      worker,
      kind: { kind: 'remove_workspace', workspace },
    }));
  }

  /**
   * Brings files, a directory or a tar stream into a workspace, all or nothing: docs/files.md.
   * @throws {SandboxError} INVALID_OPTIONS, INVALID_PATH, INVALID_ARCHIVE, FILES_FAILED, NO_PROGRESS; all else as a task
   */
  putFiles(workspace: string, source: FileSource, options: PutOptions = {}): Promise<TransferReport> {
    return putFiles((task) => this.run(task), workspace, source, options);
  }

  /**
   * Brings files and directories out of a workspace, all or nothing: docs/files.md. The worker may be hostile.
   * @throws {SandboxError} as `putFiles`, and ARCHIVE_TOO_LARGE
   */
  getFiles(workspace: string, paths: readonly string[], options: GetOptions): Promise<TransferReport> {
    return getFiles((task) => this.run(task), workspace, paths, options);
  }

  /** A worker once it has answered; rejects as soon as it is known that it will not, at the latest after `connectTimeoutMs`. */
  connected(worker?: string): Promise<SandboxWorker> {
    return this.#request((requestId) => ({
      type: 'request_made',
      requestId,
      worker,
      kind: { kind: 'ready' },
    }));
  }

  /** A worker with its load: waits until it is connected, as `connected` does, and up to 2 s for its first heartbeat. */
  workerHealth(worker?: string): Promise<SandboxWorker> {
    return this.#request((requestId) => ({
      type: 'request_made',
      requestId,
      worker,
      kind: { kind: 'load' },
    }));
  }

  /** Starts one more worker process on this machine. @throws {SandboxError} POOL_FULL, WORKER_START_FAILED */
  createWorker(type: string = DEFAULT_TYPE): Promise<SandboxWorker> {
    return this.#request((requestId) => ({ type: 'worker_wanted', requestId, workerType: type }));
  }

  /**
   * Keeps a slot for a task on the worker that it resolves with; `executeTask` then runs it there.
   * @throws {SandboxError} at once, as `run` does.
   */
  assignTask(task: TaskReservation): Promise<SandboxWorker> {
    const { command: plannedCommand } = readTask(task, task?.taskId ?? 'any').body;
    const { command: _command, ...reservation } = task;
    const owner = this.#submit(reservation, (submission) => ({ type: 'task_submitted', submission }));
    owner.plannedCommand = plannedCommand;
    return owner.assigned;
  }

  /** Runs a command as that task: on the slot that `assignTask` kept for it, else on the next that is free. */
  async executeTask(taskId: string, command?: string | readonly string[]): Promise<TaskResult> {
    const owner = this.#owners.get(taskId);
    const planned = command ?? owner?.plannedCommand ?? undefined;
    if (owner === undefined || owner.isCommanded)
      return await this.run({ taskId, command: planned as string });
    if (planned === undefined)
      throw invalidTask(`command: expected one, here or in assignTask(), got none for ${taskId}`);
    const read = readCommand(taskId, planned);
    owner.isCommanded = true;
    this.#runner.dispatch({ type: 'task_commanded', taskId, command: read });
    return await owner.handle;
  }

  /** The oldest standing block among a worker's tasks, as last reported; null for none. @throws {SandboxError} UNKNOWN_WORKER */
  detectBlock(workerId: string): BlockInfo | null {
    return oldestBlock(this.#runner.state, this.#workerOf(workerId));
  }

  /**
   * Does something about the block that `detectBlock` tells: the rung that is named, or the next of the ladder. What
   * cannot be done is told in `refusal` and `why`. `restart_worker` and `replace_worker` need no block.
   * @throws {SandboxError} UNKNOWN_WORKER
   */
  recoverFromBlock(workerId: string, options: RecoveryOptions = {}): RecoveryResult {
    const order = readRecovery(options);
    const worker = this.#workerOf(workerId);
    const chosen = chooseAsked({ state: this.#runner.state, nowMs: systemClock.nowMs() }, worker, order);
    if (chosen.rung !== 'none') this.#runner.dispatch({ type: 'rung_asked', workerKey: worker.key, order });
    return chosen;
  }

  /** Workers with their health and last load, and the tasks that have not ended, by state. As known now; it asks nobody. */
  getHealth(): ManagerHealth {
    return showHealth(this.#runner.state, systemClock.nowMs());
  }

  /**
   * Ends what runs, closes every connection, ends the workers that this manager started. Tasks that had not ended reject
   * with CLOSED (DETACHED where `leaveTasks` left them). Resolves when nothing is left, within `graceMs` and some seconds.
   */
  async close(options: CloseOptions = {}): Promise<void> {
    const { graceMs, leaveTasks } = readClose(options);
    this.#isClosing = true;
    this.#runner.dispatch({ type: 'close_asked', graceMs, leaveTasks });
    await this.#runner.closed;
  }

  #submit(request: TaskReservation, event: (submission: Submission) => ManagerEvent): TaskOwner {
    if (this.#isClosing) throw closed();
    const submission = readTask(request, request?.taskId ?? `t-${randomUUID()}`);
    const { taskId } = submission;
    if (this.#owners.has(taskId))
      throw new SandboxError({
        code: 'DUPLICATE_TASK',
        message: `Expected a new taskId, got ${taskId}, which is in use.`,
      });
    const owner = new TaskOwner({
      submission,
      runner: this.#runner,
      keepBytes: this.#keepBytes,
      onBlock: typeof request.onBlock === 'function' ? request.onBlock : null,
      emitter: this,
      release: () => this.#owners.delete(taskId),
    });
    this.#owners.set(taskId, owner);
    this.#runner.addPort(taskId, owner);
    this.#runner.dispatch(event(submission));
    owner.obey(request.signal, request.graceMs ?? DEFAULT_GRACE_MS);
    return owner;
  }

  async #request(event: (requestId: string) => ManagerEvent): Promise<SandboxWorker> {
    if (this.#isClosing) throw closed();
    return await this.#runner.request(event);
  }

  #workerOf(name: string | undefined): Worker {
    const worker = findWorker(this.#runner.state, name);
    if (worker !== null) return worker;
    throw new SandboxError({
      code: 'UNKNOWN_WORKER',
      message: `Expected a worker of the pool, got ${name ?? 'none, where it has not just one'}.`,
    });
  }
}

function closed(): SandboxError {
  return new SandboxError({ code: 'CLOSED', message: 'Expected an open manager, got one that was closed.' });
}
