/** Faults that the simulator has to find: each is put into the code, and a seed has to break a promise by it. */
export interface Mutant {
  readonly says: string;
  /** File, what stands there, what stands there instead. */
  readonly mutation: readonly [file: string, from: string, to: string];
}

const WORKER = 'apps/worker/src/core';
const MANAGER = 'packages/manager/src';

export const MUTANTS: readonly Mutant[] = [
  // Session
  {
    says: 'A repeated command is started again.',
    mutation: [
      `${WORKER}/task-messages.ts`,
      'if (known !== undefined) return',
      'if (known?.terminal) return',
    ],
  },
  {
    says: 'A resume begins one byte late.',
    mutation: [
      `${WORKER}/task-messages.ts`,
      'subscribe(turn, task, session, offset);\n  tellStanding',
      'subscribe(turn, task, session, Math.min(offset + 1, task.log.endOffset));\n  tellStanding',
    ],
  },
  {
    says: 'The late hello of a manager that has died takes over from the one in its place.',
    mutation: [`${WORKER}/session.ts`, 'other !== null && isNewer(turn, other, session)', 'false'],
  },
  {
    says: 'A connection that takes over leaves the older one in place.',
    mutation: [`${WORKER}/session.ts`, 'replace(turn, other);\n    closeSession(turn, other);', ''],
  },
  {
    says: 'Tasks of a manager that is gone run on for ever.',
    mutation: [`${WORKER}/session.ts`, "if (task.phase !== 'ended') setTaskTimer", 'if (false) setTaskTimer'],
  },
  {
    says: 'The orphan timer runs on when the manager is back.',
    mutation: [`${WORKER}/session.ts`, "for (const task of mine) clearTaskTimer(turn, task, 'orphan');", ''],
  },
  {
    says: 'Repeated input is taken twice.',
    mutation: [`${WORKER}/input.ts`, 'const skip = state.receivedOffset - start;', 'const skip = 0;'],
  },
  {
    says: 'The end is told again with each turn of delivery.',
    mutation: [`${WORKER}/delivery.ts`, 'subscriber.isTerminalSent = true;', ''],
  },
  // Output: log, credit, delivery
  {
    says: 'No window holds output back.',
    mutation: [
      `${WORKER}/credit.ts`,
      'return Math.max(0, policy.windowBytes - state.unackedBytes);',
      'return Number.POSITIVE_INFINITY;',
    ],
  },
  {
    says: 'The window is a byte too wide.',
    mutation: [
      `${WORKER}/credit.ts`,
      'policy.windowBytes - state.unackedBytes',
      'policy.windowBytes + 1 - state.unackedBytes',
    ],
  },
  {
    says: 'The end overtakes the output.',
    mutation: [
      `${WORKER}/delivery.ts`,
      '  const { log } = task;\n  const chunk',
      '  sendTerminal(turn, task, subscriber);\n  const { log } = task;\n  const chunk',
    ],
  },
  {
    says: 'A task ends before its output was read to the end.',
    mutation: [
      `${WORKER}/task.ts`,
      'if (task.isOutputClosed) endTask(turn, task);\n  else',
      'endTask(turn, task);\n  if (false)',
    ],
  },
  {
    says: 'A task ends before what it left behind is dead.',
    mutation: [
      `${WORKER}/task.ts`,
      "if (task.phase === 'lingering') sweep(turn, task);\n  else if",
      "if (task.phase === 'lingering') {\n    sweep(turn, task);\n    endTask(turn, task);\n  } else if",
    ],
  },
  {
    says: 'Output is dropped when it is sent, not when it is acked.',
    mutation: [`${WORKER}/delivery.ts`, "if (session.kind !== 'manager') letGo", 'letGo'],
  },
  {
    says: 'An ack drops one byte more.',
    mutation: [
      `${WORKER}/task-messages.ts`,
      'letGo(turn, task, task.ackedOffset);',
      'letGo(turn, task, task.ackedOffset + 1);',
    ],
  },
  {
    says: 'An ack that is ahead of a replay makes a gap of it.',
    mutation: [`${WORKER}/task-messages.ts`, 'if (isAhead) subscribe', 'if (false) subscribe'],
  },
  {
    says: 'What the disk has lost is passed over in silence.',
    mutation: [
      `${WORKER}/delivery.ts`,
      'sendGap(turn, task, subscriber, rest);',
      'advance(task, subscriber, rest);',
    ],
  },
  {
    says: 'A read of the spool that fails is waited for.',
    mutation: [
      `${WORKER}/step.ts`,
      'if (task.subscriber?.readingOffset === event.offset) task.subscriber.readingOffset = null;',
      '',
    ],
  },
  {
    says: 'A chunk that is cut is read from the beginning of its place in the spool.',
    mutation: [
      `${WORKER}/output-log.ts`,
      'position: place.position + bytes };',
      'position: place.position };',
    ],
  },
  {
    says: 'Spooled bytes that are dropped are counted on.',
    mutation: [
      `${WORKER}/output-log.ts`,
      "if (chunk.place.kind === 'spool') log.spoolBytes -= bytes;\n  log.dropped",
      'log.dropped',
    ],
  },
  {
    says: 'A spool file goes with its first acked chunk.',
    mutation: [
      `${WORKER}/keeping.ts`,
      'needed = Math.min(needed, place.segment);',
      'needed = place.segment + 1;',
    ],
  },
  {
    says: 'The spool of a forgotten task stays.',
    mutation: [
      `${WORKER}/keeping.ts`,
      'if (task.spool.segment > 0 || task.spool.position > 0) {',
      'if (task.spool.segment > 99) {',
    ],
  },
  {
    says: 'A task keeps more than its bound.',
    mutation: [`${WORKER}/retention.ts`, 'log.endOffset - policy.retainBytes);', '0);'],
  },
  {
    says: 'The spool grows beyond its quota.',
    mutation: [
      `${WORKER}/keeping.ts`,
      'const tooManyBytes = state.kept.spoolBytes - quota;',
      'const tooManyBytes = state.kept.spoolBytes - 9 * quota;',
    ],
  },
  {
    says: 'Who ignores SIGTERM is never killed.',
    mutation: [
      `${WORKER}/ending.ts`,
      "signal: 'SIGKILL', foreground: false",
      "signal: 'SIGTERM', foreground: false",
    ],
  },
  {
    says: 'A worker that shuts down does not wait for what is on its way.',
    mutation: [`${WORKER}/drain.ts`, "session.kind !== 'manager' || session.knowsDrain", 'true'],
  },
  // The manager: queue, recovery, cursor
  {
    says: 'A task that is not idempotent is queued again.',
    mutation: [
      `${MANAGER}/core/task-loss.ts`,
      '(task.idempotent && hasAttemptLeft(state, task))',
      'hasAttemptLeft(state, task)',
    ],
  },
  {
    says: 'A command that was sent and not answered counts as never sent.',
    mutation: [`${MANAGER}/core/task-loss.ts`, 'return !task.sent ||', 'return !task.started ||'],
  },
  {
    says: 'The start of a command that began and ended during a cut is told to nobody.',
    mutation: [
      `${MANAGER}/core/task-news.ts`,
      'if (!task.started) tellUnseenStart',
      'if (false) tellUnseenStart',
    ],
  },
  {
    says: 'A command that was not answered is sent again to a worker that was restarted.',
    mutation: [
      `${MANAGER}/core/worker-return.ts`,
      'else if (!sameBoot) loseRestarted',
      'else if (!sameBoot && task.started) loseRestarted',
    ],
  },
  {
    says: 'What a worker says of an attempt that was given up is believed.',
    mutation: [
      `${MANAGER}/core/worker-message.ts`,
      'task !== undefined && workerOf(turn, task) === worker ? task : undefined',
      "task?.state !== 'queued' ? task : undefined",
    ],
  },
  {
    says: 'A task that nobody wants any more is not settled at welcome.',
    mutation: [
      `${MANAGER}/core/worker-return.ts`,
      "else send(turn, worker.key, { type: 'forget_task', taskId: task.taskId });",
      '',
    ],
  },
  {
    says: 'A worker that was read to the end is not told to forget.',
    mutation: [
      `${MANAGER}/core/settlement.ts`,
      "if (worker?.phase === 'connected') send(turn, worker.key, { type: 'forget_task', taskId });",
      '',
    ],
  },
  {
    says: 'A task is given up as soon as its connection is lost.',
    mutation: [`${MANAGER}/core/worker-life.ts`, 'if (!task.sent) loseTask', 'if (task.sent) loseTask'],
  },
  {
    says: 'A task that a busy worker gave back keeps its slot there.',
    mutation: [`${MANAGER}/core/task-news.ts`, 'release(turn, task);\n  moveTask', 'moveTask'],
  },
  {
    says: 'A chunk that is known in part is taken whole.',
    mutation: [
      `${MANAGER}/core/output-cursor.ts`,
      'const skipBytes = cursor.nextOffset - offset;',
      'const skipBytes = 0;',
    ],
  },
  {
    says: 'Bytes count as taken when they arrive.',
    mutation: [
      `${MANAGER}/core/worker-life.ts`,
      'offset: noteAcked(task.cursor)',
      'offset: task.cursor.nextOffset',
    ],
  },
  {
    says: 'An end that comes before its output is taken for the whole.',
    mutation: [
      `${MANAGER}/core/task-news.ts`,
      'if (outputBytes <= cursor.nextOffset) return false;',
      'if (outputBytes >= 0) return false;',
    ],
  },
  {
    says: 'Input goes out after it was refused.',
    mutation: [`${MANAGER}/io/task-input.ts`, 'if (this.#refusal !== null) return;\n    rewind', 'rewind'],
  },
];
