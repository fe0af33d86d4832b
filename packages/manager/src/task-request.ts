/** Judges what a caller says of a task, by the protocol's own schemas where the worker reads it, and names the field at fault. */
import { BlockPolicy, DEFAULT_GRACE_MS, ExecuteCommand, isTaskId, TaskLimits } from '@sandcrew/protocol';
import { readOrders, readReply } from './block-request.js';
import type { ManagerEvent, RungOrder } from './core/event.js';
import { faultsOfUnknown, isObject, mismatch } from './core/field-words.js';
import { RECOVERY_RUNGS } from './core/recovery.js';
import type { Submission, TaskNeeds } from './core/task.js';
import { checkMessage, invalidTask } from './message-check.js';
import type {
  AttachRequest,
  RecoveryOptions,
  TaskRequest,
  TaskReservation,
  WorkerRequirements,
} from './options.js';

/** As records, so that none that the types have can be missing here. */
const TASK_FIELDS: Readonly<Record<keyof TaskRequest, true>> = {
  command: true,
  taskId: true,
  priority: true,
  requirements: true,
  workspace: true,
  cwd: true,
  env: true,
  stdin: true,
  pty: true,
  timeoutMs: true,
  limits: true,
  network: true,
  allowEnv: true,
  kind: true,
  expectQuietMs: true,
  lingerMs: true,
  blockPolicy: true,
  onBlock: true,
  idempotent: true,
  signal: true,
  graceMs: true,
};
const ATTACH_FIELDS: Readonly<Record<keyof AttachRequest, true>> = {
  taskId: true,
  workerId: true,
  workerUrl: true,
  offset: true,
  forget: true,
};
const RECOVERY_FIELDS: Readonly<Record<keyof RecoveryOptions, true>> = {
  rung: true,
  reply: true,
  password: true,
  graceMs: true,
};
const NEEDS_FIELDS: Readonly<Record<keyof WorkerRequirements, true>> = {
  worker: true,
  type: true,
  labels: true,
  memoryBytes: true,
};
type Adoption = Extract<ManagerEvent, { readonly type: 'task_adopted' }>;
/** Objects in a request whose unknown fields the protocol, being open to later versions, lets pass. */
const INNER_FIELDS = {
  requirements: Object.keys(NEEDS_FIELDS),
  pty: Object.keys(ExecuteCommand.properties.pty.properties),
  limits: Object.keys(TaskLimits.properties),
  blockPolicy: Object.keys(BlockPolicy.properties),
} as const;

/** @throws {SandboxError} INVALID_TASK */
export function readTask(request: TaskReservation, taskId: string): Submission {
  refuseUnknown(request, Object.keys(TASK_FIELDS), 'the task');
  const {
    command,
    priority = 0,
    requirements,
    idempotent = false,
    signal,
    graceMs,
    onBlock,
    taskId: _taskId,
    ...rest
  } = request;
  for (const [name, known] of Object.entries(INNER_FIELDS)) {
    const inner = request[name as keyof typeof INNER_FIELDS];
    if (isObject(inner)) refuseUnknown(inner, known, name, `${name}.`);
  }
  if (!isTaskId(taskId))
    throw invalid('taskId', '1 to 128 of A-Z a-z 0-9 . _ : -, the first a letter or digit', taskId);
  if (!Number.isSafeInteger(priority)) throw invalid('priority', 'a whole number', priority);
  if (typeof idempotent !== 'boolean') throw invalid('idempotent', 'true or false', idempotent);
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw invalid('signal', 'an AbortSignal', signal);
  const orders = readOrders(onBlock, idempotent);
  const body = {
    ...definedOnly(rest),
    ...(isObject(rest.limits) ? { limits: definedOnly(rest.limits) } : {}),
    command: command === undefined ? null : readWords(command),
  } as Submission['body'];
  checkMessage({ type: 'execute_command', taskId, ...body, command: body.command ?? '' });
  const needs = readNeeds(requirements);
  return { taskId, priority, idempotent, needs, orders, graceMs: readGraceMs(graceMs), body };
}

/** @throws {SandboxError} INVALID_TASK */
export function readCommand(taskId: string, command: string | readonly string[]): string | string[] {
  const words = readWords(command);
  checkMessage({ type: 'execute_command', taskId, command: words });
  return words;
}

/** @throws {SandboxError} INVALID_TASK */
export function readGraceMs(graceMs: number = DEFAULT_GRACE_MS): number {
  checkMessage({ type: 'terminate_task', taskId: 'any', graceMs });
  return graceMs;
}

/** @throws {SandboxError} INVALID_TASK */
export function readAttach(request: AttachRequest): Pick<Adoption, 'worker' | 'offset' | 'forget'> {
  refuseUnknown(request, Object.keys(ATTACH_FIELDS), 'what to attach to');
  const { taskId, workerId, workerUrl, offset = 0, forget = true } = request;
  if (typeof forget !== 'boolean') throw invalid('forget', 'true or false', forget);
  checkMessage({ type: 'resume_task', taskId, offset });
  return { worker: workerId ?? workerUrl, offset, forget };
}

/** @throws {SandboxError} INVALID_TASK */
export function readRecovery(options: RecoveryOptions): RungOrder {
  refuseUnknown(options, Object.keys(RECOVERY_FIELDS), 'the options');
  const { rung, graceMs } = options;
  if (rung !== undefined && !RECOVERY_RUNGS.includes(rung))
    throw invalid('rung', `one of ${RECOVERY_RUNGS.join(', ')}`, rung);
  return { rung, answer: readReply(options), graceMs: readGraceMs(graceMs) };
}

/** @throws {SandboxError} INVALID_TASK where `given` is no object, or has a field that there is not. */
function refuseUnknown(given: object, known: readonly string[], what: string, where = ''): void {
  if (!isObject(given)) throw invalid(what, 'an object', given);
  const faults = faultsOfUnknown(given, known, where);
  if (faults.length > 0) throw invalidTask(faults.join('; '));
}

function readNeeds(requirements: WorkerRequirements | undefined): TaskNeeds {
  if (requirements === undefined) return {};
  if (!isObject(requirements)) throw invalid('requirements', 'an object', requirements);
  const { worker, type, labels, memoryBytes } = requirements;
  if (worker !== undefined && typeof worker !== 'string')
    throw invalid('requirements.worker', 'the id or the URL of a worker', worker);
  if (type !== undefined && typeof type !== 'string') throw invalid('requirements.type', 'a string', type);
  if (memoryBytes !== undefined && !(Number.isSafeInteger(memoryBytes) && memoryBytes >= 0)) {
    throw invalid('requirements.memoryBytes', 'a whole number of bytes from 0', memoryBytes);
  }
  const pairs = Object.entries(labels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [name, value] of pairs) {
    if (typeof value !== 'string') throw invalid(`requirements.labels.${name}`, 'a string', value);
  }
  // In one order, so that tasks with the same needs are known by that.
  return {
    ...(worker === undefined ? {} : { worker }),
    ...(type === undefined ? {} : { type }),
    ...(pairs.length === 0 ? {} : { labels: Object.fromEntries(pairs) }),
    ...(memoryBytes === undefined ? {} : { memoryBytes }),
  };
}

/** A copy of a command that says something. Whether its words are words, the message's schema tells. */
function readWords(command: string | readonly string[]): string | string[] {
  const isArgv = Array.isArray(command);
  const words: readonly unknown[] = isArgv ? command : [command];
  const [first] = words;
  const isBlank = typeof first === 'string' && (isArgv ? first === '' : first.trim() === '');
  if (words.length === 0 || isBlank) throw invalidTask('command: expected a command, got an empty one');
  for (const [index, word] of words.entries()) {
    const at = typeof word === 'string' ? word.indexOf('\0') : -1;
    const field = isArgv ? `command[${index}]` : 'command';
    if (at >= 0) throw invalidTask(`${field}: expected no NUL, got one at character ${at}`);
  }
  return isArgv ? [...command] : (command as string);
}

function definedOnly(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function invalid(field: string, expected: string, got: unknown) {
  return invalidTask(mismatch(field, expected, got));
}
