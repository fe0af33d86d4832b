/**
 * A stable queue: higher priority first, of equals the oldest. It is a heap, each entry before the two below it: to add and
 * to take out costs a few comparisons however long it is, and nothing of what was taken out is held.
 */
export interface QueueEntry {
  readonly taskId: string;
  readonly priority: number;
  /** Order of acceptance, no two alike. An entry that comes back keeps its own, and with it its place. */
  readonly seq: number;
}

export class PriorityQueue<Entry extends QueueEntry> {
  readonly #heap: Entry[] = [];
  /** Where in the heap each entry is. */
  readonly #places = new Map<Entry, number>();

  get size(): number {
    return this.#places.size;
  }

  add(entry: Entry): void {
    this.#rise(entry, this.#heap.length);
  }

  /** The next one, which stays. */
  peek(): Entry | undefined {
    return this.#heap[0];
  }

  /** Takes out an entry that was added. */
  remove(entry: Entry): void {
    const place = this.#places.get(entry) as number;
    this.#places.delete(entry);
    const last = this.#heap.pop() as Entry;
    if (last !== entry) this.#rise(last, this.#sink(last, place));
  }

  /** All entries, in no order. */
  [Symbol.iterator](): Iterator<Entry> {
    return this.#heap[Symbol.iterator]();
  }

  /** Puts an entry in a free place, or as far above it as it comes before those that are there. */
  #rise(entry: Entry, from: number): void {
    let place = from;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = this.#heap[above] as Entry;
      if (comesBefore(parent, entry)) break;
      this.#put(parent, place);
      place = above;
    }
    this.#put(entry, place);
  }

  /** Moves those up that come before an entry which is to have a free place. Returns the place that is free then. */
  #sink(entry: Entry, from: number): number {
    let place = from;
    for (;;) {
      const [left, right] = [this.#heap[2 * place + 1], this.#heap[2 * place + 2]];
      const first = right !== undefined && comesBefore(right, left as Entry) ? right : left;
      if (first === undefined || comesBefore(entry, first)) return place;
      const below = this.#places.get(first) as number;
      this.#put(first, place);
      place = below;
    }
  }

  #put(entry: Entry, place: number): void {
    this.#heap[place] = entry;
    this.#places.set(entry, place);
  }
}

export function comesBefore(a: QueueEntry, b: QueueEntry): boolean {
  return a.priority === b.priority ? a.seq < b.seq : a.priority > b.priority;
}
