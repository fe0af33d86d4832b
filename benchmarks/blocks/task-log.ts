/** What a worker said of one task, as it comes. Judges nothing. */
import type { WorkerMessage } from '@sandcrew/protocol';

export interface Claim {
  readonly reason: string;
  readonly confidence: 'confirmed' | 'suspected';
  readonly atMs: number;
  /** When it was withdrawn; null where it stands. */
  readonly clearedAtMs: number | null;
  /** The evidence in one sentence. */
  readonly summary: string;
}

export interface CaseEnd {
  readonly atMs: number;
  /** As in `exit 0`, `SIGSEGV`, `terminated`. */
  readonly how: string;
}

/** Times are milliseconds from `execution_started`, as they came here. */
export class TaskLog {
  pid = 0;
  rejection: string | null = null;
  end: CaseEnd | null = null;
  readonly claims: Claim[] = [];
  readonly faults: string[] = [];
  readonly begun: Promise<void>;
  readonly ended: Promise<void>;
  #startedMs = 0;
  #settleBegun: () => void = () => {};
  #settleEnded: () => void = () => {};

  constructor() {
    this.begun = new Promise((resolve) => {
      this.#settleBegun = resolve;
    });
    this.ended = new Promise((resolve) => {
      this.#settleEnded = resolve;
    });
  }

  get isEnded(): boolean {
    return this.end !== null;
  }

  take(message: WorkerMessage): void {
    const atMs = Math.round(performance.now() - this.#startedMs);
    switch (message.type) {
      case 'execution_started':
        this.#startedMs = performance.now();
        this.pid = message.pid;
        return this.#settleBegun();
      case 'block_detected': {
        const { reason, confidence, evidence } = message;
        const summary = evidence.summary ?? JSON.stringify(evidence);
        this.claims.push({ reason, confidence, atMs, clearedAtMs: null, summary });
        return;
      }
      case 'block_cleared': {
        const last = this.claims.findLastIndex(
          (claim) => claim.reason === message.reason && claim.clearedAtMs === null,
        );
        const claim = this.claims[last];
        if (claim !== undefined) this.claims[last] = { ...claim, clearedAtMs: atMs };
        else this.faults.push(`block_cleared without its block: ${message.reason}`);
        return;
      }
      case 'task_complete':
      case 'task_error':
        if (message.type === 'task_error' && message.code === 'rejected')
          this.rejection = message.detail ?? message.message;
        this.end = { atMs, how: howItEnded(message) };
        this.#settleBegun();
        return this.#settleEnded();
      case 'protocol_error':
        this.faults.push(`${message.code}: ${message.message}`);
    }
  }
}

function howItEnded(message: Extract<WorkerMessage, { type: 'task_complete' | 'task_error' }>): string {
  if (message.type === 'task_error') return message.code;
  return message.signal ?? `exit ${message.exitCode}`;
}
