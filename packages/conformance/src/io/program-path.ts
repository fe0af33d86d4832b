/** Whether a program can be started, as far as its file tells. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** On Windows, which adds endings of its own to a name, only its start can tell. */
export function isStartable(program: string): boolean {
  if (process.platform === 'win32') return true;
  const places = program.includes('/') ? [''] : (process.env['PATH'] ?? '').split(delimiter);
  return places.some((place) => isExecutable(join(place, program)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
