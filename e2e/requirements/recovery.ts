/** Recovery: what the manager does about a block, rung by rung, and where it stops. */
import type { Requirement } from './requirement.js';

const SRC = 'packages/manager/src';
const CORE = 'packages/manager/test/core/recovery';
const LADDER = 'packages/manager/test/core/ladder';
const ASKED = 'packages/manager/test/core/asked-recovery';
const E2E = 'e2e/tests/recovery';
const source = 'Blocks: recovery';

export const RECOVERY_REQUIREMENTS: readonly Requirement[] = [
  {
    source,
    says: 'A block is only told unless the caller ordered something.',
    test: [CORE, 'is only told where nothing is ordered'],
    mutation: [
      `${SRC}/core/climb.ts`,
      '  if (task.orders === null || task.stop !== null) return;\n',
      "  if (task.stop !== null) return;\n  if (task.orders === null) return climbRung(turn, task, openClimb(turn, task, block), { rung: 'terminate', why: '', answer: null, graceMs: 0, thenRequeue: false });\n",
    ],
  },
  {
    source,
    says: 'The ladder is climbed in order, each rung given 5 s, up to SIGTERM and SIGKILL.',
    test: [
      CORE,
      'is answered once, then its input is ended, then it is ended: each 5 s after the one before',
    ],
    mutation: [`${SRC}/core/recovery.ts`, 'RUNG_HELPS_WITHIN_MS = 5_000', 'RUNG_HELPS_WITHIN_MS = 4_000'],
  },
  {
    source,
    says: 'It stops where the task recovers.',
    test: [CORE, 'is left alone once the block has cleared'],
    mutation: [
      `${SRC}/core/task-blocks.ts`,
      '  leaveClimb(turn, task, message.reason);\n',
      '  leaveClimb(turn, { ...task, climbs: new Map() }, message.reason);\n',
    ],
  },
  {
    source,
    says: 'An answer is given `times` times at most: a wrong one does not circle.',
    test: [E2E, 'a wrong answer is given once, and then the next rung is climbed'],
    mutation: [
      `${SRC}/core/block-orders.ts`,
      '(given.get(answer) ?? 0) < answer.times',
      '(given.get(answer) ?? 0) < answer.times + 99',
    ],
  },
  {
    source,
    says: 'Answers are matched against the prompt, each the one that fits.',
    test: [E2E, 'prompts are answered, each by the answer that fits it'],
    mutation: [`${SRC}/core/block-orders.ts`, ': pattern.test(asked);', ': !pattern.test(asked);'],
  },
  {
    source,
    says: 'Only a confirmed waiting_for_input is answered.',
    test: [
      LADDER,
      'answer of {"reason":"waiting_for_input","confidence":"suspected","evidence":{},"taskId":"t1","workerId":"w1"} with {} is refused as not_confirmed',
    ],
    mutation: [
      `${SRC}/core/recovery.ts`,
      "rung === 'answer' && block.confidence !== 'confirmed'",
      "rung === 'answer' && block.confidence === 'confirmed'",
    ],
  },
  {
    source,
    says: 'A password prompt is answered only by an answer that says so.',
    test: [E2E, 'a password prompt is answered only by an answer that is for one'],
    mutation: [
      `${SRC}/core/block-orders.ts`,
      '(answer.password || !isPassword) &&',
      '(answer.password || isPassword || !isPassword) &&',
    ],
  },
  {
    source,
    says: 'end_input closes the input of what reads for ever.',
    test: [E2E, 'what reads for ever is given the end of its input'],
    mutation: [`${SRC}/io/task-ports.ts`, 'port.input.endAttempt();', 'void port;'],
  },
  {
    source,
    says: 'continue sends SIGCONT to what was stopped.',
    test: [E2E, 'what was stopped is let go on'],
    mutation: [`${SRC}/core/climb.ts`, "signal: 'SIGCONT'", "signal: 'SIGWINCH'"],
  },
  {
    source,
    says: 'What was stopped since it wants the terminal is not let go on.',
    test: [
      LADDER,
      'continue of {"reason":"stopped","confidence":"confirmed","evidence":{"signal":"SIGTTIN"},"taskId":"t1","workerId":"w1"} with {} is refused as stopped_by_terminal',
    ],
    mutation: [`${SRC}/core/recovery.ts`, "['SIGTTIN', 'SIGTTOU']", "['SIGTTOU']"],
  },
  {
    source,
    says: 'A deadlock is ended as BLOCKED with its reason, and the error carries the whole history.',
    test: [E2E, 'a deadlock is ended, and the error tells what was seen and done'],
    mutation: [`${SRC}/core/rung-news.ts`, 'recovery.why, recovery.rung)', 'recovery.why)'],
  },
  {
    source,
    says: 'An idempotent task goes to another worker, which is not the one that failed, from offset 0.',
    test: [E2E, 'an idempotent task that blocks on one worker completes on another, from offset 0'],
    mutation: [
      `${SRC}/core/block-end.ts`,
      'thenRequeue };\n  task.stop',
      'thenRequeue: false && thenRequeue };\n  task.stop',
    ],
  },
  {
    source,
    says: 'What its worker ended by its own policy goes to another worker too.',
    test: [E2E, 'so does one that its worker ended by its own policy'],
    mutation: [
      `${SRC}/core/task-news.ts`,
      "if (code === 'blocked') return reason ?? null;",
      "if (code === 'blocked') return reason === 'zombie' ? reason : null;",
    ],
  },
  {
    source,
    says: 'Only an idempotent task is started again.',
    test: [LADDER, 'reports where nothing is ordered, and says why where nothing that is can be done'],
    mutation: [
      `${SRC}/core/recovery.ts`,
      'if (isForRequeue && !means.isIdempotent)',
      'if (isForRequeue && means.isIdempotent)',
    ],
  },
  {
    source,
    says: 'memory_exhausted goes only to a worker whose host has more memory.',
    test: [CORE, 'that ran out of memory goes only to a host with more of it'],
    mutation: [
      `${SRC}/core/assign.ts`,
      'if (identity.memoryBytes <= task.aboveMemoryBytes) return false;',
      'if (identity.memoryBytes < task.aboveMemoryBytes) return false;',
    ],
  },
  {
    source,
    says: 'A task that blocks on every worker ends as BLOCKED with its history, never in a circle.',
    test: [E2E, 'a task that blocks on every worker ends as BLOCKED with its history'],
    mutation: [
      `${SRC}/core/requeue.ts`,
      'task.failedOn.push(presentLifeOf(worker));',
      'presentLifeOf(worker);',
    ],
  },
  {
    source,
    says: 'A suspicion is acted upon only through suspectedAfterMs, which ends an endless loop.',
    test: [E2E, 'an endless loop is ended once the suspicion has stood for suspectedAfterMs'],
    mutation: [
      `${SRC}/core/climb.ts`,
      'wait(turn, task, climb, climb.plan.suspectedAfterMs)',
      'wait(turn, task, climb, climb.plan.suspectedAfterMs + 600_000)',
    ],
  },
  {
    source,
    says: 'A suspicion that went is not acted upon.',
    test: [
      CORE,
      'that is suspected is acted upon only after suspectedAfterMs, and not where the suspicion went',
    ],
    mutation: [
      `${SRC}/core/climb.ts`,
      'if (task.climbs.delete(reason)) clearTimer',
      'if (task.climbs.has(reason)) void clearTimer; else clearTimer',
    ],
  },
  {
    source,
    says: 'A function is asked about each block, and its answer is done.',
    test: [E2E, 'a function says what to do about each block'],
    mutation: [
      `${SRC}/task-owner.ts`,
      '.then((said) => ({ plan: readReactions(said) }))',
      '.then(() => ({ plan: readReactions(undefined) }))',
    ],
  },
  {
    source,
    says: 'A function that throws, or takes more than 10 s, counts as a report.',
    test: [CORE, 'and throws, or says nothing for 10 s, counts as a report'],
    mutation: [`${SRC}/core/recovery.ts`, 'HANDLER_TIMEOUT_MS = 10_000', 'HANDLER_TIMEOUT_MS = 20_000'],
  },
  {
    source,
    says: 'A worker of this manager that is lost with a blocked task is started again.',
    test: [E2E, 'a worker that is killed with a blocked task is started again, and the task with it'],
    mutation: [
      `${SRC}/core/worker-process.ts`,
      'if (isOpen && worker.identity !== null) restartWorker',
      'if (isOpen && worker.identity === null) restartWorker',
    ],
  },
  {
    source,
    says: 'A worker of this manager that has not ended a task 5 s after its grace is started again; or replaced.',
    test: [E2E, 'a worker that does not end a task is started again, or replaced where that is asked for'],
    mutation: [`${SRC}/core/recovery.ts`, 'ENDING_MARGIN_MS = 5_000', 'ENDING_MARGIN_MS = 50_000'],
  },
  {
    source,
    says: 'A worker is not started again where that would cost tasks that may not run twice.',
    test: [CORE, 'is not started again where that would cost tasks that may not run twice'],
    mutation: [
      `${SRC}/core/recovery.ts`,
      "if (isWorkerShared) return 'shared_worker';",
      "if (isWorkerShared && !isWorkerOurs) return 'shared_worker';",
    ],
  },
  {
    source,
    says: 'A worker that cannot be started again is replaced; then it is given up with the history.',
    test: [CORE, 'and cannot be started again is replaced, and a replacement that fails too is given up'],
    mutation: [
      `${SRC}/core/worker-process.ts`,
      'restartsAtMs.length > 0 && !worker.isReplacement',
      'restartsAtMs.length > 9 && !worker.isReplacement',
    ],
  },
  {
    source,
    says: 'After 5 restarts within a minute a worker is failed and gets no task.',
    test: [CORE, 'are five within a minute at most: then it is failed, and gets no task'],
    mutation: [`${SRC}/core/worker-process.ts`, 'MAX_RESTARTS = 5', 'MAX_RESTARTS = 6'],
  },
  {
    source,
    says: 'recoverFromBlock climbs the next rung where none is named, each given its time.',
    test: [ASKED, 'is the next of the ladder where no rung is named, each given its time'],
    mutation: [
      `${SRC}/core/asked-recovery.ts`,
      'nowMs - lastTriedAtMs < RUNG_HELPS_WITHIN_MS',
      'nowMs - lastTriedAtMs < RUNG_HELPS_WITHIN_MS - 4_000',
    ],
  },
  {
    source,
    says: 'recoverFromBlock refuses what cannot be done, and says why.',
    test: [
      'packages/manager/test/lifetimes',
      'are recovered from: a confirmed one ends its task, a suspected one is only reported',
    ],
    mutation: [`${SRC}/core/recovery.ts`, "if (!means.isIdempotent) return 'not_idempotent';", ''],
  },
];
