/** The workers that have a free slot, by how many tasks they run: the least loaded comes first. */
export class FreeSlots {
  readonly #byLoad: Set<string>[] = [];
  readonly #loadOf = new Map<string, number>();

  get isEmpty(): boolean {
    return this.#loadOf.size === 0;
  }

  /** A worker has a free slot, and runs `load` tasks. */
  open(workerKey: string, load: number): void {
    if (this.#loadOf.get(workerKey) === load) return;
    this.close(workerKey);
    this.#loadOf.set(workerKey, load);
    while (this.#byLoad.length <= load) this.#byLoad.push(new Set());
    this.#keysOf(load).add(workerKey);
  }

  /** A worker takes no task now. */
  close(workerKey: string): void {
    const load = this.#loadOf.get(workerKey);
    if (load === undefined) return;
    this.#loadOf.delete(workerKey);
    this.#keysOf(load).delete(workerKey);
  }

  /** Least loaded first. */
  *[Symbol.iterator](): Generator<string> {
    for (const keys of this.#byLoad) yield* keys;
  }

  #keysOf(load: number): Set<string> {
    return this.#byLoad[load] as Set<string>;
  }
}
