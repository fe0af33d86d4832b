/**
 * What truly happened, as nobody inside a run can know it: which command was started how often, what it wrote, how it
 * ended. All that a manager is told is held against this.
 */
import type { Stream } from '../../packages/protocol/dist/index.js';
import type { TaskPlan } from './plan.js';
import { Violation } from './world.js';

/** Prime, so that a repetition shows nowhere where offsets are round. */
const PERIOD = 65_521;
const BYTES = makeBytes();

/** One start of a command on one worker. */
export class Life {
  readonly attempt: number;
  readonly workerName: string;
  readonly keepsAll: boolean;
  readonly startedAtMs: number;
  exit: { readonly exitCode: number | null; readonly signal: string | null } | null = null;
  isOver = false;
  /** Output that its manager's readers have taken: where one that is started anew goes on. */
  takenOffset = 0;
  readonly #shift: number;
  readonly #runs: { readonly offset: number; readonly stream: Stream }[] = [];
  writtenBytes = 0;
  inputBytes = 0;

  constructor(attempt: number, workerName: string, keepsAll: boolean, startedAtMs: number, shift: number) {
    this.attempt = attempt;
    this.workerName = workerName;
    this.keepsAll = keepsAll;
    this.startedAtMs = startedAtMs;
    this.#shift = shift;
  }

  /** The command writes so much more. */
  write(stream: Stream, bytes: number): Uint8Array {
    if (this.#runs.at(-1)?.stream !== stream) this.#runs.push({ offset: this.writtenBytes, stream });
    const data = bytesAt(this.writtenBytes + this.#shift, bytes);
    this.writtenBytes += bytes;
    return data;
  }

  /** Holds what came as its output against what it wrote. */
  check(stream: Stream, offset: number, data: Uint8Array): void {
    if (data.length === 0) throw new Violation('a chunk of no bytes');
    if (offset + data.length > this.writtenBytes)
      throw new Violation(
        `output up to ${offset + data.length}, of which ${this.writtenBytes} bytes were written`,
      );
    if (Buffer.compare(data, bytesAt(offset + this.#shift, data.length)) !== 0)
      throw new Violation(`the ${data.length} bytes at ${offset} are not what was written`);
    let index = this.#runs.length - 1;
    while ((this.#runs[index]?.offset ?? 0) > offset) index--;
    const next = this.#runs[index + 1];
    if (this.#runs[index]?.stream !== stream || (next !== undefined && next.offset < offset + data.length))
      throw new Violation(`the ${data.length} bytes at ${offset} were not all written to ${stream}`);
  }

  /** Input reached the command. */
  takeInput(data: Uint8Array): void {
    if (Buffer.compare(data, inputAt(this.inputBytes, data.length)) !== 0)
      throw new Violation(`the input at ${this.inputBytes} is not what was sent`);
    this.inputBytes += data.length;
  }
}

/** One task of one manager, over all its attempts and all lives of that manager. */
export class TaskRecord {
  readonly plan: TaskPlan;
  readonly lives: Life[] = [];
  /** Attempts whose command was handed to a connection and not answered with a rejection. */
  readonly handedOver = new Set<number>();
  submittedAtMs = 0;
  stopAskedAtMs: number | null = null;
  /** Its end told that it never ran: so it may not, from then on or before. */
  saidNeverRan = false;

  constructor(plan: TaskPlan) {
    this.plan = plan;
  }

  start(life: Life): void {
    const { taskId, idempotent } = this.plan;
    if (this.saidNeverRan) throw new Violation(`${taskId} was started, after it was said that it never was`);
    if (this.lives.some(({ attempt }) => attempt === life.attempt))
      throw new Violation(`attempt ${life.attempt} of ${taskId} was started twice`);
    if (this.lives.length > 0 && !idempotent)
      throw new Violation(`${taskId} was started twice, and nobody said that it may be`);
    this.lives.push(life);
  }
}

/** Input has a pattern of its own. */
export function inputAt(offset: number, bytes: number): Uint8Array {
  return bytesAt(offset + 31_337, bytes);
}

function bytesAt(offset: number, bytes: number): Uint8Array {
  const start = offset % PERIOD;
  return BYTES.subarray(start, start + bytes);
}

function makeBytes(): Uint8Array {
  const bytes = new Uint8Array(2 * PERIOD + 65_536);
  let state = 1;
  for (let index = 0; index < bytes.length; index++) {
    if (index >= PERIOD) bytes[index] = bytes[index - PERIOD] as number;
    else {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
      bytes[index] = state >>> 16;
    }
  }
  return bytes;
}
