/**
 * The memory that a flood of output passes through (docs/adr/0027). A buffer is read into, framed where it lies, and comes
 * back when the log, the spool and the sockets have let go of it: the collector never sees it. It knows no task.
 */

/** As much as one read of a pipe brings, and as a chunk may hold, bytes. */
const BUFFER_BYTES = 65_536;
/** Before it stands what a frame has before its bytes: a header of 12, and an id of at most 128. */
const HEAD_BYTES = 140;
/** A read that brings less is copied out, so that little output does not hold a whole buffer. */
const MIN_PASSED_BYTES = 32_768;
/** So many wait for their next use, 3 MiB in all; those beyond are left to the collector. */
const MAX_FREE = 48;

export class OutputBuffers {
  readonly #free: ArrayBuffer[] = [];
  /** How many need what stands in a buffer, of those that were passed on. */
  readonly #holders = new WeakMap<ArrayBufferLike, number>();
  /** Where the sources read into that have little to bring: each read is copied out before the next. */
  readonly #scratch = new Uint8Array(BUFFER_BYTES);

  /** Where one source of output reads into. */
  intake(): OutputIntake {
    return new OutputIntake(this, this.#scratch);
  }

  /** One that nobody needs, for `BUFFER_BYTES`. */
  take(): Uint8Array {
    return new Uint8Array(this.#free.pop() ?? new ArrayBuffer(HEAD_BYTES + BUFFER_BYTES), HEAD_BYTES);
  }

  /** Passes a buffer on: whoever keeps its bytes lets go of them once. */
  pass(data: Uint8Array): Uint8Array {
    this.#holders.set(data.buffer, 1);
    return data;
  }

  /** One more needs these bytes for a while, and will let go of them too. */
  hold(data: Uint8Array): void {
    const holders = this.#holders.get(data.buffer);
    if (holders !== undefined) this.#holders.set(data.buffer, holders + 1);
  }

  /** Bytes that stand in no buffer of this pool are none of its business. */
  letGo(data: Uint8Array): void {
    const holders = this.#holders.get(data.buffer);
    if (holders === undefined) return;
    if (holders > 1) this.#holders.set(data.buffer, holders - 1);
    else {
      this.#holders.delete(data.buffer);
      this.giveBack(data);
    }
  }

  /** One that was taken, and is needed by nobody. */
  giveBack(data: Uint8Array): void {
    if (this.#free.length < MAX_FREE) this.#free.push(data.buffer as ArrayBuffer);
  }

  /** `head` and `data` in one piece: in place where there is room before the bytes, else as a copy. */
  join(head: Uint8Array, data: Uint8Array): Uint8Array {
    if (this.#holders.has(data.buffer) && data.byteOffset === HEAD_BYTES) {
      const whole = new Uint8Array(data.buffer, HEAD_BYTES - head.length, head.length + data.length);
      whole.set(head); // the same each time: a chunk keeps its task, its stream and its offset
      return whole;
    }
    const whole = new Uint8Array(head.length + data.length);
    whole.set(head);
    whole.set(data, head.length);
    return whole;
  }
}

/** Reads into the common scratch while little comes, and into buffers that are passed on while it is a flood. */
export class OutputIntake {
  readonly #buffers: OutputBuffers;
  readonly #scratch: Uint8Array;
  #own: Uint8Array | null = null;

  /** `OutputBuffers.intake` makes one. */
  constructor(buffers: OutputBuffers, scratch: Uint8Array) {
    this.#buffers = buffers;
    this.#scratch = scratch;
  }

  /** Where the next read goes. */
  get target(): Uint8Array {
    return this.#own ?? this.#scratch;
  }

  /** What a read brought, for its receiver to keep. */
  receive(bytes: number): Uint8Array {
    const target = this.target;
    if (bytes < MIN_PASSED_BYTES) {
      const data = target.slice(0, bytes);
      this.close();
      return data;
    }
    const data = this.#own === null ? target.slice(0, bytes) : this.#buffers.pass(target.subarray(0, bytes));
    this.#own = this.#buffers.take();
    return data;
  }

  /** Nothing more is read. */
  close(): void {
    if (this.#own !== null) this.#buffers.giveBack(this.#own);
    this.#own = null;
  }
}
