/** Runs one case through a worker and writes down what the worker said of it. Judges nothing. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ExecuteCommand } from '@sandcrew/protocol';
import type { BlockCase } from './block-case.js';
import { runBeside, runOutside, startSurroundings } from './surroundings.js';
import { type CaseEnd, type Claim, TaskLog } from './task-log.js';
import { toolEnvironment } from './tools.js';
import type { WorkerConnection } from './worker-connection.js';

/** What a worker said of a case. Times are milliseconds from `execution_started`. */
export interface CaseRun {
  readonly id: string;
  /** Why it was not run, where it was not. */
  readonly skipped?: string;
  readonly claims: readonly Claim[];
  /** How it ended before it was ended; null where it ran for all of its time. */
  readonly end: CaseEnd | null;
  /** What went wrong outside of the task, as an external command that failed. */
  readonly faults: readonly string[];
}

/** A healthy case ends by itself; on a loaded machine it may be late. */
const HEALTHY_PATIENCE = 2;
const TERMINAL_SIZE = { cols: 80, rows: 24 };
const START_TIMEOUT_MS = 30_000;
const GRACE_MS = 200;
const END_TIMEOUT_MS = 30_000;

/** @param workspace where the worker runs tasks that name no workspace. @throws {Error} where the worker breaks its word. */
export async function runCase(one: BlockCase, worker: WorkerConnection, workspace: string): Promise<CaseRun> {
  const directory = join(workspace, one.id);
  const env = { ...toolEnvironment(one.needs), ...one.env };
  let endSurroundings = () => {};
  try {
    await prepare(one, directory, { PATH: process.env.PATH, HOME: workspace, ...env });
    endSurroundings = await startSurroundings(one.aux, directory);
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    return skipCase(one, `could not be set up: ${(error as Error).message}`);
  }
  try {
    return await watchTask(one, env, worker, directory);
  } finally {
    endSurroundings();
    await rm(directory, { recursive: true, force: true });
  }
}

/** The record of a case that was not run. */
export function skipCase({ id }: BlockCase, why: string): CaseRun {
  return { id, skipped: why, claims: [], end: null, faults: [] };
}

async function watchTask(
  one: BlockCase,
  env: Readonly<Record<string, string>>,
  worker: WorkerConnection,
  directory: string,
): Promise<CaseRun> {
  const log = new TaskLog();
  const taskId = one.id;
  const stopListening = worker.listen(taskId, (message) => log.take(message));
  const timers: NodeJS.Timeout[] = [];
  try {
    worker.send({ type: 'execute_command', taskId, ...commandOf(one, env) });
    await within(START_TIMEOUT_MS, log.begun, worker, `${taskId} to start`);
    if (log.rejection !== null) return skipCase(one, `refused: ${log.rejection}`);
    const at = (ms: number, act: () => void) => timers.push(setTimeout(act, ms));
    // A feeder that has nothing yet says that it is there.
    if (one.stdin.feed.length > 0) worker.send({ type: 'send_input', taskId, input: '' });
    for (const feed of one.stdin.feed)
      at(feed.atMs, () => {
        if (log.isEnded) return;
        const rest = 'data' in feed ? { input: feed.data } : { input: '', end: true };
        worker.send({ type: 'send_input', taskId, ...rest });
      });
    for (const { atMs, sh } of one.external)
      at(atMs, () => {
        if (log.isEnded) return;
        runBeside(log.pid, sh, directory).catch((error: Error) => log.faults.push(error.message));
      });
    const watchMs = one.durationMs * (one.label === 'healthy' ? HEALTHY_PATIENCE : 1);
    const timeIsUp = new Promise<'time is up'>((resolve) => at(watchMs, () => resolve('time is up')));
    const first = await Promise.race([timeIsUp, log.ended, worker.lost]);
    const run = { id: one.id, claims: log.claims.slice(), end: log.end, faults: log.faults };
    if (first === 'time is up') {
      worker.send({ type: 'terminate_task', taskId, graceMs: GRACE_MS });
      await within(END_TIMEOUT_MS, log.ended, worker, `${taskId} to end`);
    }
    return run;
  } finally {
    for (const timer of timers) clearTimeout(timer);
    stopListening();
    worker.send({ type: 'forget_task', taskId });
  }
}

function commandOf(
  one: BlockCase,
  env: Readonly<Record<string, string>>,
): Omit<ExecuteCommand, 'type' | 'taskId' | 'timestamp'> {
  const { mode } = one.stdin;
  return {
    command: ['sh', '-c', one.command],
    cwd: one.id,
    env: { ...env },
    allowEnv: true, // editors and pagers are what some cases are about
    timeoutMs: 0,
    ...(mode === 'pty' ? { pty: TERMINAL_SIZE } : { stdin: mode === 'open' ? 'pipe' : 'none' }),
    ...(Object.keys(one.limits).length > 0 ? { limits: one.limits } : {}),
  };
}

/** Writes the case's files and runs its setup. */
async function prepare(one: BlockCase, directory: string, env: NodeJS.ProcessEnv): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const [name, content] of Object.entries(one.files)) {
    const path = join(directory, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }
  if (one.setup !== null) await runOutside(one.setup, directory, env);
}

async function within<Value>(
  timeoutMs: number,
  promise: Promise<Value>,
  worker: WorkerConnection,
  what: string,
): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${timeoutMs} ms for ${what}`)), timeoutMs);
  });
  try {
    return await Promise.race([promise, late, worker.lost]);
  } finally {
    clearTimeout(timer);
  }
}
