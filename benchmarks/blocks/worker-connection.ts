/** A connection to a worker: messages by task. Output is taken and dropped, since no case is judged by it. */
import { EventEmitter, once } from 'node:events';
import {
  decodeOutputFrame,
  decodeWorkerMessage,
  encodeManagerMessage,
  type ManagerMessage,
  type WorkerMessage,
} from '@sandcrew/protocol';
import { WebSocket } from 'ws';

const CONNECT_TIMEOUT_MS = 15_000;

type Unstamped<Message> = Message extends unknown ? Omit<Message, 'timestamp'> : never;

export class WorkerConnection {
  /** Rejects when the worker closes the connection. */
  readonly lost: Promise<never>;
  readonly #socket: WebSocket;
  readonly #tasks = new EventEmitter().setMaxListeners(0);

  readonly #acks: boolean;

  /** Made by `open`. */
  constructor(socket: WebSocket, acks: boolean) {
    this.#socket = socket;
    this.#acks = acks;
    this.lost = once(socket, 'close').then(([code]) => {
      throw new Error(`the worker closed the connection (${code})`);
    });
    this.lost.catch(() => {}); // closing it ourselves is no fault
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      if (isBinary) return this.#takeOutput(data);
      const decoded = decodeWorkerMessage(data.toString());
      if (!decoded.ok) throw new Error(`the worker sent ${data}: ${decoded.refusal.message}`);
      const { message } = decoded;
      if ('taskId' in message && message.taskId !== undefined) this.#tasks.emit(message.taskId, message);
    });
  }

  /** @param reader `acks: false`: it takes no more than the window. */
  static async open(url: string, token: string, reader = { acks: true }): Promise<WorkerConnection> {
    const socket = new WebSocket(url, ['sandcrew.v1'], { headers: { Authorization: `Bearer ${token}` } });
    await once(socket, 'open', { signal: AbortSignal.timeout(CONNECT_TIMEOUT_MS) });
    const connection = new WorkerConnection(socket, reader.acks);
    connection.send({ type: 'hello', managerId: 'bench', output: 'binary' });
    return connection;
  }

  send(message: Unstamped<ManagerMessage>): void {
    this.#socket.send(encodeManagerMessage({ ...message, timestamp: Date.now() } as ManagerMessage));
  }

  /** Calls back for each message of a task, until the function that it returns is called. */
  listen(taskId: string, onMessage: (message: WorkerMessage) => void): () => void {
    this.#tasks.on(taskId, onMessage);
    return () => this.#tasks.off(taskId, onMessage);
  }

  close(): void {
    this.#socket.close();
  }

  #takeOutput(frame: Buffer): void {
    const decoded = decodeOutputFrame(frame);
    if (!decoded.ok) throw new Error(`the worker sent a bad frame: ${decoded.refusal.message}`);
    const { taskId, offset, data } = decoded.message;
    if (this.#acks) this.send({ type: 'task_ack', taskId, offset: offset + data.length }); // the window never closes
  }
}
