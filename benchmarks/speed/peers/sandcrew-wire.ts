/** A Sandcrew worker by its wire, as a lean third-party manager would use it. */
import { once } from 'node:events';
import {
  decodeOutputFrame,
  decodeWorkerMessage,
  encodeManagerMessage,
  type ManagerMessage,
} from '@sandcrew/protocol';
import { WebSocket } from 'ws';
import { startWorker } from '../../dist/blocks/worker-process.js';
import { type OpenPeer, type Peer, RunClock, type RunResult } from '../peer.js';

/** A manager acks at least each so many bytes; the window is 1 MiB. */
const ACK_EVERY_BYTES = 262_144;
const OPEN_TIMEOUT_MS = 15_000;

type Unstamped<Message> = Message extends unknown ? Omit<Message, 'timestamp'> : never;

interface OpenTask {
  readonly clock: RunClock;
  readonly settle: (result: RunResult) => void;
  readonly fail: (error: Error) => void;
  ackedOffset: number;
}

/** @param nodeOptions of the worker's Node. */
export function sandcrewWire(
  level: 'process-group' | 'pid-namespace' | 'bubblewrap',
  output: 'binary' | 'text' = 'binary',
  nodeOptions: readonly string[] = [],
): Peer {
  return {
    name: `sandcrew wire, ${level}${output === 'text' ? ', text' : ''}`,
    missing: () => null,
    open: async (width) => {
      const worker = await startWorker(Math.max(16, width), ['--containment', level], nodeOptions);
      try {
        return await SandcrewWire.open(worker.url, worker.token, output, worker.stop);
      } catch (error) {
        await worker.stop();
        throw error;
      }
    },
  };
}

class SandcrewWire implements OpenPeer {
  readonly #socket: WebSocket;
  readonly #tasks = new Map<string, OpenTask>();
  readonly #stop: () => Promise<void>;
  #count = 0;

  static async open(url: string, token: string, output: 'binary' | 'text', stop: () => Promise<void>) {
    const socket = new WebSocket(url, ['sandcrew.v1'], {
      headers: { Authorization: `Bearer ${token}` },
      perMessageDeflate: false,
    });
    await once(socket, 'open', { signal: AbortSignal.timeout(OPEN_TIMEOUT_MS) });
    const peer = new SandcrewWire(socket, stop);
    peer.#send({ type: 'hello', managerId: 'bench', output });
    return peer;
  }

  constructor(socket: WebSocket, stop: () => Promise<void>) {
    this.#socket = socket;
    this.#stop = stop;
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      if (isBinary) this.#takeFrame(data);
      else this.#takeMessage(data.toString());
    });
    socket.on('close', () => {
      for (const { fail } of this.#tasks.values()) fail(new Error('the worker closed the connection'));
    });
  }

  run(argv: readonly string[], options = {}): Promise<RunResult> {
    const taskId = `b${this.#count++}`;
    return new Promise((settle, fail) => {
      this.#tasks.set(taskId, { clock: new RunClock(options), settle, fail, ackedOffset: 0 });
      this.#send({ type: 'execute_command', taskId, command: [...argv], timeoutMs: 0 });
    });
  }

  async close(): Promise<void> {
    this.#socket.close();
    await this.#stop();
  }

  #takeFrame(frame: Buffer): void {
    const decoded = decodeOutputFrame(frame);
    if (!decoded.ok) throw new Error(decoded.refusal.message);
    const { taskId, stream, offset, data } = decoded.message;
    this.#take(taskId, stream, offset + data.length, data);
  }

  #takeMessage(text: string): void {
    const decoded = decodeWorkerMessage(text);
    if (!decoded.ok) throw new Error(decoded.refusal.message);
    const { message } = decoded;
    if (message.type === 'task_output')
      this.#take(message.taskId, message.stream, message.offset + message.bytes, Buffer.from(message.output));
    else if (message.type === 'task_complete' || message.type === 'task_error') {
      const task = this.#tasks.get(message.taskId);
      this.#tasks.delete(message.taskId);
      this.#send({ type: 'forget_task', taskId: message.taskId });
      if (message.type === 'task_complete') task?.settle(task.clock.end(message.exitCode));
      else task?.fail(new Error(`${message.code}: ${message.message}`));
    } else if (message.type === 'output_gap' || message.type === 'protocol_error')
      throw new Error(`the worker sent ${text}`);
  }

  #take(taskId: string, stream: string, endOffset: number, data: Uint8Array): void {
    const task = this.#tasks.get(taskId);
    if (task === undefined) return;
    if (stream === 'stdout') task.clock.take(data);
    if (endOffset - task.ackedOffset < ACK_EVERY_BYTES) return;
    task.ackedOffset = endOffset;
    this.#send({ type: 'task_ack', taskId, offset: endOffset });
  }

  #send(message: Unstamped<ManagerMessage>): void {
    this.#socket.send(encodeManagerMessage({ ...message, timestamp: Date.now() } as ManagerMessage));
  }
}
