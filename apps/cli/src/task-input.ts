/** Brings our stdin to a task, no faster than the command reads it, and our terminal's keys and size to a task's. */
import type { TaskHandle } from '@sandcrew/manager';

const DEFAULT_SIZE = { cols: 80, rows: 24 } as const;

/** The size of the terminal that we stand on. */
export function terminalSize(): { readonly cols: number; readonly rows: number } {
  const { columns, rows } = process.stdout;
  return columns > 0 && rows > 0 ? { cols: columns, rows } : DEFAULT_SIZE;
}

/** Passes stdin on to its end. A command that takes no more is no fault: how it ended is told elsewhere. */
export async function passInput(handle: TaskHandle): Promise<void> {
  try {
    for await (const chunk of process.stdin) await handle.write(chunk);
    await handle.endInput();
  } catch {
    process.stdin.destroy();
  }
}

/** Hands keys over unread and follows the size, until the answer is called; also where the process just ends. */
export function joinTerminal(handle: TaskHandle): () => void {
  const { stdin, stdout } = process;
  const resize = () => {
    const { cols, rows } = terminalSize();
    handle.resize(cols, rows);
  };
  const restore = () => {
    if (stdin.isTTY) stdin.setRawMode(false);
    stdout.off('resize', resize);
    process.off('exit', restore);
  };
  if (stdin.isTTY) stdin.setRawMode(true);
  stdout.on('resize', resize);
  process.on('exit', restore);
  return restore;
}
