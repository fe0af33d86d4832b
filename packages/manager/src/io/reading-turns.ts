/**
 * Lets all else have its turn beside a worker that sends frames without a pause. Node reads up to 2 MiB from one socket before
 * it looks at anything else (32 blocks of 64 KiB, uv__read of libuv): of small messages that is a second of work.
 */

/** Frames in one turn of the event loop; then the others are first. What was read with them, a block at most, still comes. */
const MAX_FRAMES_A_TURN = 256;

/** A socket, as far as it is needed here. */
interface Pausable {
  pause(): void;
  resume(): void;
}

export class ReadingTurns {
  readonly #socket: Pausable;
  #frames = 0;

  constructor(socket: Pausable) {
    this.#socket = socket;
  }

  /** Call it for each frame. */
  noteFrame(): void {
    this.#frames++;
    if (this.#frames === 1) setImmediate(() => this.#endTurn());
    if (this.#frames === MAX_FRAMES_A_TURN) this.#socket.pause();
  }

  #endTurn(): void {
    const wasPaused = this.#frames >= MAX_FRAMES_A_TURN;
    this.#frames = 0;
    if (wasPaused) this.#socket.resume();
  }
}
