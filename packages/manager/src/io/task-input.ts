/** One task's input: bytes that the command has not taken, and who waits for that. It sends by what it is given. */
import {
  type InputCursor,
  nextInput,
  noteInputTaken,
  openInputCursor,
  rewindInput,
} from '../core/input-cursor.js';
import { SandboxError } from '../core/sandbox-error.js';

export interface InputPart {
  readonly offset: number;
  readonly data: Uint8Array;
  readonly end: boolean;
}

interface Writer {
  readonly endOffset: number;
  resolve(): void;
  reject(error: SandboxError): void;
}

export class TaskInput {
  #cursor: InputCursor = openInputCursor();
  /** What was written and not taken, in order. The first begins at `#keptOffset`. */
  #kept: Uint8Array[] = [];
  #keptOffset = 0;
  #writers: Writer[] = [];
  #send: ((part: InputPart) => void) | null = null;
  #refusal: SandboxError | null = null;
  /** What the caller itself has written and ended, beside the answers to prompts. */
  #isWritten = false;
  #isEnded = false;
  /** This attempt was given an answer, or an end, that the next is not to be given. */
  #isAnswered = false;

  /** Resolves when the command has taken all of `data`. */
  write(data: Uint8Array): Promise<void> {
    if (this.#cursor.ended) return Promise.reject(closed('Expected no write after endInput(), got one.'));
    if (data.length === 0 && this.#refusal === null) return this.#taken();
    this.#isWritten = true;
    this.#append(data);
    return this.#taken();
  }

  /** Nothing comes after this. */
  end(): Promise<void> {
    this.#isEnded = true;
    this.#cursor.ended = true;
    return this.#taken();
  }

  /** An answer to a prompt of this attempt. */
  reply(data: Uint8Array): void {
    if (this.#cursor.ended || this.#refusal !== null) return;
    this.#isAnswered = true;
    this.#append(data);
    this.#pump();
  }

  /** Nothing more comes for this attempt. */
  endAttempt(): void {
    this.#isAnswered = true;
    this.#cursor.ended = true;
    this.#pump();
  }

  /** Input may go out by `send`, from the first byte that was not taken. */
  open(send: (part: InputPart) => void): void {
    if (this.#refusal !== null) return;
    rewindInput(this.#cursor);
    this.#send = send;
    this.#pump();
  }

  /** Nothing can be sent for now. */
  hold(): void {
    this.#send = null;
  }

  /** The command has taken all before `offset`. */
  accept(offset: number): void {
    if (!noteInputTaken(this.#cursor, offset)) return;
    while (
      this.#kept.length > 0 &&
      this.#keptOffset + (this.#kept[0] as Uint8Array).length <= this.#cursor.ackedOffset
    ) {
      this.#keptOffset += (this.#kept.shift() as Uint8Array).length;
    }
    this.#writers = this.#writers.filter((writer) => {
      if (writer.endOffset > this.#cursor.ackedOffset) return true;
      writer.resolve();
      return false;
    });
    this.#pump();
  }

  /** The task takes no input any more. */
  refuse(message: string): void {
    this.#refusal ??= closed(message);
    this.#send = null;
    this.#kept = [];
    for (const writer of this.#writers.splice(0)) writer.reject(this.#refusal);
  }

  /** A new attempt reads all input from its beginning; but what an earlier one took is gone. */
  restart(): void {
    this.#send = null;
    const isSpent = this.#cursor.ackedOffset > 0 || this.#isAnswered;
    if (this.#isWritten && isSpent)
      this.refuse('The task was started again, and its first start has taken some of the input.');
    if (this.#isWritten) return;
    this.#cursor = openInputCursor();
    this.#cursor.ended = this.#isEnded;
    this.#kept = [];
    this.#keptOffset = 0;
    this.#isAnswered = false;
  }

  #append(data: Uint8Array): void {
    this.#kept.push(data.slice());
    this.#cursor.writtenOffset += data.length;
  }

  #taken(): Promise<void> {
    if (this.#refusal !== null) return Promise.reject(this.#refusal);
    const endOffset = this.#cursor.writtenOffset;
    const promise =
      endOffset <= this.#cursor.ackedOffset
        ? Promise.resolve()
        : new Promise<void>((resolve, reject) => this.#writers.push({ endOffset, resolve, reject }));
    this.#pump();
    return promise;
  }

  #pump(): void {
    if (this.#send === null) return;
    for (let next = nextInput(this.#cursor); next !== null; next = nextInput(this.#cursor)) {
      this.#send({ offset: next.offset, data: this.#slice(next.offset, next.bytes), end: next.end });
    }
  }

  #slice(offset: number, bytes: number): Uint8Array {
    const slice = new Uint8Array(bytes);
    let at = this.#keptOffset;
    for (const part of this.#kept) {
      const from = Math.max(offset, at);
      const to = Math.min(offset + bytes, at + part.length);
      if (from < to) slice.set(part.subarray(from - at, to - at), from - offset);
      at += part.length;
      if (at >= offset + bytes) break;
    }
    return slice;
  }
}

function closed(message: string): SandboxError {
  return new SandboxError({ code: 'INPUT_CLOSED', message });
}
