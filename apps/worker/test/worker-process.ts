/** Starts the bundled worker as an operator would, and speaks to it as a manager or a plain client would. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  type Containment,
  decodeOutputFrame,
  decodeWorkerMessage,
  type ExecuteCommand,
  encodeManagerMessage,
  type ManagerMessage,
  type TaskComplete,
  type TaskError,
  type WorkerMessage,
} from '@sandcrew/protocol';
import { WebSocket } from 'ws';
import { hasProgram } from './needs.js';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
/** The words before a worker's options: WORKER_COMMAND, as `npm run test:binary` sets it, or this checkout's. */
export const COMMAND = process.env.WORKER_COMMAND?.split(' ') ?? [process.execPath, MAIN];
export const TOKEN = 'test-token-of-more-than-thirty-two-characters';

const withBubblewrap = hasProgram('bwrap', '--version');
if (!withBubblewrap) process.stderr.write('skipped here: tests that need bwrap (Debian: bubblewrap)\n');

/** Where a level cannot be had, its tests are left out; the process group works everywhere. */
export const LEVELS: readonly Containment[] = [
  'process-group',
  'pid-namespace',
  ...(withBubblewrap ? (['bubblewrap'] as const) : []),
];

/** A directory of the test's own, with a token file in it. */
export class Place {
  readonly path = mkdtempSync(join(tmpdir(), 'sandcrew-worker-test-'));
  readonly tokenFile = join(this.path, 'tokens');
  readonly stateDir = join(this.path, 'state');

  constructor() {
    writeFileSync(this.tokenFile, `${TOKEN}\nother:${TOKEN}-other\n`, { mode: 0o600 });
  }

  get arguments(): string[] {
    return ['--token-file', this.tokenFile, '--state-dir', this.stateDir];
  }

  /** A worker that was killed may leave a mkfifo that is not done: what it still makes is removed as well. */
  remove(): void {
    rmSync(this.path, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 });
  }
}

/** The command of a copy of the worker in a directory: the checkout may be out of another user's reach. */
export function copyOf(directory: string, uid: number): string[] {
  const file = COMMAND.at(-1) ?? MAIN;
  const copy = join(directory, file === MAIN ? 'main.mjs' : 'worker');
  copyFileSync(file, copy);
  chownSync(copy, uid, uid);
  return [...COMMAND.slice(0, -1), copy];
}

/** A worker's run, of which all that it said is kept. */
export class WorkerRun {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;

  /**
   * @param launcher a program, and its arguments, that becomes the worker.
   * @param command the worker's own words, as `copyOf` gives them.
   */
  constructor(
    args: readonly string[],
    env: Record<string, string> = {},
    launcher: readonly string[] = [],
    command = COMMAND,
  ) {
    const level = args.includes('--containment') ? [] : ['--containment', 'pid-namespace'];
    const own = args[0]?.startsWith('--') === true ? [...level, ...args] : args; // others are words of their own
    const [program = process.execPath, ...words] = [...launcher, ...command, ...own];
    this.child = spawn(program, words, {
      env: { PATH: process.env.PATH ?? '', HOME: tmpdir(), ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.child.stdout?.setEncoding('utf8').on('data', (text) => {
      this.stdout += text;
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text) => {
      this.stderr += text;
    });
    this.ended = once(this.child, 'close').then(([code, signal]) => code ?? signal);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** The line that it prints when it listens. */
  async listening(): Promise<{ event: string; url: string; workerId: string; pid: number }> {
    while (!this.stdout.includes('\n')) {
      const data = once(this.child.stdout ?? this.child, 'data');
      const isOver = await Promise.race([data.then(() => false), this.ended.then(() => true)]);
      if (isOver && !this.stdout.includes('\n'))
        throw new Error(`the worker ended before it listened: ${this.stderr}`);
    }
    return JSON.parse(this.stdout);
  }

  /** Its log so far, one record a line. */
  get log(): Record<string, unknown>[] {
    return this.stderr
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line));
  }

  async logged(event: string): Promise<Record<string, unknown>> {
    for (;;) {
      const found = this.log.find((record) => record.event === event);
      if (found !== undefined) return found;
      await once(this.child.stderr ?? this.child, 'data');
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }
}

/** A worker that listens, in a place of its own. */
export class TestWorker {
  readonly place: Place;
  readonly run: WorkerRun;
  readonly url: string;
  readonly token = TOKEN;
  readonly #clients: Client[] = [];

  constructor(place: Place, run: WorkerRun, url: string) {
    this.place = place;
    this.run = run;
    this.url = url;
  }

  /** Its drain takes no time and it sends no heartbeat by itself but the first, unless `args` say otherwise. */
  static async start(args: readonly string[] = [], env: Record<string, string> = {}): Promise<TestWorker> {
    const place = new Place();
    const drain = args.includes('--drain-timeout-ms') ? [] : ['--drain-timeout-ms', '0'];
    const isAsked = args.includes('--heartbeat-interval-ms');
    const beat = isAsked ? [] : ['--heartbeat-interval-ms', '86400000'];
    const run = new WorkerRun([...place.arguments, '--log-level', 'warn', ...drain, ...beat, ...args], env);
    return new TestWorker(place, run, (await run.listening()).url);
  }

  async connect(token = TOKEN): Promise<Client> {
    const client = await Client.connect(this.url, token);
    this.#clients.push(client);
    return client;
  }

  /** A connection of a manager, which has said its hello. */
  async manager(managerId = 'm1', more: object = {}): Promise<Client> {
    const client = await this.connect();
    client.send({ type: 'hello', managerId, output: 'binary', ...more });
    await client.next('welcome');
    return client;
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.socket.terminate();
    this.run.kill('SIGTERM');
    await this.run.ended;
    this.place.remove();
  }
}

type Terminal = TaskComplete | TaskError;
type OfType<Type extends WorkerMessage['type']> = Extract<WorkerMessage, { type: Type }>;

/** All that a task wrote, and how it ended. */
export interface Outcome {
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  readonly gapBytes: number;
  readonly terminal: Terminal;
}

/** One connection: keeps what came, acks output as it comes, and expects it to be contiguous. */
export class Client {
  readonly socket: WebSocket;
  readonly messages: WorkerMessage[] = [];
  isAcking = true;
  readonly #outputs = new Map<string, { stdout: Buffer[]; stderr: Buffer[]; at: number; gapBytes: number }>();
  #isManager = false;
  #tasks = 0;
  #closeCode: number | null = null;
  #reportArrival: () => void = () => {};
  #arrival = this.#nextArrival();

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) this.#takeFrame(data);
      else this.#takeMessage(data);
      this.#wake();
    });
    socket.on('error', () => {}); // 'close' follows
    socket.on('close', (code: number) => {
      this.#closeCode = code;
      this.#wake();
    });
  }

  static async connect(url: string, token: string): Promise<Client> {
    const client = new Client(new WebSocket(url, { headers: { authorization: `Bearer ${token}` } }));
    await once(client.socket, 'open');
    return client;
  }

  send(message: Record<string, unknown>): void {
    if (message.type === 'hello') this.#isManager = true;
    this.socket.send(encodeManagerMessage({ ...message, timestamp: Date.now() } as ManagerMessage));
  }

  /** The first message of a type that has come or comes, of one task where that is named; it is taken away. */
  async next<Type extends WorkerMessage['type']>(type: Type, taskId?: string): Promise<OfType<Type>> {
    const found = await this.#first(
      (message) =>
        message.type === type && (taskId === undefined || ('taskId' in message && message.taskId === taskId)),
    );
    return found as OfType<Type>;
  }

  async terminal(taskId: string): Promise<Terminal> {
    const found = await this.#first(
      (message) =>
        (message.type === 'task_complete' || message.type === 'task_error') && message.taskId === taskId,
    );
    return found as Terminal;
  }

  /** Sends a command, and settles when it runs. */
  async start(command: ExecuteCommand['command'], more: Partial<ExecuteCommand> = {}): Promise<string> {
    const taskId = this.execute(command, more);
    await this.next('execution_started', taskId);
    return taskId;
  }

  execute(command: ExecuteCommand['command'], more: Partial<ExecuteCommand> = {}): string {
    const taskId = more.taskId ?? `t${this.#tasks++}`;
    this.send({ type: 'execute_command', command, ...more, taskId });
    return taskId;
  }

  /** Runs a command to its end. */
  async run(command: ExecuteCommand['command'], more: Partial<ExecuteCommand> = {}): Promise<Outcome> {
    return this.outcome(this.execute(command, more));
  }

  async outcome(taskId: string): Promise<Outcome> {
    const terminal = await this.terminal(taskId);
    const { stdout, stderr, gapBytes } = this.#outputOf(taskId);
    return { stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr), gapBytes, terminal };
  }

  /** Settles when the output of a task holds `text`, with all of it so far. */
  async output(taskId: string, text: string): Promise<string> {
    for (;;) {
      const { stdout, stderr } = this.#outputOf(taskId);
      const all = Buffer.concat([...stdout, ...stderr]).toString();
      if (all.includes(text)) return all;
      await this.#more();
    }
  }

  /** Forgets what came of a task, and goes on from `offset`. */
  resume(taskId: string, offset: number): void {
    this.#outputs.set(taskId, { stdout: [], stderr: [], at: offset, gapBytes: 0 });
    this.send({ type: 'resume_task', taskId, offset });
  }

  offset(taskId: string): number {
    return this.#outputOf(taskId).at;
  }

  /** Settles when the connection is closed, with the code. */
  async closed(): Promise<number> {
    while (this.#closeCode === null) await this.#arrival;
    return this.#closeCode;
  }

  async #first(isIt: (message: WorkerMessage) => boolean): Promise<WorkerMessage> {
    for (;;) {
      const index = this.messages.findIndex(isIt);
      const [found] = index < 0 ? [] : this.messages.splice(index, 1);
      if (found !== undefined) return found;
      await this.#more();
    }
  }

  async #more(): Promise<void> {
    if (this.#closeCode !== null)
      throw new Error(
        `the connection closed (${this.#closeCode}); before that came ${JSON.stringify(this.messages.slice(-3))}`,
      );
    await this.#arrival;
  }

  /** Lets everyone look who waits for something to come. */
  #wake(): void {
    this.#reportArrival();
    this.#arrival = this.#nextArrival();
  }

  #nextArrival(): Promise<void> {
    return new Promise((resolve) => {
      this.#reportArrival = resolve;
    });
  }

  #takeMessage(data: Buffer): void {
    const decoded = decodeWorkerMessage(data.toString());
    if (!decoded.ok) throw new Error(decoded.refusal.message);
    const { message } = decoded;
    if (message.type === 'task_output')
      this.#take(message.taskId, message.stream, message.offset, message.bytes, Buffer.from(message.output));
    else if (message.type === 'output_gap') {
      this.#outputOf(message.taskId).gapBytes += message.bytes;
      this.#advance(message.taskId, message.offset, message.bytes);
    } else this.messages.push(message);
  }

  #takeFrame(frame: Buffer): void {
    const decoded = decodeOutputFrame(frame);
    if (!decoded.ok) throw new Error(decoded.refusal.message);
    const { taskId, stream, offset, data } = decoded.message;
    this.#take(taskId, stream, offset, data.length, Buffer.from(data));
  }

  #take(taskId: string, stream: 'stdout' | 'stderr', offset: number, bytes: number, data: Buffer): void {
    this.#outputOf(taskId)[stream].push(data);
    this.#advance(taskId, offset, bytes);
  }

  #advance(taskId: string, offset: number, bytes: number): void {
    const output = this.#outputOf(taskId);
    if (offset !== output.at) throw new Error(`task ${taskId}: expected offset ${output.at}, got ${offset}`);
    output.at += bytes;
    if (this.isAcking && this.#isManager) this.send({ type: 'task_ack', taskId, offset: output.at });
  }

  #outputOf(taskId: string) {
    let output = this.#outputs.get(taskId);
    if (output === undefined) {
      output = { stdout: [], stderr: [], at: 0, gapBytes: 0 };
      this.#outputs.set(taskId, output);
    }
    return output;
  }
}

/** Settles when something is so that nothing tells of, as what /proc shows; rejects where it is not in time. */
export async function until(isSo: () => boolean, withinMs = 20_000): Promise<void> {
  const deadlineMs = performance.now() + withinMs;
  while (!isSo()) {
    if (performance.now() > deadlineMs) throw new Error(`still not so after ${withinMs} ms`);
    await setTimeout(10);
  }
}

/** Whether a process lives. A zombie does not: it holds and runs nothing. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
