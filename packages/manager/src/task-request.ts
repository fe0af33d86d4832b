/** Judges what a caller hands in, by the protocol's own schemas where the worker reads it, and names the field at fault. */
import { encodeManagerMessage, isTaskId, MAX_PAYLOAD_BYTES, type ManagerMessage } from '@sandcrew/protocol';
import { SandboxError } from './core/sandbox-error.js';
import type { Submission, TaskNeeds } from './core/task.js';
import type { ManagerOptions, TaskReservation, WorkerAddress, WorkerRequirements } from './options.js';

/** @throws {SandboxError} INVALID_TASK */
export function readTask(request: TaskReservation, taskId: string): Submission {
  if (typeof request !== 'object' || request === null) throw invalidTask('the task', 'an object', request);
  const {
    command,
    priority = 0,
    requirements,
    idempotent = false,
    signal,
    graceMs,
    taskId: _taskId,
    ...rest
  } = request;
  if (!isTaskId(taskId))
    throw invalidTask('taskId', '1 to 128 of A-Z a-z 0-9 . _ : -, the first a letter or digit', taskId);
  if (!Number.isSafeInteger(priority)) throw invalidTask('priority', 'a whole number', priority);
  if (typeof idempotent !== 'boolean') throw invalidTask('idempotent', 'true or false', idempotent);
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw invalidTask('signal', 'an AbortSignal', signal);
  if (graceMs !== undefined) readGraceMs(graceMs);
  const body = {
    ...definedOnly(rest),
    command: command === undefined ? null : argv(command),
  } as Submission['body'];
  checkMessage({ type: 'execute_command', taskId, ...body, command: body.command ?? '' } as ManagerMessage);
  return { taskId, priority, idempotent, needs: readNeeds(requirements), body };
}

/** @throws {SandboxError} INVALID_TASK */
export function readCommand(taskId: string, command: string | readonly string[]): string | string[] {
  checkMessage({ type: 'execute_command', taskId, command: argv(command) } as ManagerMessage);
  return argv(command);
}

/** @throws {SandboxError} INVALID_TASK */
export function readGraceMs(graceMs: number): number {
  checkMessage({ type: 'terminate_task', taskId: 'any', graceMs } as ManagerMessage);
  return graceMs;
}

/** A message with the fields of a caller, as it would be sent. @throws {SandboxError} INVALID_TASK */
export function checkMessage(message: ManagerMessage): void {
  let encoded: string;
  try {
    encoded = encodeManagerMessage({ ...message, timestamp: 0 });
  } catch (error) {
    // biome-ignore lint/style/useErrorCause: the fault carries it
    throw new SandboxError({
      code: 'INVALID_TASK',
      message: `${(error as Error).message.replace(/^[a-z_]+\//, '').replaceAll('/', '.')}.`,
      cause: error,
    });
  }
  const bytes = Buffer.byteLength(encoded);
  if (bytes > MAX_PAYLOAD_BYTES - 64)
    throw invalidTask('command and env', `at most ${MAX_PAYLOAD_BYTES} bytes in one message`, bytes);
}

/** Every fault of the options at once. @throws {SandboxError} INVALID_OPTIONS */
export function checkOptions(options: ManagerOptions): void {
  const faults: string[] = [];
  const {
    workers = [],
    managerId,
    maxWorkers,
    connectTimeoutMs,
    lostAfterMs,
    maxAttempts,
    keepOutputBytes,
  } = options;
  const isCount = (value: number, least: number) => Number.isSafeInteger(value) && value >= least;
  for (const [name, value, least] of [
    ['maxWorkers', maxWorkers, 1],
    ['connectTimeoutMs', connectTimeoutMs, 1],
    ['lostAfterMs', lostAfterMs, 0],
    ['maxAttempts', maxAttempts, 1],
    ['keepOutputBytes', keepOutputBytes, 0],
  ] as const) {
    if (value !== undefined && !isCount(value, least))
      faults.push(`${name}: expected a whole number from ${least}, got ${show(value)}`);
  }
  if (managerId !== undefined && !isTaskId(managerId)) {
    faults.push(
      `managerId: expected 1 to 128 of A-Z a-z 0-9 . _ : -, the first a letter or digit, got ${show(managerId)}`,
    );
  }
  if (workers.length > (maxWorkers ?? 10))
    faults.push(`workers: expected at most maxWorkers (${maxWorkers ?? 10}), got ${workers.length}`);
  workers.forEach((worker, i) => {
    faults.push(...faultsOfAddress(worker).map((fault) => `workers[${i}].${fault}`));
    if (workers.findIndex(({ url }) => url === worker.url) < i)
      faults.push(`workers[${i}].url: expected each URL once, got ${worker.url} again`);
  });
  if (faults.length > 0)
    throw new SandboxError({ code: 'INVALID_OPTIONS', message: `${faults.join('; ')}.` });
}

function faultsOfAddress({ url, token, tokenFile }: WorkerAddress): string[] {
  const faults: string[] = [];
  if (!/^(wss?:\/\/|ws\+unix:\/)/.test(url))
    faults.push(`url: expected ws://, wss:// or ws+unix:/path.sock:/, got ${show(url)}`);
  else if (!URL.canParse(url)) faults.push(`url: expected a URL, got ${show(url)}`);
  else if (url.includes('#')) faults.push(`url: expected no fragment, got ${show(url)}`);
  else if (url.includes('?')) faults.push('url: expected no query (a token never stands in a URL), got one');
  if ((token === undefined) === (tokenFile === undefined))
    faults.push('token: expected either token or tokenFile');
  else if (token !== undefined && !/^[\x21-\x7e]+$/.test(token))
    faults.push('token: expected visible ASCII without spaces');
  return faults;
}

/** What is misspelt would be ignored in silence: a task would run where, or as, its caller did not mean. */
function refuseUnknown(where: string, unknown: object, known: string): void {
  const [name] = Object.keys(unknown);
  if (name !== undefined) throw invalidTask(where, `one of ${known}`, name);
}

function readNeeds(requirements: WorkerRequirements | undefined): TaskNeeds {
  if (requirements === undefined) return {};
  const { type, labels, memoryBytes, ...unknown } = requirements;
  refuseUnknown('requirements', unknown, 'type, labels, memoryBytes');
  if (type !== undefined && typeof type !== 'string')
    throw invalidTask('requirements.type', 'a string', type);
  if (memoryBytes !== undefined && !(Number.isSafeInteger(memoryBytes) && memoryBytes >= 0)) {
    throw invalidTask('requirements.memoryBytes', 'a whole number of bytes from 0', memoryBytes);
  }
  const pairs = Object.entries(labels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [name, value] of pairs) {
    if (typeof value !== 'string') throw invalidTask(`requirements.labels.${name}`, 'a string', value);
  }
  // In one order, so that tasks with the same needs are known by that.
  return {
    ...(type === undefined ? {} : { type }),
    ...(pairs.length === 0 ? {} : { labels: Object.fromEntries(pairs) }),
    ...(memoryBytes === undefined ? {} : { memoryBytes }),
  };
}

function argv(command: string | readonly string[]): string | string[] {
  return Array.isArray(command) ? [...command] : (command as string);
}

function definedOnly(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function invalidTask(field: string, expected: string, got: unknown): SandboxError {
  return new SandboxError({
    code: 'INVALID_TASK',
    message: `${field}: expected ${expected}, got ${show(got)}.`,
  });
}

function show(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
