/** Reads and plays transcripts: what happens, `----`, what the machine then does. Effects that a story is not about are left out. */

import type { Welcome, WorkerMessage } from '@sandcrew/protocol';
import type { BlockOrders, BlockPlan, OrderedRung } from '#src/core/block-orders.js';
import type { Effect } from '#src/core/effect.js';
import type { ManagerEvent } from '#src/core/event.js';
import type { RecoveryRung } from '#src/core/report.js';
import { openState } from '#src/core/state.js';
import { step } from '#src/core/step.js';
import type { Submission } from '#src/core/task.js';

type Fields = Record<string, string>;

/** Plays a transcript; returns it as it came out. Times are in the line `pass ms=...`; what ` + ` joins is one tick. */
export function play(transcript: string, policy: Partial<Parameters<typeof openState>[0]> = {}): string {
  const state = openState({
    managerId: 'm',
    maxWorkers: 10,
    connectTimeoutMs: 10_000,
    lostAfterMs: 300_000,
    maxAttempts: 3,
    startsWorkers: false,
    ...policy,
  });
  const alarms = new Map<string, { atMs: number; event: ManagerEvent }>();
  let nowMs = 0;
  const told: string[] = [];
  const settled: string[] = [];
  let tickEndAwaited = false;

  const run = (event: ManagerEvent): void => {
    for (const effect of step(state, event, { nowMs, random: 1 })) {
      if (effect.type === 'set_timer') {
        alarms.set(JSON.stringify(effect.timer), {
          atMs: nowMs + effect.delayMs,
          event: { type: 'timer_fired', timer: effect.timer },
        });
      } else if (effect.type === 'clear_timer') alarms.delete(JSON.stringify(effect.timer));
      else if (effect.type === 'await_tick_end') tickEndAwaited = true;
      else {
        if (effect.type === 'settle_task') settled.push(effect.taskId);
        const line = show(effect);
        if (line !== null) told.push(line);
      }
    }
  };
  const pass = (ms: number): void => {
    const endMs = nowMs + ms;
    for (;;) {
      const next = [...alarms]
        .filter(([, { atMs }]) => atMs <= endMs)
        .sort(([, a], [, b]) => a.atMs - b.atMs)[0];
      if (next === undefined) break;
      alarms.delete(next[0]);
      nowMs = next[1].atMs;
      run(next[1].event);
    }
    nowMs = endMs;
  };

  return transcript
    .trim()
    .split(/\n\s*\n/)
    .map((story) => {
      const head = story
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== '');
      const cut = head.indexOf('----');
      const given = cut < 0 ? head : head.slice(0, cut);
      told.length = 0;
      for (const line of given) {
        if (line.startsWith('#')) continue;
        for (const event of line.split(' + ')) {
          const [type = '', ...pairs] = event.split(' ');
          const fields = Object.fromEntries(pairs.map((pair) => pair.split('=') as [string, string]));
          if (type === 'pass') pass(Number(fields['ms']));
          else run(eventOf(type, fields));
        }
        // Nobody reads these tasks: what has ended is read.
        for (const taskId of settled.splice(0)) run({ type: 'reading_ended', taskId });
        if (tickEndAwaited) run({ type: 'tick_ended' });
        tickEndAwaited = false;
      }
      return [...given, '----', ...told].join('\n');
    })
    .join('\n\n');
}

/** The same text as `play` gives it, for comparison. */
export function tidy(transcript: string): string {
  return transcript
    .trim()
    .split('\n')
    .map((line) => line.trim())
    .join('\n')
    .replace(/\n{2,}/g, '\n\n');
}

/** What happens, as a line of a transcript says it: its type, and fields with defaults. */
export function eventOf(type: string, fields: Fields): ManagerEvent {
  const { worker: workerKey = 'w1', task: taskId = 't1' } = fields;
  switch (type) {
    case 'worker_named':
      return { type, url: fields['url'] ?? 'ws://a' };
    case 'connection_opened':
      return { type, workerKey };
    case 'connection_lost':
    case 'dial_failed':
      return {
        type,
        workerKey,
        lasting: fields['lasting'] === 'yes',
        fault: { code: (fields['code'] ?? 'WORKER_UNREACHABLE') as 'WORKER_UNREACHABLE', message: 'gone' },
      };
    case 'worker_exited':
      return { type, workerKey, fault: { code: 'WORKER_START_FAILED', message: 'died' } };
    case 'worker_started':
      return { type, workerKey, url: 'ws://started' };
    case 'task_submitted':
      return { type, submission: submissionOf(taskId, fields) };
    case 'stop_asked':
      return { type, taskId, stop: { graceMs: Number(fields['grace'] ?? 5_000), by: 'caller' } };
    case 'command_unsent':
      return { type, taskId, workerKey };
    case 'block_answered': {
      const { rungs = '', fault, climb = '1' } = fields;
      const answer = fault === undefined ? { plan: planOf(rungs) } : { fault };
      return { type, taskId, climbId: Number(climb), answer };
    }
    case 'rung_asked': {
      const { rung, reply } = fields;
      const answer =
        reply === undefined ? null : { prompt: null, text: `${reply}\n`, password: false, times: 1 };
      return {
        type,
        workerKey,
        order: { rung: rung as RecoveryRung | undefined, answer, graceMs: Number(fields['grace'] ?? 5_000) },
      };
    }
    case 'worker_wanted':
      return { type, requestId: 'r1', workerType: 'general' };
    case 'worker_start_failed':
      return { type, workerKey, fault: { code: 'WORKER_START_FAILED', message: 'no start' } };
    case 'close_asked':
      return { type, graceMs: 1_000, leaveTasks: false };
    default:
      return { type: 'message_received', workerKey, message: messageOf(type, taskId, fields) };
  }
}

function submissionOf(taskId: string, fields: Fields): Submission {
  const { priority, type, memory, idempotent, workspace, zone, stdin, pids } = fields;
  return {
    taskId,
    priority: Number(priority ?? 0),
    idempotent: idempotent === 'yes',
    orders: ordersOf(fields),
    graceMs: 5_000,
    needs: {
      ...(type === undefined ? {} : { type }),
      ...(memory === undefined ? {} : { memoryBytes: Number(memory) }),
      ...(zone === undefined ? {} : { labels: { zone } }),
    },
    body: {
      command: 'x',
      ...(workspace === undefined ? {} : { workspace }),
      ...(stdin === undefined ? {} : { stdin: stdin as 'pipe' }),
      ...(pids === undefined ? {} : { limits: { pids: Number(pids) } }),
    },
  };
}

/** `orders=RUNG,RUNG` for every reason, `suspected=MS`, `answer=PROMPT` with `times=N`, or `handler=yes`. */
function ordersOf({ orders, suspected, answer, times, secret, handler }: Fields): BlockOrders | null {
  if (handler === 'yes') return { by: 'handler' };
  if (orders === undefined && answer === undefined) return null;
  const answers =
    answer === undefined
      ? []
      : [{ prompt: answer, text: 'y\n', password: secret === 'yes', times: Number(times ?? 1) }];
  return { by: 'table', plans: { default: planOf(orders ?? '', suspected) }, answers };
}

function planOf(rungs: string, suspected?: string): BlockPlan {
  return {
    rungs: rungs.split(',').filter(Boolean) as OrderedRung[],
    answers: [],
    suspectedAfterMs: suspected === undefined ? null : Number(suspected),
  };
}

function messageOf(type: string, taskId: string, fields: Fields): WorkerMessage {
  const common = { workerId: fields['worker'] ?? 'w1', timestamp: 1 };
  const {
    slots,
    boot = 'b1',
    kind = 'general',
    memory,
    tasks = '',
    workspaces = '',
    code = 'timed_out',
    detail,
    memoryUsed,
    zone,
    enforced,
  } = fields;
  switch (type) {
    case 'welcome':
      return {
        type,
        ...common,
        bootId: boot,
        protocol: '1.0',
        workerType: kind,
        labels: zone === undefined ? {} : { zone },
        resources: { cpus: 1, memoryBytes: Number(memory ?? 1_000), diskBytes: 1 },
        maxTasks: Number(slots ?? 1),
        containment: 'process-group',
        limits: {
          maxPayloadBytes: 1_048_576,
          windowBytes: 1_048_576,
          retainBytes: 1,
          ...(enforced === undefined ? {} : { enforced: enforced.split(',') }),
        },
        tasks: tasks
          .split(',')
          .filter(Boolean)
          .map((id) => ({ taskId: id, state: 'running', ackedOffset: 0, endOffset: 0 })),
        workspaces: workspaces.split(',').filter(Boolean),
      } satisfies Welcome;
    case 'execution_started':
      return { type, ...common, taskId, pid: 1, containment: 'process-group' };
    case 'task_complete':
      return {
        type,
        ...common,
        taskId,
        exitCode: 0,
        signal: null,
        durationMs: 1,
        outputBytes: Number(fields['bytes'] ?? 0),
        usage: {},
        leftover: 0,
      };
    case 'task_error':
      return {
        type,
        ...common,
        taskId,
        code,
        message: 'why',
        ...(detail === undefined ? {} : { detail }),
        ...(fields['reason'] === undefined ? {} : { reason: fields['reason'] }),
      } as WorkerMessage;
    case 'block_detected':
      return {
        type,
        ...common,
        taskId,
        reason: (fields['reason'] ?? 'deadlock') as 'deadlock',
        confidence: (fields['claim'] ?? 'confirmed') as 'confirmed',
        duration: 1_000,
        resourceUsage: {},
        recoverable: true,
        evidence: {
          ...(fields['prompt'] === undefined ? {} : { prompt: fields['prompt'] }),
          ...(fields['password'] === undefined ? {} : { password: true }),
          ...(fields['signal'] === undefined ? {} : { signal: fields['signal'] }),
        },
        action: 'report',
      };
    case 'block_cleared':
      return {
        type,
        ...common,
        taskId,
        reason: (fields['reason'] ?? 'deadlock') as 'deadlock',
        duration: 2_000,
      };
    case 'heartbeat': {
      const health = {
        cpu: 1,
        memory: Number(memoryUsed ?? 1),
        disk: 1,
        loadAverage: [0, 0, 0],
        eventLoopDelayMs: 0,
        uptimeMs: 1,
      };
      return { type, ...common, status: (fields['status'] ?? 'busy') as 'busy', runningTasks: 1, health };
    }
    case 'pong':
      return { type, ...common };
    default:
      throw new Error(`a transcript knows no "${type}"`);
  }
}

function show(effect: Effect): string | null {
  switch (effect.type) {
    case 'dial':
    case 'drop_connection':
      return `${effect.type} worker=${effect.workerKey}`;
    case 'start_worker':
    case 'restart_worker':
      return `${effect.type} worker=${effect.workerKey} type=${effect.workerType}`;
    case 'send': {
      const { message } = effect;
      if (message.type === 'hello') {
        const resume = message.resume?.map(({ taskId, offset }) => `${taskId}@${offset}`).join(',');
        return `send worker=${effect.workerKey} hello${resume === undefined ? '' : ` resume=${resume}`}`;
      }
      const what = message.type === 'signal_task' ? `${message.type} ${message.signal}` : message.type;
      return `send worker=${effect.workerKey} ${what}${'taskId' in message ? ` task=${message.taskId}` : ''}`;
    }
    case 'settle_task': {
      const { fault } = effect.outcome;
      return `settle task=${effect.taskId} ${fault === null ? 'completed' : `${fault.code}${fault.detail === undefined ? '' : ` ${fault.detail}`}`}`;
    }
    case 'stop_worker':
      return `stop_worker worker=${effect.workerKey}`;
    case 'reply_input':
      return `reply task=${effect.taskId} ${JSON.stringify(effect.text)}`;
    case 'end_input':
      return `end_input task=${effect.taskId}`;
    case 'ask_handler':
      return `ask_handler task=${effect.taskId} climb=${effect.climbId}`;
    case 'tell_recovery': {
      const { taskId, reason, rung } = effect.recovery;
      return `rung task=${taskId} ${reason} ${rung}`;
    }
    case 'restart_task':
      return `restart task=${effect.taskId}`;
    case 'shut_down':
      return 'shut_down';
    default:
      return null;
  }
}
