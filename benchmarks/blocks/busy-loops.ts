/** Loads the machine beside the bench. */
import { spawn } from 'node:child_process';

/** Each loop ends by itself when its parent is gone. */
const LOOP = 'const parent = process.ppid; while (process.ppid === parent) for (let i = 0; i < 1e7; i++);';

/** Starts so many busy loops; ends them when the function that it returns is called. */
export function startBusyLoops(count: number): () => void {
  const loops = Array.from({ length: count }, () =>
    spawn(process.execPath, ['-e', LOOP], { stdio: 'ignore' }),
  );
  return () => {
    for (const loop of loops) loop.kill('SIGKILL');
  };
}
