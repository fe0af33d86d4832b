/** Writes a command's input, piece by piece, and says what the command's side has taken. */
import type { Socket } from 'node:net';

/** As much as a pipe holds: a larger piece would be acked only when all of it is through. */
const PIECE_BYTES = 65_536;

/** ^D, which a terminal in its usual mode reads as the end of input. */
const END_OF_TRANSMISSION = Uint8Array.of(4);

export class InputWriter {
  readonly #socket: Socket;
  readonly #isTerminal: boolean;
  readonly #onTaken: (bytes: number) => void;

  constructor(socket: Socket, isTerminal: boolean, onTaken: (bytes: number) => void, onClosed: () => void) {
    this.#socket = socket;
    this.#isTerminal = isTerminal;
    this.#onTaken = onTaken;
    // EPIPE: the command closed its stdin. For a terminal the reader sees the end itself.
    if (!isTerminal) socket.on('error', () => socket.destroy());
    socket.on('close', onClosed);
  }

  write(data: Uint8Array): void {
    for (let start = 0; start < data.length; start += PIECE_BYTES) {
      const piece = data.subarray(start, start + PIECE_BYTES);
      this.#socket.write(piece, (fault) => {
        if (fault === null || fault === undefined) this.#onTaken(piece.length);
      });
    }
  }

  end(): void {
    if (this.#isTerminal) this.#socket.write(END_OF_TRANSMISSION);
    else this.#socket.end();
  }

  /** The command is gone: what it did not take is void. */
  close(): void {
    if (!this.#isTerminal) this.#socket.destroy();
  }
}
