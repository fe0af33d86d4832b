/** Notices that a file system on which a task works has no room left. */
import { readlink, statfs } from 'node:fs/promises';
import type { Evidence } from '../core/blocks/evidence.js';

const INTERVAL_MS = 1_000;
const MAX_PROCESSES = 8;
/** Images that are full by their nature: squashfs, erofs, cramfs, iso9660 (include/uapi/linux/magic.h). */
const READ_ONLY: ReadonlySet<number> = new Set([0x73717368, 0xe0f5e1e2, 0x28cd3d45, 0x9660]);

export class DiskWatch {
  #full: string | null = null;
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #isLooking = false;

  /** The path of a directory without room, by the last look; null for none. */
  get fullDirectory(): string | null {
    return this.#full;
  }

  /** Looks at the directories that the processes work in, unless nothing ran since, or a look still waits: a dead server's does for ever. */
  look({ threads }: Evidence, nowMs: number): void {
    const active = new Set(threads.filter(({ stillMs }) => stillMs < INTERVAL_MS).map(({ pid }) => pid));
    if (this.#isLooking || active.size === 0 || nowMs - this.#lookedAtMs < INTERVAL_MS) return;
    this.#isLooking = true;
    this.#lookedAtMs = nowMs;
    void this.#find([...active].slice(0, MAX_PROCESSES)).then((full) => {
      this.#full = full;
      this.#isLooking = false;
    });
  }

  async #find(pids: readonly number[]): Promise<string | null> {
    const seen = await Promise.all(pids.map((pid) => fullDirectoryOf(`/proc/${pid}/cwd`)));
    return seen.find((path) => path !== null) ?? null;
  }
}

async function fullDirectoryOf(link: string): Promise<string | null> {
  try {
    const { type, blocks, bavail } = await statfs(link);
    return blocks > 0 && bavail === 0 && !READ_ONLY.has(type) ? await readlink(link) : null;
  } catch {
    return null; // the process is gone
  }
}
