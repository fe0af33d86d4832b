/** Whether an `execute_command` says the same as the one that started a task. */
import { DEFAULT_LINGER_MS, DEFAULT_TIMEOUT_MS, type ExecuteCommand } from '@sandcrew/protocol';

/** The command with every default filled in, so that one who says a default and one who leaves it out agree. */
export function withDefaults(command: ExecuteCommand, network: 'none' | 'host') {
  const { timestamp: _, ...said } = command;
  return {
    ...said,
    cwd: said.cwd ?? '.',
    env: said.env ?? {},
    stdin: said.pty === undefined ? (said.stdin ?? 'none') : 'pipe',
    timeoutMs: said.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    limits: said.limits ?? {},
    network: said.network ?? network,
    allowEnv: said.allowEnv ?? false,
    kind: said.kind ?? 'batch',
    expectQuietMs: said.expectQuietMs ?? 0,
    lingerMs: said.lingerMs ?? DEFAULT_LINGER_MS,
    blockPolicy: { default: 'report' as const, ...said.blockPolicy },
  } as const;
}

/** An `execute_command` whose every default is filled in. */
export type FullCommand = ReturnType<typeof withDefaults>;

export function isSameCommand(one: FullCommand, other: FullCommand): boolean {
  return isEqual(one, other);
}

function isEqual(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  const keys = Object.keys(one);
  if (keys.length !== Object.keys(other).length) return false;
  return keys.every((key) => Object.hasOwn(other, key) && isEqual(one[key as never], other[key as never]));
}
