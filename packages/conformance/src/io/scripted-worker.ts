/**
 * A worker that runs nothing and says what a check wants. It keeps the contract in all else: it judges the token, and
 * keeps all that came. Frames are held against the schema, and what breaks it is kept as a fault.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  decodeManagerMessage,
  encodeOutputFrame,
  encodeWorkerMessage,
  type Hello,
  type ManagerMessage,
  type Stream,
  type WorkerMessage,
} from '@sandcrew/protocol';
import { type WebSocket, WebSocketServer } from 'ws';
import { isSame, Mismatch, shown } from '../core/mismatch.js';

/** A message of a worker, but for its name and the time. */
type Unsigned = WorkerMessage extends infer Message
  ? Message extends unknown
    ? Omit<Message, 'workerId' | 'timestamp'>
    : never
  : never;

/** One connection that a manager made. */
export interface ManagerConnection {
  readonly socket: WebSocket;
  /** In the order received. */
  readonly received: ManagerMessage[];
  pings: number;
  closeCode: number | null;
}

export class ScriptedWorker {
  readonly token: string;
  /** Each upgrade that was asked for. */
  readonly requests: IncomingMessage[] = [];
  readonly connections: ManagerConnection[] = [];
  /** Frames that break the contract, each in a sentence. */
  readonly faults: string[] = [];
  /** Types of messages with fields that are not declared. */
  readonly undeclared: string[] = [];
  /** Refuses every upgrade with this status, while it is set. */
  refusal: number | null = null;
  /** Whether WebSocket pings are answered. */
  answersPings = true;
  /** Called with each message. */
  script: (connection: ManagerConnection, message: ManagerMessage) => void = () => {};
  /** Of the worker process that it plays. */
  bootId = 'boot-1';
  /** What welcomes say of the manager's tasks. */
  tasks: readonly Record<string, unknown>[] = [];
  /** Fields that no version declares, added to all that is sent. */
  extra: Readonly<Record<string, unknown>> = {};
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  readonly #patienceMs: number;
  readonly #wakers = new Set<() => void>();

  constructor(token: string, patienceMs: number) {
    this.token = token;
    this.#patienceMs = patienceMs;
    this.#server = createServer();
    this.#sockets = new WebSocketServer({
      noServer: true,
      autoPong: false,
      handleProtocols: (offered) => (offered.has('sandcrew.v1') ? 'sandcrew.v1' : false),
    });
    this.#server.on('upgrade', (request, socket, head) => {
      socket.on('error', () => socket.destroy()); // a manager that is ended resets what it had open
      this.requests.push(request);
      this.#wake();
      const isKnown = request.headers.authorization === `Bearer ${token}`;
      const refusal = this.refusal ?? (isKnown ? null : 401);
      if (refusal === null)
        return this.#sockets.handleUpgrade(request, socket, head, (opened) => this.#accept(opened));
      socket.end(`HTTP/1.1 ${refusal} No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const { socket } of this.connections) socket.terminate();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Every message of every connection. */
  get received(): readonly ManagerMessage[] {
    return this.connections.flatMap(({ received }) => received);
  }

  /** Waits until a condition over what came holds. @throws {Mismatch} where it does not in time. */
  until(holds: () => boolean, what: string, patienceMs = this.#patienceMs): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (!holds()) return;
        stop();
        resolve();
      };
      const timer = setTimeout(() => {
        stop();
        reject(new Mismatch(`${what} within ${patienceMs} ms`, this.#lastReceived()));
      }, patienceMs);
      const stop = () => {
        clearTimeout(timer);
        this.#wakers.delete(look);
      };
      this.#wakers.add(look);
      look();
    });
  }

  /** Looks again at what is waited for: something else than a frame has changed. */
  nudge(): void {
    this.#wake();
  }

  send({ socket }: ManagerConnection, message: Unsigned): void {
    const signed = { ...message, workerId: 'scripted', timestamp: Date.now() } as WorkerMessage;
    const text = encodeWorkerMessage(signed);
    socket.send(JSON.stringify({ ...(JSON.parse(text) as object), ...this.extra }));
  }

  welcome(connection: ManagerConnection): void {
    this.send(connection, {
      type: 'welcome',
      bootId: this.bootId,
      protocol: '1.0',
      workerType: 'general',
      labels: {},
      resources: { cpus: 2, memoryBytes: 8_000_000_000, diskBytes: 100_000_000_000 },
      maxTasks: 16,
      containment: 'process-group',
      limits: { maxPayloadBytes: 1_048_576, windowBytes: 1_048_576, retainBytes: 268_435_456 },
      tasks: this.tasks as never,
      workspaces: [],
    });
    this.heartbeat(connection);
  }

  heartbeat(connection: ManagerConnection): void {
    const health = { cpu: 1, memory: 1, disk: 1, loadAverage: [0, 0, 0], eventLoopDelayMs: 0, uptimeMs: 1 };
    this.send(connection, { type: 'heartbeat', status: 'idle', runningTasks: 0, health });
  }

  start(connection: ManagerConnection, taskId: string): void {
    this.send(connection, { type: 'execution_started', taskId, pid: 4_711, containment: 'process-group' });
  }

  /** A chunk, in the form that the hello of this connection asked for. `text` is what `data` decodes to here. */
  output(
    connection: ManagerConnection,
    taskId: string,
    offset: number,
    data: Buffer,
    more: { stream?: Stream; text?: string } = {},
  ): void {
    const { stream = 'stdout', text = data.toString() } = more;
    if (helloOf(connection)?.output === 'binary')
      connection.socket.send(encodeOutputFrame({ taskId, stream, offset, data }));
    else
      this.send(connection, {
        type: 'task_output',
        taskId,
        stream,
        output: text,
        offset,
        bytes: data.length,
      });
  }

  complete(
    connection: ManagerConnection,
    taskId: string,
    outputBytes: number,
    end: { exitCode?: number | null; signal?: string | null } = {},
  ): void {
    const { exitCode = 0, signal = null } = end;
    const known = { durationMs: 5, outputBytes, usage: {}, leftover: 0 };
    this.send(connection, { type: 'task_complete', taskId, exitCode, signal, ...known });
  }

  #accept(socket: WebSocket): void {
    const connection: ManagerConnection = { socket, received: [], pings: 0, closeCode: null };
    this.connections.push(connection);
    socket.on('error', () => {});
    socket.on('ping', (bytes) => {
      connection.pings++;
      if (this.answersPings) socket.pong(bytes);
      this.#wake();
    });
    socket.on('close', (code) => {
      connection.closeCode = code;
      this.#wake();
    });
    socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) this.faults.push('a binary frame');
      else this.#read(connection, data.toString());
      this.#wake();
    });
  }

  #read(connection: ManagerConnection, text: string): void {
    const decoded = decodeManagerMessage(text);
    if (!decoded.ok) {
      this.faults.push(
        `${decoded.refusal.message} at ${decoded.refusal.path ?? 'the frame'} of ${shown(text)}`,
      );
      return;
    }
    const { message } = decoded;
    if (!isSame(JSON.parse(text), JSON.parse(JSON.stringify(message)))) this.undeclared.push(message.type);
    connection.received.push(message);
    if (message.type === 'ping')
      this.send(connection, { type: 'pong', ...(message.id === undefined ? {} : { id: message.id }) });
    this.script(connection, message);
  }

  #wake(): void {
    for (const look of [...this.#wakers]) look();
  }

  #lastReceived(): string {
    const last = this.received.slice(-4).map(shown).join(' ');
    return last === '' ? `nothing, over ${this.connections.length} connections` : last;
  }
}

export function helloOf({ received }: ManagerConnection): Hello | undefined {
  return received.find((message) => message.type === 'hello');
}
