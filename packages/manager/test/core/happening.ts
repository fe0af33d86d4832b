/** What happens, as a line of a transcript says it: its type, and fields with defaults. */
import type { ProtocolError, Welcome, WorkerMessage } from '@sandcrew/protocol';
import type { BlockOrders, BlockPlan, OrderedRung } from '#src/core/block-orders.js';
import type { ManagerEvent } from '#src/core/event.js';
import type { RecoveryRung } from '#src/core/report.js';
import type { RequestKind } from '#src/core/request.js';
import type { Submission } from '#src/core/task.js';

type Fields = Record<string, string>;

/** Reads `type name=value name=value`. */
export function fieldsOf(line: string): { readonly type: string; readonly fields: Fields } {
  const [type = '', ...pairs] = line.split(' ');
  return { type, fields: Object.fromEntries(pairs.map((pair) => pair.split('=') as [string, string])) };
}

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
      return {
        type,
        taskId,
        stop: { graceMs: Number(fields['grace'] ?? 5_000), by: (fields['by'] ?? 'caller') as 'caller' },
      };
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
      return { type, requestId: fields['id'] ?? 'r1', workerType: fields['type'] ?? 'general' };
    case 'worker_start_failed':
      return { type, workerKey, fault: { code: 'WORKER_START_FAILED', message: 'no start' } };
    case 'close_asked':
      return { type, graceMs: 1_000, leaveTasks: fields['leave'] === 'yes' };
    case 'tick_ended':
      return { type };
    case 'task_commanded':
      return { type, taskId, command: fields['command'] ?? 'y' };
    case 'task_adopted':
      return {
        type,
        submission: submissionOf(taskId, fields),
        worker: fields['at'],
        offset: Number(fields['offset'] ?? 0),
        forget: fields['forget'] === 'yes',
      };
    case 'reading_ended':
    case 'detach_asked':
      return { type, taskId };
    case 'signal_asked':
      return { type, taskId, signal: 'SIGUSR1' };
    case 'resize_asked':
      return { type, taskId, cols: 132, rows: 43 };
    case 'request_made': {
      const { id: requestId = 'r1', at: worker, kind = 'ready', workspace = 'lib' } = fields;
      const asked = kind === 'remove_workspace' ? { kind, workspace } : { kind };
      return { type, requestId, worker, kind: asked as RequestKind };
    }
    case 'protocol_broken':
      return { type, workerKey, message: 'expected sense, got none' };
    default:
      return { type: 'message_received', workerKey, message: messageOf(type, taskId, fields) };
  }
}

/** `ID`, or `ID@ACKED-END`, each with `:STATE` behind it. */
function listed(told: string): Welcome['tasks'][number] {
  const [, taskId = '', acked = 0, end = 0, state = 'running'] =
    /^([^@:]+)(?:@(\d+)-(\d+))?(?::(\w+))?$/.exec(told) ?? [];
  return { taskId, state: state as 'running', ackedOffset: Number(acked), endOffset: Number(end) };
}

function submissionOf(taskId: string, fields: Fields): Submission {
  const { priority, type, memory, idempotent, workspace, zone, named, stdin, pids, timeout, linger } = fields;
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
      ...(named === undefined ? {} : { worker: named }),
    },
    body: {
      command: fields['command'] === 'none' ? null : 'x',
      ...(workspace === undefined ? {} : { workspace }),
      ...(stdin === undefined ? {} : { stdin: stdin as 'pipe' }),
      ...(pids === undefined ? {} : { limits: { pids: Number(pids) } }),
      ...(timeout === undefined ? {} : { timeoutMs: Number(timeout) }),
      ...(linger === undefined ? {} : { lingerMs: Number(linger) }),
      ...(fields['pty'] === undefined ? {} : { pty: { cols: 80, rows: 24 } }),
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
  const common = { workerId: fields['as'] ?? fields['worker'] ?? 'w1', timestamp: 1 };
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
        protocol: (fields['protocol'] ?? '1.0') as '1.0',
        workerType: kind,
        labels: {
          ...(zone === undefined ? {} : { zone }),
          ...Object.fromEntries(
            Array.from({ length: Number(fields['labels'] ?? 0) }, (_, at) => [`l${at}`, 'x']),
          ),
        },
        resources: { cpus: 1, memoryBytes: Number(memory ?? 1_000), diskBytes: 1 },
        maxTasks: Number(slots ?? 1),
        containment: (fields['containment'] ?? 'process-group') as 'process-group',
        limits: {
          maxPayloadBytes: 1_048_576,
          windowBytes: Number(fields['window'] ?? 1_048_576),
          retainBytes: 1,
          ...(enforced === undefined ? {} : { enforced: enforced === 'none' ? [] : enforced.split(',') }),
        },
        tasks: tasks.split(',').filter(Boolean).map(listed),
        workspaces: workspaces.split(',').filter(Boolean),
      } satisfies Welcome;
    case 'execution_started':
      return { type, ...common, taskId, pid: 1, containment: 'process-group' };
    case 'task_complete':
      return {
        type,
        ...common,
        taskId,
        exitCode: fields['signal'] === undefined ? 0 : null,
        signal: fields['signal'] ?? null,
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
        message: fields['said'] ?? 'why',
        ...(fields['bytes'] === undefined ? {} : { outputBytes: Number(fields['bytes']) }),
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
        duration: Number(fields['stood'] ?? 1_000),
        resourceUsage: {},
        recoverable: true,
        evidence: {
          ...(fields['prompt'] === undefined ? {} : { prompt: fields['prompt'] }),
          ...(fields['summary'] === undefined ? {} : { summary: fields['summary'] }),
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
    case 'output_gap':
      return {
        type,
        ...common,
        taskId,
        offset: Number(fields['offset'] ?? 0),
        bytes: Number(fields['bytes']),
      };
    case 'task_output':
      return { type, ...common, taskId, offset: 0, bytes: 1, stream: 'stdout', output: 'x' };
    case 'input_ack':
      return { type, ...common, taskId, offset: Number(fields['offset']) };
    case 'workspace_removed':
      return { type, ...common, workspace: fields['workspace'] ?? 'lib' };
    case 'protocol_error':
      return {
        type,
        ...common,
        code: code as ProtocolError['code'],
        message: fields['said'] ?? 'why',
        ...(fields['task'] === undefined ? {} : { taskId }),
      };
    default:
      throw new Error(`a transcript knows no "${type}"`);
  }
}
