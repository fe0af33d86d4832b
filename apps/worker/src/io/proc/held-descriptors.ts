/** Which descriptors processes hold: those of the task, and, where it matters, those of all others. */
import { listDescriptors, readDescriptor } from './descriptors.js';
import { listNames, readText } from './read.js';

/** One descriptor of a process of the task. */
export interface HeldDescriptor {
  readonly pid: number;
  readonly fd: string;
  readonly link: string;
}

export function readHeld(pid: number): HeldDescriptor[] {
  return (listDescriptors(pid) ?? []).flatMap((fd) => {
    const link = readDescriptor(pid, fd);
    return link === null ? [] : [{ pid, fd, link }];
  });
}

/** Processes of the host that are not the task's. Looked at only when something that others could hold is waited for. */
export class Outsiders {
  readonly #inside: ReadonlySet<number>;
  #holders: Map<string, HeldDescriptor[]> | null = null;

  constructor(inside: ReadonlySet<number>) {
    this.#inside = inside;
  }

  /** Descriptors that lead to `link`. Those of other users cannot be seen: what the task made, they would have had to be given. */
  holdersOf(link: string): HeldDescriptor[] {
    this.#holders ??= this.#readAll();
    return this.#holders.get(link) ?? [];
  }

  #readAll(): Map<string, HeldDescriptor[]> {
    const found = new Map<string, HeldDescriptor[]>();
    for (const name of listNames('/proc') ?? []) {
      const pid = Number(name);
      if (!Number.isInteger(pid) || this.#inside.has(pid) || pid === process.pid) continue;
      for (const held of readHeld(pid)) found.set(held.link, [...(found.get(held.link) ?? []), held]);
    }
    return found;
  }
}

export function pidsOf(held: readonly HeldDescriptor[]): number[] {
  return [...new Set(held.map(({ pid }) => pid))];
}

export function namesOf(held: readonly { readonly pid: number }[]): string[] {
  const pids = [...new Set(held.map(({ pid }) => pid))];
  return pids.map((pid) => `${readText(`/proc/${pid}/comm`)?.trim() ?? 'a process'} (pid ${pid})`);
}
