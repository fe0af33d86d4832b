/** The frames of one connection: turns what comes in into events, and what goes out into frames. It decides nothing. */
import { StringDecoder } from 'node:string_decoder';
import {
  CLOSE_CODES,
  decodeManagerMessage,
  encodeOutputFrameHead,
  encodeWorkerMessage,
  type OutputFrame,
  type WorkerMessage,
} from '@sandcrew/protocol';
import type { WebSocket } from 'ws';
import type { OutgoingMessage } from './core/effect.js';
import type { WorkerEvent } from './core/event.js';
import type { OutputBuffers } from './io/output-buffers.js';

/** With so much waiting for a peer, nothing more is read from it until it has taken half, bytes. */
const MAX_BACKLOG_BYTES = 4_194_304;

/** What the ping holds whose pong says that the peer has heard of the drain; those that watch the peer hold nothing. */
const DRAIN_PING = 'drain';

type Stream = OutputFrame['stream'];

export class SocketSession {
  readonly id: string;
  readonly #socket: WebSocket;
  readonly #workerId: string;
  readonly #buffers: OutputBuffers;
  readonly #decoders = new Map<string, Record<Stream, StringDecoder>>();

  constructor(
    id: string,
    socket: WebSocket,
    workerId: string,
    buffers: OutputBuffers,
    emit: (event: WorkerEvent) => void,
  ) {
    this.id = id;
    this.#socket = socket;
    this.#workerId = workerId;
    this.#buffers = buffers;
    socket.on('message', (data: Buffer, isBinary) => {
      if (socket.readyState !== socket.OPEN) return; // it is being closed, and what crossed that on the way is void
      if (isBinary) socket.close(CLOSE_CODES.unsupportedData, 'a worker takes text frames only');
      else emit(readFrame(id, data));
    });
    socket.on('pong', (data: Buffer) => {
      if (data.toString() === DRAIN_PING) emit({ type: 'drain_heard', sessionId: id });
    });
    socket.on('error', () => {}); // 'close' follows
    socket.on('close', () => emit({ type: 'connection_closed', sessionId: id }));
  }

  send(message: OutgoingMessage): void {
    this.#write(
      encodeWorkerMessage({ ...message, workerId: this.#workerId, timestamp: Date.now() } as WorkerMessage),
    );
  }

  /** Sends one chunk. `onTaken` is called when the socket has taken it, or never will. */
  sendOutput(frame: OutputFrame, encoding: 'text' | 'binary', onTaken: () => void): void {
    const { taskId, stream, offset, data } = frame;
    if (encoding === 'binary') {
      this.#buffers.hold(data);
      return this.#write(this.#buffers.join(encodeOutputFrameHead(frame), data), () => {
        this.#buffers.letGo(data);
        onTaken();
      });
    }
    const output = this.#decoderOf(taskId, stream).write(data as Buffer);
    this.#write(this.#encodeText(taskId, stream, output, offset, data.length), onTaken);
  }

  /** A replay of a task begins: what its decoders hold is void. */
  beginText(taskId: string): void {
    this.#decoders.delete(taskId);
  }

  /** Gives a decoder the bytes before a replay, so that a code point cut there comes whole. */
  primeText(taskId: string, stream: Stream, data: Uint8Array): void {
    this.#decoderOf(taskId, stream).write(data as Buffer);
  }

  /** A task's output is all sent: a code point that is still cut is told as U+FFFD, in a chunk of no bytes. */
  finishText(taskId: string, offset: number): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      const rest = this.#decoders.get(taskId)?.[stream].end() ?? '';
      if (rest !== '') this.#write(this.#encodeText(taskId, stream, rest, offset, 0));
    }
    this.#decoders.delete(taskId);
  }

  /** Frames keep their order in both directions: the pong comes after all that the peer sent before it heard. */
  askDrainHeard(): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping(DRAIN_PING);
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  #encodeText(taskId: string, stream: Stream, output: string, offset: number, bytes: number): string {
    return encodeWorkerMessage({
      type: 'task_output',
      taskId,
      stream,
      output,
      offset,
      bytes,
      workerId: this.#workerId,
      timestamp: Date.now(),
    });
  }

  #decoderOf(taskId: string, stream: Stream): StringDecoder {
    let decoders = this.#decoders.get(taskId);
    if (decoders === undefined) {
      decoders = { stdout: new StringDecoder('utf8'), stderr: new StringDecoder('utf8') };
      this.#decoders.set(taskId, decoders);
    }
    return decoders[stream];
  }

  #write(frame: string | Uint8Array, onTaken?: () => void): void {
    const socket = this.#socket;
    socket.send(frame, () => {
      onTaken?.();
      if (socket.isPaused && socket.bufferedAmount < MAX_BACKLOG_BYTES / 2) socket.resume();
    });
    if (socket.bufferedAmount > MAX_BACKLOG_BYTES) socket.pause();
  }
}

function readFrame(sessionId: string, data: Buffer): WorkerEvent {
  const decoded = decodeManagerMessage(data.toString('utf8'));
  if (!decoded.ok) return { type: 'frame_refused', sessionId, refusal: decoded.refusal };
  const { message } = decoded;
  if (message.type !== 'send_input') return { type: 'message_received', sessionId, message };
  return {
    type: 'message_received',
    sessionId,
    message,
    input: Buffer.from(message.input, message.encoding ?? 'utf8'),
  };
}
