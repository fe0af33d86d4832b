/** Whether this machine has a program. */
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

/** @param path directories as PATH has them. */
export function isInPath(program: string, path: string): boolean {
  return path.split(':').some((directory) => directory !== '' && isExecutable(join(directory, program)));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
