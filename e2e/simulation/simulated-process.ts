/** A command as its worker meets it: it starts, writes, reads, exits, and leaves things behind, as its plan says. */
import type { WorkerEvent } from '../../apps/worker/build/core/event.js';
import type { Life } from './ledger.js';
import type { ProcessPlan } from './plan.js';
import type { World } from './world.js';

/** From a write to the worker's read of it, at most, milliseconds. */
const PIPE_MS = 3;

export class SimulatedProcess {
  readonly life: Life;
  readonly #world: World;
  readonly #plan: ProcessPlan;
  readonly #taskKey: string;
  readonly #emit: (event: WorkerEvent) => void;
  /** What was planned in an earlier one is void. */
  #era = 0;
  #isCommandAlive = false;
  #isOutputOpen = false;
  #readAtMs = 0;
  /** What its worker does not read for now. */
  #held: WorkerEvent[] | null = null;

  /** @param emit takes its events; whoever gives it sees to it that a dead worker hears nothing. */
  constructor(
    world: World,
    plan: ProcessPlan,
    taskKey: string,
    life: Life,
    emit: (event: WorkerEvent) => void,
  ) {
    this.#world = world;
    this.#plan = plan;
    this.#taskKey = taskKey;
    this.life = life;
    this.#emit = emit;
  }

  /** Whether anything of it lives. */
  get isAlive(): boolean {
    return this.#isCommandAlive || (this.#isOutputOpen && this.life.exit !== null && this.#plan.heldMs > 0);
  }

  start(): void {
    const { writes, exitAfterMs, heldMs } = this.#plan;
    this.#isCommandAlive = true;
    this.#isOutputOpen = true;
    const endOfWrites = exitAfterMs === null ? Number.POSITIVE_INFINITY : exitAfterMs + heldMs;
    for (const { afterMs, stream, bytes } of writes) {
      if (afterMs <= endOfWrites) this.#later(afterMs, () => this.#write(stream, bytes));
    }
    if (exitAfterMs !== null) this.#later(exitAfterMs, () => this.#exit(this.#plan.exit));
    this.#emit({ type: 'process_started', taskKey: this.#taskKey, pid: 7 });
  }

  takeInput(data: Uint8Array): void {
    if (!this.#isCommandAlive) return;
    this.life.takeInput(data);
    this.#later(this.#world.chance.spread(1, 500), () =>
      this.#emit({ type: 'input_taken', taskKey: this.#taskKey, bytes: data.length }),
    );
  }

  /** End of input: a command that reads until then has done its work. */
  endInput(): void {
    this.#later(this.#world.chance.spread(1, 500), () => {
      this.#emit({ type: 'input_closed', taskKey: this.#taskKey });
      if (this.#plan.exitAfterMs === null) this.#exit(this.#plan.exit);
    });
  }

  signal(name: string): void {
    if (!this.#isCommandAlive) return;
    if (name === 'SIGKILL') this.#later(1, () => this.#exit({ exitCode: null, signal: name }));
    if (name !== 'SIGTERM' || this.#plan.onTerm === 'ignores') return;
    const exit =
      this.#plan.onTerm === 'dies' ? { exitCode: null, signal: name } : { exitCode: 0, signal: null };
    this.#later(this.#world.chance.spread(1, 2_000), () => this.#exit(exit));
  }

  /** All that is left of it dies. */
  endTree(): void {
    const leftover = this.#isOutputOpen && this.#plan.heldMs > 0 ? 1 : 0;
    this.#era++;
    this.#closeOutput();
    this.#world.after(this.#world.chance.spread(1, 50), () => {
      this.life.isOver = true;
      this.#emit({ type: 'tree_ended', taskKey: this.#taskKey, leftover, usage: {} });
    });
  }

  closeOutput(): void {
    this.#closeOutput();
  }

  /** Its worker reads no output for now, or reads on. */
  hold(isHeld: boolean): void {
    const held = this.#held ?? [];
    this.#held = isHeld ? held : null;
    if (isHeld) return;
    for (const event of held) this.#world.after(0, () => this.#take(event));
  }

  /** Its worker is gone, and it with it. */
  die(): void {
    this.#era++;
    this.#isCommandAlive = false;
    this.#isOutputOpen = false;
    this.life.isOver = true;
  }

  #write(stream: 'stdout' | 'stderr', bytes: number): void {
    if (!this.#isOutputOpen) return;
    const data = this.life.write(stream, bytes);
    this.#read({ type: 'output_read', taskKey: this.#taskKey, stream, data });
  }

  #exit(exit: NonNullable<Life['exit']>): void {
    if (!this.#isCommandAlive) return;
    this.#isCommandAlive = false;
    this.life.exit = exit;
    const { heldMs } = this.#plan;
    if (heldMs === 0) this.#era++;
    else this.#later(heldMs, () => this.#closeOutput());
    this.#world.after(this.#world.chance.next() * PIPE_MS, () =>
      this.#emit({ type: 'process_exited', taskKey: this.#taskKey, ...exit, memoryKills: 0 }),
    );
    if (heldMs === 0) this.#closeOutput();
  }

  #closeOutput(): void {
    if (!this.#isOutputOpen) return;
    this.#isOutputOpen = false;
    this.#read({ type: 'output_closed', taskKey: this.#taskKey });
  }

  /** The worker reads what was written in its order, a moment later. */
  #read(event: WorkerEvent): void {
    this.#readAtMs = Math.max(this.#readAtMs, this.#world.nowMs + this.#world.chance.next() * PIPE_MS);
    this.#world.after(this.#readAtMs - this.#world.nowMs, () => this.#take(event));
  }

  #take(event: WorkerEvent): void {
    if (this.#held === null) this.#emit(event);
    else this.#held.push(event);
  }

  #later(delayMs: number, deed: () => void): void {
    const era = this.#era;
    this.#world.after(delayMs, () => {
      if (era === this.#era) deed();
    });
  }
}
