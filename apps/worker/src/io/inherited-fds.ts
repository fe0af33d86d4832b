/** Closes what this process was born with beside its standard streams, so that no task is born with it too. */
import { closeSync, readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';

const CLOSE_ON_EXEC = 0o2000000;

/**
 * Closes every descriptor above 2 that a child would inherit. Node's own have close-on-exec; it sets that on inherited
 * ones too, but stops at the first gap above 15. Linux only: elsewhere there is no list to go by.
 *
 * One file is left alone: since Node 24 a thread of Node's reads the certificates of NODE_EXTRA_CA_CERTS meanwhile, by a
 * descriptor without close-on-exec. Closed under it, Node aborts when that thread closes what has its number by then.
 */
export function closeInheritedFds(): void {
  if (process.platform !== 'linux') return;
  const ownFile = certificatesFile();
  for (const fd of readdirSync('/proc/self/fdinfo').map(Number)) {
    if (fd <= 2 || !isInheritable(fd)) continue;
    const target = targetOf(fd);
    if (target !== null && target !== ownFile) closeSync(fd);
  }
}

function certificatesFile(): string | null {
  const path = process.env['NODE_EXTRA_CA_CERTS'];
  if (path === undefined || path === '') return null;
  try {
    return realpathSync.native(path);
  } catch {
    return null; // then Node cannot read it either
  }
}

/** What a descriptor stands for, or null where it is gone. */
function targetOf(fd: number): string | null {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return null;
  }
}

function isInheritable(fd: number): boolean {
  try {
    const flags = /^flags:\s+([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1] ?? '';
    return (Number.parseInt(flags, 8) & CLOSE_ON_EXEC) === 0;
  } catch {
    return false; // it was the descriptor that listed the directory, or another thread's
  }
}
