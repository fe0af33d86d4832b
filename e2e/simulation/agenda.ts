/** Virtual time: what is to happen when. A minute costs as much as what happens in it. */
interface Entry {
  readonly atMs: number;
  /** Equal times happen in the order in which they were planned. */
  readonly seq: number;
  call: (() => void) | null;
}

export class Agenda {
  nowMs = 0;
  #seq = 0;
  readonly #heap: Entry[] = [];

  /** Plans a call. Returns what cancels it. */
  after(delayMs: number, call: () => void): () => void {
    const entry: Entry = { atMs: this.nowMs + Math.max(0, delayMs), seq: this.#seq++, call };
    this.#rise(entry);
    return () => {
      entry.call = null;
    };
  }

  /** Lets the next thing happen, if it is due before `untilMs`. Says whether there was one. */
  happen(untilMs: number): boolean {
    for (let next = this.#heap[0]; next !== undefined && next.atMs <= untilMs; next = this.#heap[0]) {
      this.#sink();
      if (next.call === null) continue;
      this.nowMs = next.atMs;
      next.call();
      return true;
    }
    return false;
  }

  #rise(entry: Entry): void {
    const heap = this.#heap;
    let index = heap.length;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!comesBefore(entry, heap[parent] as Entry)) break;
      heap[index] = heap[parent] as Entry;
      index = parent;
    }
    heap[index] = entry;
  }

  /** Takes out the first one. */
  #sink(): void {
    const heap = this.#heap;
    const last = heap.pop() as Entry;
    if (heap.length === 0) return;
    let index = 0;
    for (let child = 1; child < heap.length; child = 2 * index + 1) {
      if (child + 1 < heap.length && comesBefore(heap[child + 1] as Entry, heap[child] as Entry)) child++;
      if (!comesBefore(heap[child] as Entry, last)) break;
      heap[index] = heap[child] as Entry;
      index = child;
    }
    heap[index] = last;
  }
}

function comesBefore(one: Entry, other: Entry): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.seq < other.seq);
}
