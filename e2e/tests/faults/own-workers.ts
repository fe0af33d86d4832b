/** Which worker processes this process has. */
import { readdirSync, readFileSync } from 'node:fs';

/** The embedded workers that this process has started. */
export function ownWorkers(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const [status, command] = [read(`/proc/${pid}/status`), read(`/proc/${pid}/cmdline`)];
      return (
        status.includes(`\nPPid:\t${process.pid}\n`) &&
        command.includes('--until-stdin-closes') &&
        command.includes('unix:')
      );
    });
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
