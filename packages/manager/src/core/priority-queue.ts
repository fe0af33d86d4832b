/** A stable queue: higher priority first, of equals the oldest. Add, look and take cost the same however long it is. */
export interface QueueEntry {
  readonly taskId: string;
  readonly priority: number;
  /** Order of acceptance. An entry that comes back keeps its own, and with it its place. */
  readonly seq: number;
}

export class PriorityQueue<Entry extends QueueEntry> {
  readonly #buckets = new Map<number, Bucket<Entry>>();
  /** The priorities in use, highest first. There are few. */
  #priorities: number[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(entry: Entry): void {
    let bucket = this.#buckets.get(entry.priority);
    if (bucket === undefined) {
      bucket = { entries: [], head: 0, gone: new Set(), size: 0 };
      this.#buckets.set(entry.priority, bucket);
      this.#priorities.push(entry.priority);
      this.#priorities.sort((a, b) => b - a);
    }
    insert(bucket, entry);
    bucket.size++;
    this.#size++;
  }

  /** The next one, which stays. */
  peek(): Entry | undefined {
    const priority = this.#priorities[0];
    return priority === undefined ? undefined : head(this.#buckets.get(priority) as Bucket<Entry>);
  }

  /** Takes out an entry that was added. */
  remove(entry: Entry): void {
    const bucket = this.#buckets.get(entry.priority) as Bucket<Entry>;
    // Marked now and skipped when its turn comes: taking it out of the middle would cost the queue's length.
    bucket.gone.add(entry);
    bucket.size--;
    this.#size--;
    if (bucket.size === 0) {
      this.#buckets.delete(entry.priority);
      this.#priorities = this.#priorities.filter((priority) => priority !== entry.priority);
    }
  }

  /** All entries, in no order. */
  *[Symbol.iterator](): Generator<Entry> {
    for (const { entries, head, gone } of this.#buckets.values()) {
      for (let i = head; i < entries.length; i++)
        if (!gone.has(entries[i] as Entry)) yield entries[i] as Entry;
    }
  }
}

interface Bucket<Entry> {
  entries: Entry[];
  head: number;
  readonly gone: Set<Entry>;
  size: number;
}

/** At the end, unless it comes back: then where its age puts it. */
function insert<Entry extends QueueEntry>(bucket: Bucket<Entry>, entry: Entry): void {
  // An entry that left and comes back at once would be taken for the one that left.
  if (bucket.gone.delete(entry)) bucket.entries.splice(bucket.entries.indexOf(entry, bucket.head), 1);
  const { entries } = bucket;
  let low = bucket.head;
  let high = entries.length;
  if (high === low || (entries[high - 1] as Entry).seq < entry.seq) {
    entries.push(entry);
    return;
  }
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((entries[middle] as Entry).seq < entry.seq) low = middle + 1;
    else high = middle;
  }
  entries.splice(low, 0, entry);
}

function head<Entry>(bucket: Bucket<Entry>): Entry {
  while (bucket.gone.delete(bucket.entries[bucket.head] as Entry)) bucket.head++;
  if (bucket.head > 1_024 && bucket.head * 2 > bucket.entries.length) {
    bucket.entries = bucket.entries.slice(bucket.head);
    bucket.head = 0;
  }
  return bucket.entries[bucket.head] as Entry;
}
