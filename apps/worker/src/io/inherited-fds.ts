/** Closes what this process was born with beside its standard streams, so that no task is born with it too. */
import { closeSync, readdirSync, readFileSync } from 'node:fs';

const CLOSE_ON_EXEC = 0o2000000;

/**
 * Closes every descriptor above 2 that a child would inherit. Node's own have close-on-exec; it sets that on inherited
 * ones too, but stops at the first gap above 15. Linux only: elsewhere there is no list to go by.
 */
export function closeInheritedFds(): void {
  if (process.platform !== 'linux') return;
  for (const fd of readdirSync('/proc/self/fdinfo').map(Number)) {
    if (fd > 2 && isInheritable(fd)) closeSync(fd);
  }
}

function isInheritable(fd: number): boolean {
  try {
    const flags = /^flags:\s+([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1] ?? '';
    return (Number.parseInt(flags, 8) & CLOSE_ON_EXEC) === 0;
  } catch {
    return false; // it was the descriptor that listed the directory
  }
}
