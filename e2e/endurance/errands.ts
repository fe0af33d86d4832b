/** What the tasks of a run of endurance do: each kind of task, how it is driven, and what has to come of it. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { TaskHandle, TaskRequest } from '@sandcrew/manager';
import type { Chance } from '../simulation/chance.js';
import { type End, endOf } from '../task-end.js';
import { adoptFromAgent } from './agents.js';
import type { Ground } from './ground.js';

/** One task of a run, ready to be begun. */
export interface Errand {
  readonly kind: Kind;
  readonly taskId: string;
  /** Runs it to its end. @returns what is wrong with how it ended, or null. */
  run(): Promise<string | null>;
}

const KINDS = {
  quick: 58,
  chatty: 12,
  input: 8,
  pty: 5,
  detached: 4,
  timeout: 4,
  terminated: 4,
  daemon: 3,
  prompt: 1,
  agent: 1,
} as const;
export type Kind = keyof typeof KINDS;

export function chooseErrand(number: number, chance: Chance, ground: Ground): Errand {
  const taskId = `t${number}`;
  const kind = chooseKind(chance);
  const isIdempotent = chance.is(0.4) && kind !== 'input' && kind !== 'detached' && kind !== 'prompt';
  const draft = draftOf(kind, number, chance);
  return {
    kind,
    taskId,
    run: async () => {
      if (kind === 'agent') return await adoptFromAgent(taskId, ground, chance.spread(100_000, 3_000_000));
      const file = join(ground.directory, taskId);
      const request: TaskRequest = {
        ...draft.request,
        taskId,
        command: `echo x >> '${file}'; ${draft.command}`,
        env: { SANDCREW_ENDURANCE: `${ground.mark}/${taskId}` },
        ...(isIdempotent ? { idempotent: true } : {}),
      };
      const end = await draft.drive(ground.manager.run(request), ground);
      const wrong = judgeStarts(end, countLines(file), isIdempotent);
      if (wrong !== null) return wrong;
      if (draft.isRight(end)) return null;
      // It may have been given to a worker that was dead, before that was known.
      const hasDied = ground.fleet.deaths > 0 && end.workerId !== 'steady';
      return hasDied && isLossTrue(end, countLines(file), isIdempotent)
        ? null
        : `${kind} ended as ${describe(end)}`;
    },
  };
}

interface Draft {
  readonly command: string;
  readonly request?: Partial<TaskRequest>;
  drive(task: TaskHandle, ground: Ground): Promise<End>;
  isRight(end: End): boolean;
}

function draftOf(kind: Exclude<Kind, never>, number: number, chance: Chance): Draft {
  const exitCode = number % 7;
  const completes = (stdout: string, code = 0) => ({
    drive: (task: TaskHandle) => endOf(task),
    isRight: (end: End) =>
      end.code === 'completed' && end.exitCode === code && end.stdout === stdout && end.gaps?.length === 0,
  });
  switch (kind) {
    case 'chatty': {
      const last = chance.spread(1_000, 150_000);
      const stdout = Array.from({ length: last }, (_, index) => `${index + 1}\n`).join('');
      return { command: `seq 1 ${last}`, ...completes(stdout), drive: readAll };
    }
    case 'input': {
      const lines = Array.from(
        { length: chance.between(1, 20) },
        (_, index) => `line ${index} of ${number}\n`,
      );
      return {
        command: 'cat',
        request: { stdin: 'pipe' },
        ...completes(lines.join('')),
        drive: async (task) => {
          const end = endOf(task);
          for (const line of lines) task.write(line).catch(() => {}); // what becomes of it shows in the output
          task.endInput().catch(() => {});
          return await end;
        },
      };
    }
    case 'pty':
      return { command: 'stty size', request: { pty: { cols: 91, rows: 17 } }, ...completes('17 91\r\n') };
    case 'detached':
      return { command: `sleep 0.2; echo ${number}`, ...completes(`${number}\n`), drive: detachAndAttach };
    case 'timeout':
      return {
        command: 'sleep 300',
        request: { timeoutMs: 200 },
        drive: (task) => endOf(task),
        isRight: ({ code }) => code === 'TIMED_OUT',
      };
    case 'terminated':
      return {
        command: 'sleep 300',
        drive: async (task) => {
          const end = endOf(task);
          await task.started.catch(() => {});
          task.terminate(1_000);
          return await end;
        },
        isRight: ({ code }) => code === 'TERMINATED' || code === 'CANCELLED',
      };
    case 'daemon':
      return {
        command: '(setsid sleep 300 > /dev/null 2>&1 &); sleep 300 > /dev/null 2>&1 & echo up',
        ...completes('up\n'),
      };
    case 'prompt':
      return {
        command: 'printf "Name? "; read name; echo "hello $name"',
        request: { stdin: 'pipe', onBlock: { answers: [{ prompt: 'Name?', reply: 'Ada', times: 3 }] } },
        ...completes('Name? hello Ada\n'),
      };
    default:
      return { command: `echo ${number}; exit ${exitCode}`, ...completes(`${number}\n`, exitCode) };
  }
}

/** Iterates the output, as a reader that wants all of it does. A new attempt begins it anew. */
async function readAll(task: TaskHandle): Promise<End> {
  const end = endOf(task);
  let stdout: string[] = [];
  for await (const { offset, text } of task.output) {
    if (offset === 0) stdout = [];
    stdout.push(text);
  }
  return { ...(await end), stdout: stdout.join('') };
}

async function detachAndAttach(task: TaskHandle, { manager }: Ground): Promise<End> {
  const end = endOf(task);
  const start = await task.started.catch(() => null);
  if (start === null) return await end;
  await task.detach().catch(() => {});
  const own = await end;
  if (own.code !== 'DETACHED') return own;
  return await endOf(manager.attach({ taskId: task.taskId, workerId: start.workerId }));
}

/** A task is started once; one that is idempotent, once an attempt. */
function judgeStarts(end: End, starts: number, isIdempotent: boolean): string | null {
  const most = isIdempotent ? (end.attempts ?? 1) : 1;
  if (starts > most) return `it was started ${starts} times in ${most} attempts`;
  if (end.code === 'completed' && starts === 0) return 'it ended without a start';
  return null;
}

/** What may come of a task whose worker died: lost, with nothing said of it that is not so. */
function isLossTrue(end: End, starts: number, isIdempotent: boolean): boolean {
  if (end.code === 'UNKNOWN_TASK') return true; // it was let go of, and died with its worker
  if (end.code !== 'LOST') return false;
  return end.detail !== 'never_started' || starts === 0 || isIdempotent;
}

function describe({ code, detail, message, exitCode, stdout, attempts, gaps }: End): string {
  return JSON.stringify({ code, detail, message, exitCode, stdout: stdout?.slice(-80), attempts, gaps });
}

function countLines(path: string): number {
  return statSync(path, { throwIfNoEntry: false }) === undefined
    ? 0
    : readFileSync(path, 'utf8').split('\n').length - 1;
}

function chooseKind(chance: Chance): Kind {
  const total = Object.values(KINDS).reduce((sum, weight) => sum + weight, 0);
  let left = chance.next() * total;
  for (const [kind, weight] of Object.entries(KINDS)) {
    left -= weight;
    if (left < 0) return kind as Kind;
  }
  return 'quick';
}
