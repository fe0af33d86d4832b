/** One connection to the reference worker: reads messages, finds the task that each is about, and answers. */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, realpathSync, rmSync, statSync } from 'node:fs';
import { loadavg } from 'node:os';
import { isAbsolute, join, resolve, sep } from 'node:path';
import {
  decodeManagerMessage,
  type ExecuteCommand,
  encodeOutputFrame,
  type Hello,
  type ManagerMessage,
  type Refusal,
} from '@sandcrew/protocol';
import type { WebSocket } from 'ws';
import { Task, type TaskReader, WINDOW_BYTES } from './task.js';
import type { WorkerHost } from './worker-host.js';

const STEERING = /^(LD_|BASH_ENV$|ENV$|NODE_OPTIONS$|PYTHONSTARTUP$|PERL5OPT$|RUBYOPT$|GIT_SSH|BASH_FUNC_)/;

export class Session implements TaskReader {
  readonly socket: WebSocket;
  readonly worker: WorkerHost;
  readonly #tokenName: string;
  /** Names the owner of what it starts: the manager, or the connection itself. */
  #owner = `plain:${randomUUID()}`;
  #managerId: string | null = null;
  #isBinary = false;
  #isFirst = true;
  #malformed = 0;
  readonly #heartbeat: NodeJS.Timeout;
  readonly #is = (fault: string) => this.worker.is(fault);

  constructor(worker: WorkerHost, socket: WebSocket, tokenName: string) {
    this.worker = worker;
    this.socket = socket;
    this.#tokenName = tokenName;
    socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) return socket.close(this.worker.is('frames.binary') ? 1008 : 1003);
      this.#read(data.toString());
    });
    socket.on('error', () => {});
    socket.on('close', () => this.#end());
    this.#heartbeat = setInterval(() => {
      if (!worker.is('hello.heartbeat-pace')) this.#sendHeartbeat();
    }, 30_000);
  }

  get hasWindow(): boolean {
    return this.#managerId !== null || this.worker.is('output.plain-window');
  }

  send(message: Readonly<Record<string, unknown>>): void {
    const extra = this.worker.is('frames.declared') ? { extra: 1 } : {};
    this.socket.send(JSON.stringify({ workerId: 'reference', timestamp: Date.now(), ...message, ...extra }));
  }

  sendChunk(taskId: string, stream: 'stdout' | 'stderr', offset: number, data: Buffer, output: string): void {
    if (this.#isBinary && !this.worker.is('output.binary'))
      this.socket.send(encodeOutputFrame({ taskId, stream, offset, data }));
    else this.send({ type: 'task_output', taskId, stream, output, offset, bytes: data.length });
  }

  refuse(code: string, taskId: string | undefined, path?: string): void {
    if (code === 'unknown_task' && this.worker.is('frames.late-messages')) this.#countMalformed();
    this.send({
      type: 'protocol_error',
      code,
      message: `refused: ${code}`,
      ...(path === undefined ? {} : { path }),
      ...(taskId === undefined ? {} : { taskId }),
    });
  }

  #end(): void {
    clearInterval(this.#heartbeat);
    const { worker } = this;
    if (this.#managerId !== null && worker.managers.get(this.#managerId) === this)
      worker.managers.delete(this.#managerId);
    for (const task of worker.tasks.values()) {
      if (task.reader === this) task.reader = null;
      if (task.owner !== this.#owner) continue;
      if (worker.is('resume.timers')) task.stopTimeout();
      if (this.#managerId === null && !worker.is('owners.plain-ends')) this.#forget(task);
      if (this.#managerId !== null && worker.is('resume.runs-on')) this.#forget(task);
    }
  }

  #read(text: string): void {
    const { worker } = this;
    const decoded = decodeManagerMessage(spoil(text, worker));
    if (!decoded.ok) return this.#readBroken(text, decoded.refusal);
    if (worker.is('frames.unknown-fields') && text.includes('"future"'))
      return this.refuse('invalid_message', undefined, '/future');
    if (worker.is('frames.numbers') && /:1(\.0|e0)/.test(text))
      return this.refuse('invalid_message', undefined, '/timestamp');
    this.#obey(decoded.message);
    this.#isFirst = false;
  }

  #readBroken(text: string, refusal: Refusal): void {
    const { worker } = this;
    this.#countMalformed();
    let { code, path } = refusal;
    const { taskId } = refusal;
    if (code === 'invalid_json') {
      if (worker.is('frames.invalid-json')) path = '';
      if (worker.is('frames.nesting') && text.includes('[[[[')) return this.send({ type: 'pong' });
    }
    if (worker.is('frames.unknown-type') && code === 'unknown_type') code = 'invalid_message';
    if (code === 'invalid_message') {
      const type = /"type":"(\w+)"/.exec(text)?.[1] ?? '';
      if (worker.is('frames.no-message')) path = undefined as never;
      if (worker.is(`frames.invalid-${type.replaceAll('_', '-')}`)) path = '';
      if (worker.is('frames.changes-nothing') && type === 'execute_command')
        this.#execute({ ...JSON.parse(text), timeoutMs: 0 });
    }
    this.refuse(code, taskId, path);
  }

  #countMalformed(): void {
    this.#malformed++;
    if (this.#malformed >= 100 && !this.worker.is('frames.malformed-limit')) this.socket.close(1008);
  }

  #obey(message: ManagerMessage): void {
    switch (message.type) {
      case 'hello':
        return this.#hello(message);
      case 'ping':
        return this.#pong(message.id);
      case 'execute_command':
        return this.#execute(message);
      case 'remove_workspace':
        return this.#removeWorkspace(message.workspace);
      default: {
        const task = this.#find(message.taskId);
        if (task !== undefined) return this.#obeyFor(task, message);
        if (!this.worker.is(`ends.unknown-${message.type.replaceAll('_', '-')}`))
          this.refuse('unknown_task', message.taskId);
      }
    }
  }

  #obeyFor(
    task: Task,
    message: Exclude<ManagerMessage, { type: 'hello' | 'ping' | 'execute_command' | 'remove_workspace' }>,
  ): void {
    const { worker } = this;
    switch (message.type) {
      case 'resume_task':
        return this.#resume(task, message.offset);
      case 'send_input':
        return task.feed(message, this);
      case 'task_ack':
        return task.ack(message.offset, this);
      case 'forget_task':
        return this.#forget(task);
      default:
    }
    if (task.isEnded) {
      if (worker.is('ends.late-messages')) this.refuse('task_ended', task.id);
      return;
    }
    if (message.type === 'signal_task') task.signal(message.signal);
    if (message.type === 'terminate_task') task.end('terminated', message.graceMs ?? 5_000);
    if (message.type === 'resize_pty' && !worker.is('terminals.resize'))
      task.resize(message.cols, message.rows);
  }

  #pong(id: string | undefined): void {
    const madeUp = this.worker.is('frames.ping-without-id') ? { id: 'made-up' } : {};
    const told = id === undefined ? madeUp : { id };
    this.send({ type: 'pong', ...(this.worker.is('frames.ping') ? {} : told) });
  }

  #hello({ managerId, output, resume = [] }: Hello): void {
    const { worker } = this;
    if (this.#managerId !== null || !this.#isFirst) {
      if (this.#managerId !== null && worker.is('hello.second')) return;
      if (this.#managerId !== null || !worker.is('hello.late'))
        return this.refuse('unexpected_hello', undefined);
    }
    const owner = worker.owners.get(managerId) ?? this.#tokenName;
    if (owner !== this.#tokenName && !worker.is('hello.other-name')) return this.socket.close(4003);
    worker.owners.set(managerId, owner);
    const older = worker.managers.get(managerId);
    if (!worker.is('hello.replaced')) older?.socket.close(4001);
    worker.managers.set(managerId, this);
    this.#managerId = managerId;
    this.#owner = managerId;
    this.#isBinary = output === 'binary';
    for (const task of worker.tasks.values()) if (task.owner === managerId) task.reader = null;
    const known = resume.filter(({ taskId }) => this.#find(taskId) !== undefined);
    const resumes = () => {
      if (worker.is('resume.by-hello')) return;
      if (!(worker.is('resume.unknown') && known.length < resume.length))
        for (const { taskId, offset } of known) this.#resume(this.#find(taskId) as Task, offset);
      for (const { taskId } of resume)
        if (this.#find(taskId) === undefined) this.refuse('unknown_task', taskId);
    };
    if (worker.is('resume.welcome-first')) resumes();
    this.#sendWelcome();
    if (!worker.is('hello.heartbeat')) this.#sendHeartbeat();
    if (!worker.is('resume.welcome-first')) resumes();
    if (!worker.is('resume.waits')) return;
    for (const task of worker.tasks.values()) if (task.owner === managerId) task.deliverTo(this, 0);
  }

  #sendWelcome(): void {
    const { worker } = this;
    const tasks = [...worker.tasks.values()].filter(
      ({ owner }) => owner === this.#owner || worker.is('hello.own-tasks'),
    );
    this.send({
      type: 'welcome',
      bootId: worker.is('hello.boot-id') ? randomUUID() : worker.bootId,
      protocol: worker.is('hello.welcome') ? '2.0' : '1.0',
      workerType: 'reference',
      labels: {},
      resources: { cpus: 1, memoryBytes: 1, diskBytes: 1 },
      maxTasks: Math.min(worker.maxTasks, 16),
      containment: 'process-group',
      limits: { maxPayloadBytes: 1_048_576, windowBytes: WINDOW_BYTES, retainBytes: Task.RETAIN_BYTES },
      tasks: tasks.map((task) => ({
        taskId: task.id,
        state: task.state,
        ackedOffset: task.ackedOffset,
        endOffset: worker.is('hello.tasks') ? 0 : task.endOffset,
      })),
      workspaces: worker.is('owners.workspace-listed') ? [] : this.#listWorkspaces(),
    });
  }

  #sendHeartbeat(): void {
    const { runningTasks, startedAtMs } = this.worker;
    const status = runningTasks > 0 && !this.worker.is('hello.busy') ? 'busy' : 'idle';
    const uptimeMs = Math.round(performance.now() - startedAtMs);
    const health = { cpu: 0, memory: 0, disk: 0, loadAverage: loadavg(), eventLoopDelayMs: 0, uptimeMs };
    this.send({ type: 'heartbeat', status, runningTasks, health });
  }

  #key(taskId: string): string {
    return this.worker.is('owners.same-ids') ? taskId : `${this.#owner}/${taskId}`;
  }

  #find(taskId: string): Task | undefined {
    const { tasks } = this.worker;
    const own = tasks.get(this.#key(taskId));
    if (own !== undefined) return own;
    const others = [...tasks.values()].filter(({ id }) => id === taskId);
    if (this.worker.is('owners.strangers')) return others[0];
    return this.worker.is('owners.plain')
      ? others.find(({ owner }) => owner.startsWith('plain:'))
      : undefined;
  }

  #execute(message: ExecuteCommand): void {
    const { worker } = this;
    const { taskId } = message;
    if (worker.is('output.plain') && this.#managerId === null) this.#sendWelcome();
    const body = fingerprint(message, !worker.is('commands.same-defaults'));
    const known = worker.tasks.get(this.#key(taskId));
    if (known !== undefined && !(worker.is('commands.same-running') && !known.isEnded))
      return this.#answerKnown(known, body);
    const detail = this.#whyRejected(message);
    if (detail !== null) {
      if (worker.is('commands.rejected-free'))
        worker.tasks.set(
          this.#key(taskId),
          new Task(this.#is, this.#owner, message, body, this.#directoryOf(message)),
        );
      return this.send({ type: 'task_error', taskId, code: 'rejected', detail, message: detail });
    }
    const task = new Task(
      this.#is,
      this.#owner,
      message,
      body,
      this.#cwdOf(message) ?? this.#directoryOf(message),
    );
    worker.tasks.set(this.#key(taskId), task);
    worker.started.add(task);
    task.reader = this;
    task.start();
  }

  #answerKnown(task: Task, body: string): void {
    const { worker } = this;
    if (task.body !== body && !worker.is('commands.duplicate')) return this.refuse('duplicate_task', task.id);
    if (worker.is('commands.same-ended') || worker.is('resume.one-answer')) return task.deliverTo(this, 0);
    this.send(task.answer());
  }

  /** Why a command cannot be run; null where it can. */
  #whyRejected(message: ExecuteCommand): string | null {
    const { worker } = this;
    const { command, limits, network } = message;
    const words = typeof command === 'string' ? [command] : command;
    if (words.join('').includes('\0') && !worker.is('commands.nul')) return 'invalid_command';
    if (command === '' && !worker.is('commands.empty')) return 'invalid_command';
    if (words[0] === undefined && !worker.is('commands.empty-argv')) return 'invalid_command';
    if (!this.#isEnvRunnable(message)) return 'invalid_env';
    if (Object.keys(limits ?? {}).length > 0 && !worker.is('commands.limits')) return 'unenforceable_limit';
    if (network === 'none' && !worker.is('commands.no-network')) return 'containment_unavailable';
    if (worker.runningTasks >= worker.maxTasks) return 'busy';
    return this.#cwdOf(message) === null ? 'invalid_cwd' : null;
  }

  #isEnvRunnable({ env = {}, allowEnv }: ExecuteCommand): boolean {
    const { worker } = this;
    return Object.entries(env).every(([name, value]) => {
      if (value.includes('\0') && !worker.is('commands.env-nul')) return false;
      if (/[=\0]|^$/.test(name) && !worker.is('commands.env-name')) return false;
      if (!STEERING.test(name) || worker.is('commands.env-steering')) return true;
      if (worker.is('commands.allow-env')) return false;
      if (Array.isArray(allowEnv)) return allowEnv.includes(name) || worker.is('commands.env-list');
      return allowEnv === true;
    });
  }

  /** Where it runs; null where that will not do. */
  #cwdOf(message: ExecuteCommand): string | null {
    const { worker } = this;
    const root = this.#directoryOf(message);
    const { cwd } = message;
    if (!existsSync(root)) return null;
    if (cwd === undefined || worker.is('commands.cwd')) return root;
    if (isAbsolute(cwd)) return worker.is('commands.cwd-absolute') ? cwd : null;
    const wanted = resolve(root, cwd);
    const isInside = (path: string) => path === root || path.startsWith(root + sep);
    if (!isInside(wanted)) return worker.is('commands.cwd-up') ? wanted : null;
    if (worker.is('commands.cwd-nowhere')) mkdirSync(wanted, { recursive: true });
    if (!statSync(wanted, { throwIfNoEntry: false })?.isDirectory()) return null;
    return isInside(realpathSync(wanted)) || worker.is('commands.cwd-link') ? wanted : null;
  }

  #directoryOf({ workspace }: ExecuteCommand): string {
    const { worker } = this;
    const path = workspace === undefined ? join(worker.directory, 'default') : this.#workspacePath(workspace);
    if (worker.is('owners.workspace') && workspace !== undefined)
      rmSync(path, { recursive: true, force: true });
    const isMade = this.#made.has(path);
    if (!(isMade && worker.is('owners.workspace-again'))) mkdirSync(path, { recursive: true });
    this.#made.add(path);
    return existsSync(path) ? realpathSync(path) : path;
  }

  get #made(): Set<string> {
    const made = MADE.get(this.worker) ?? new Set<string>();
    MADE.set(this.worker, made);
    return made;
  }

  get #workspaces(): string {
    return join(
      this.worker.directory,
      this.worker.is('owners.workspace-names') ? 'all' : `of-${this.#tokenName}`,
    );
  }

  #workspacePath(name: string): string {
    return join(this.#workspaces, this.worker.is('owners.workspace-apart') ? 'one' : name);
  }

  #listWorkspaces(): string[] {
    return existsSync(this.#workspaces) ? readdirSync(this.#workspaces) : [];
  }

  #removeWorkspace(workspace: string): void {
    const { worker } = this;
    const path = this.#workspacePath(workspace);
    if (!existsSync(path) && !worker.is('owners.remove-unknown'))
      return this.refuse('unknown_workspace', undefined);
    const isUsed = [...worker.tasks.values()].some(
      (task) => !task.isEnded && `${task.cwd}/`.startsWith(`${path}/`),
    );
    if (isUsed && !worker.is('owners.remove-busy')) return this.refuse('workspace_busy', undefined);
    if (!worker.is('owners.remove')) rmSync(path, { recursive: true, force: true });
    this.send({ type: 'workspace_removed', workspace });
  }

  #resume(task: Task, offset: number): void {
    const { worker } = this;
    if (offset > task.endOffset && !worker.is('resume.beyond')) return this.refuse('invalid_offset', task.id);
    if (!worker.is('resume.acks')) task.noteAck(offset);
    task.deliverTo(this, worker.is('resume.by-message') ? 0 : offset);
  }

  #forget(task: Task): void {
    if (this.worker.is('resume.forget')) return;
    for (const [key, one] of this.worker.tasks) if (one === task) this.worker.tasks.delete(key);
    task.forget();
  }
}

const MADE = new WeakMap<WorkerHost, Set<string>>();

/** Faults of reading that have to come before the decoder. */
function spoil(text: string, worker: WorkerHost): string {
  if (worker.is('frames.last-key')) return text.replace(/("id":"\w+")(.*)"id":"\w+"/, '$1$2"pad":0');
  if (worker.is('frames.lone-surrogate')) return text.replace(/\\ud800/, '');
  return text;
}

function fingerprint({ timestamp: _, ...command }: ExecuteCommand, fillsDefaults: boolean): string {
  const defaults = { stdin: 'none', timeoutMs: 300_000, lingerMs: 2_000, kind: 'batch', env: {}, cwd: '.' };
  const whole: Record<string, unknown> = fillsDefaults ? { ...defaults, ...command } : { ...command };
  const sorted = Object.fromEntries(Object.entries(whole).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex');
}
