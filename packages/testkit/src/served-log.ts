/** The output of one task at a fake worker, sent as the protocol asks: within the credit window, from where it is resumed. */
import type { ManagerMessage } from '@sandcrew/protocol';
import { WINDOW_BYTES } from '@sandcrew/protocol';
import type { FakeWorker } from './fake-worker.js';

export class ServedLog {
  ackedOffset = 0;
  sentOffset = 0;
  /** The most that was ever on its way unacknowledged, bytes. */
  mostUnackedBytes = 0;
  readonly #worker: FakeWorker;
  readonly #taskId: string;
  readonly #bytes: Uint8Array;
  readonly #chunkBytes: number;
  #isEnded = false;

  constructor(worker: FakeWorker, taskId: string, bytes: Uint8Array, chunkBytes = 65_536) {
    this.#worker = worker;
    this.#taskId = taskId;
    this.#bytes = bytes;
    this.#chunkBytes = chunkBytes;
  }

  /** To be called with each message that comes. */
  obey(message: ManagerMessage): void {
    if (message.type === 'execute_command' && message.taskId === this.#taskId) {
      this.#worker.start(this.#taskId);
      this.#pump();
    }
    if (message.type === 'task_ack' && message.taskId === this.#taskId) {
      this.ackedOffset = Math.max(this.ackedOffset, message.offset);
      this.#pump();
    }
    if (message.type === 'resume_task' && message.taskId === this.#taskId) this.#resume(message.offset);
    if (message.type !== 'hello') return;
    const resumed = message.resume?.find(({ taskId }) => taskId === this.#taskId);
    if (resumed !== undefined) this.#resume(resumed.offset);
  }

  #resume(offset: number): void {
    this.ackedOffset = Math.max(this.ackedOffset, offset);
    this.sentOffset = offset;
    this.#isEnded = false;
    this.#pump();
  }

  #pump(): void {
    while (this.sentOffset < this.#bytes.length && this.#worker.isConnected) {
      const end = Math.min(
        this.sentOffset + this.#chunkBytes,
        this.#bytes.length,
        this.ackedOffset + WINDOW_BYTES,
      );
      if (end <= this.sentOffset) return;
      this.#worker.sendOutput(this.#taskId, this.sentOffset, this.#bytes.subarray(this.sentOffset, end));
      this.sentOffset = end;
      this.mostUnackedBytes = Math.max(this.mostUnackedBytes, end - this.ackedOffset);
    }
    if (this.#isEnded || this.sentOffset < this.#bytes.length) return;
    this.#isEnded = true;
    this.#worker.complete(this.#taskId, this.#bytes.length);
  }
}
