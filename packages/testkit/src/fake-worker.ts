/** A worker that says what a test tells it to, on a real socket. It runs nothing. */
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import {
  decodeManagerMessage,
  encodeOutputFrame,
  encodeWorkerMessage,
  MAX_PAYLOAD_BYTES,
  type ManagerMessage,
  type Stream,
  SUBPROTOCOL,
  type Welcome,
  WINDOW_BYTES,
  type WorkerMessage,
} from '@sandcrew/protocol';
import { type WebSocket, WebSocketServer } from 'ws';

/** A message of a worker, but for its name and the time. */
export type Sent = WorkerMessage extends infer Message
  ? Message extends unknown
    ? Omit<Message, 'workerId' | 'timestamp'>
    : never
  : never;

export interface FakeWorkerOptions {
  readonly token?: string;
  readonly workerId?: string;
  readonly welcome?: Partial<Welcome>;
  /** Whether `hello` is answered by itself. Default true. */
  readonly welcomes?: boolean;
}

type OfType<Type extends ManagerMessage['type']> = Extract<ManagerMessage, { type: Type }>;

export class FakeWorker {
  readonly workerId: string;
  readonly token: string;
  /** All that came, over all connections. */
  readonly received: ManagerMessage[] = [];
  /** What the next welcomes say. */
  welcome: Partial<Welcome>;
  /** Answers upgrades with this HTTP status instead, while it is set. */
  refusal: { readonly status: number; readonly body?: string } | null = null;
  /** Called with each message, after it was noted. */
  script: (message: ManagerMessage) => void = () => {};
  upgrades = 0;
  /** Of the last upgrade that was asked for. */
  upgradeHeaders: IncomingHttpHeaders = {};
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  readonly #welcomes: boolean;
  readonly #raw = new Set<Duplex>();
  readonly #waiting: { readonly type: string; take(message: ManagerMessage): void }[] = [];
  readonly #seen = new Map<string, number>();
  #socket: WebSocket | null = null;
  #transport: Duplex | null = null;
  #port = 0;

  /** Use `listen`. */
  constructor({
    token = 'good-token',
    workerId = 'worker-1',
    welcome = {},
    welcomes = true,
  }: FakeWorkerOptions) {
    this.token = token;
    this.workerId = workerId;
    this.welcome = welcome;
    this.#welcomes = welcomes;
    this.#server = createServer();
    this.#sockets = new WebSocketServer({
      noServer: true,
      handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
    });
    this.#server.on('connection', (socket) => {
      this.#raw.add(socket);
      socket.on('close', () => this.#raw.delete(socket));
    });
    this.#server.on('upgrade', (request, socket, head) => {
      this.upgrades++;
      this.upgradeHeaders = request.headers;
      const wrongToken = request.headers.authorization !== `Bearer ${this.token}`;
      const refusal = this.refusal ?? (wrongToken ? { status: 401, body: 'unknown token' } : null);
      if (refusal !== null) {
        const { status, body = '' } = refusal;
        socket.end(
          `HTTP/1.1 ${status} No\r\nConnection: close\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
        );
        return;
      }
      this.#sockets.handleUpgrade(request, socket, head, (opened) => this.#accept(opened, socket));
    });
  }

  static async listen(options: FakeWorkerOptions = {}): Promise<FakeWorker> {
    const worker = new FakeWorker(options);
    await worker.#open();
    return worker;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.#port}`;
  }

  /** For `SandboxManager`'s option `workers`. */
  get address(): { url: string; token: string } {
    return { url: this.url, token: this.token };
  }

  get isConnected(): boolean {
    return this.#socket !== null;
  }

  /** Frames of the present connection that are not sent yet, bytes. */
  get backlogBytes(): number {
    return this.#socket?.bufferedAmount ?? 0;
  }

  /** The next message of a type that no `next` has given yet, come or to come. */
  next<Type extends ManagerMessage['type']>(type: Type, timeoutMs = 20_000): Promise<OfType<Type>> {
    const skip = this.#seen.get(type) ?? 0;
    this.#seen.set(type, skip + 1);
    const come = this.received.filter((message) => message.type === type)[skip];
    if (come !== undefined) return Promise.resolve(come as OfType<Type>);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no ${type} came within ${timeoutMs} ms`)), timeoutMs);
      const take = (message: ManagerMessage) => {
        clearTimeout(timer);
        resolve(message as OfType<Type>);
      };
      this.#waiting.push({ type, take });
    });
  }

  count(type: ManagerMessage['type']): number {
    return this.received.filter((message) => message.type === type).length;
  }

  send(message: Sent): void {
    this.sendRaw(encodeWorkerMessage({ ...message, workerId: this.workerId, timestamp: 1 } as WorkerMessage));
  }

  /** One chunk, as the binary frame that `hello` asked for. */
  sendOutput(taskId: string, offset: number, data: string | Uint8Array, stream: Stream = 'stdout'): void {
    const bytes = typeof data === 'string' ? Buffer.from(data) : data;
    this.sendRaw(encodeOutputFrame({ taskId, stream, offset, data: bytes }));
  }

  start(taskId: string): void {
    this.send({ type: 'execution_started', taskId, pid: 4_711, containment: 'process-group' });
  }

  complete(taskId: string, outputBytes: number, exitCode = 0): void {
    this.send({
      type: 'task_complete',
      taskId,
      exitCode,
      signal: null,
      durationMs: 5,
      outputBytes,
      usage: {},
      leftover: 0,
    });
  }

  sendRaw(frame: string | Uint8Array): void {
    this.#socket?.send(frame);
  }

  /** Bytes as they are, past all framing: what no WebSocket would send. */
  sendBytes(bytes: Uint8Array): void {
    this.#transport?.write(bytes);
  }

  /** Ends the connection without a word, as a broken network does. */
  cut(): void {
    this.#socket?.terminate();
    this.#socket = null;
  }

  /** Ends the connection with a code. */
  hangUp(code: number, reason = ''): void {
    this.#socket?.close(code, reason);
    this.#socket = null;
  }

  async #open(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.cut();
    for (const socket of this.#raw) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(socket: WebSocket, transport: Duplex): void {
    this.#socket = socket;
    this.#transport = transport;
    socket.on('error', () => {});
    socket.on('close', () => {
      if (this.#socket === socket) this.#socket = null;
    });
    socket.on('message', (data) => {
      const decoded = decodeManagerMessage(String(data));
      if (!decoded.ok)
        throw new Error(`the manager sent what it may not: ${JSON.stringify(decoded.refusal)}`);
      this.#receive(decoded.message);
    });
  }

  #receive(message: ManagerMessage): void {
    this.received.push(message);
    if (message.type === 'hello' && this.#welcomes) this.sayWelcome();
    this.script(message);
    const index = this.#waiting.findIndex(({ type }) => type === message.type);
    if (index >= 0) this.#waiting.splice(index, 1)[0]?.take(message);
  }

  sayWelcome(): void {
    this.send({
      type: 'welcome',
      bootId: 'boot-1',
      protocol: '1.0',
      workerType: 'general',
      labels: {},
      resources: { cpus: 2, memoryBytes: 8_000_000_000, diskBytes: 100_000_000_000 },
      maxTasks: 16,
      containment: 'process-group',
      limits: { maxPayloadBytes: MAX_PAYLOAD_BYTES, windowBytes: WINDOW_BYTES, retainBytes: 268_435_456 },
      tasks: [],
      workspaces: [],
      ...this.welcome,
    });
  }
}
