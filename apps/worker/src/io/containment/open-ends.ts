/** Opens the command's side of its ends for a containment that passes them on as descriptors. */
import { closeSync, constants, fchownSync, openSync, statSync } from 'node:fs';
import type { TaskUser } from '../../core/containment/bubblewrap-arguments.js';
import type { CommandStdio } from './containment.js';

/** stdin, stdout and stderr in this order, given to the task's user, so that it may open them again as /dev/stdout. */
export function openEnds(stdio: CommandStdio, user: TaskUser | null): number[] {
  const { O_RDONLY, O_WRONLY, O_RDWR, O_NOCTTY } = constants;
  const ways: [path: string, flags: number][] =
    stdio.kind === 'terminal'
      ? [O_RDWR, O_RDWR, O_RDWR].map((flags) => [stdio.path, flags | O_NOCTTY])
      : [
          [stdio.stdin, O_RDONLY],
          [stdio.stdout, O_WRONLY],
          [stdio.stderr, O_WRONLY],
        ];
  const opened: number[] = [];
  try {
    for (const [path, flags] of ways) {
      const fd = openSync(path, flags);
      opened.push(fd);
      const isOwn = stdio.kind === 'terminal' || statSync(path).isFIFO();
      if (user !== null && isOwn) fchownSync(fd, user.uid, user.gid);
    }
    return opened;
  } catch (error) {
    for (const fd of opened) closeSync(fd);
    throw error;
  }
}
