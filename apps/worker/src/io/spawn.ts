/** Starts processes that inherit no terminal of another task. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';

type StdioElements = Extract<NonNullable<SpawnOptions['stdio']>, unknown[]>;

/** Descriptors that the native module opened without close-on-exec; Node has no fcntl to set it. */
const leaking = new Set<number>();

/** Says that every process would inherit `fd`, until `stopHiding`. */
export function hideFromChildren(fd: number): void {
  leaking.add(fd);
}

export function stopHiding(fd: number): void {
  leaking.delete(fd);
}

/** As `spawn`, with /dev/null in the place of every descriptor that is to be hidden. */
export function spawnProcess(
  program: string,
  args: readonly string[],
  options: SpawnOptions & { stdio: StdioElements },
): ChildProcess {
  if (leaking.size === 0) return spawn(program, args, options);
  const nothing = openSync('/dev/null', 'r');
  try {
    const stdio: StdioElements = [...options.stdio];
    for (const fd of leaking) {
      if (fd < options.stdio.length) continue; // another takes its place in the child
      while (stdio.length <= fd) stdio.push('ignore'); // beyond 2 this means: leave it as it is
      stdio[fd] = nothing;
    }
    return spawn(program, args, { ...options, stdio });
  } finally {
    closeSync(nothing);
  }
}
