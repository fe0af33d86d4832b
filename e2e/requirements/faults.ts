/** Faults: what is held when the network, a process, a host or a clock goes wrong. */
import type { Requirement } from './requirement.js';

const MANAGER = 'packages/manager/src';
const WORKER = 'apps/worker/src';
const E2E = 'e2e/tests/faults';
const source = 'Reliability: faults';

export const FAULT_REQUIREMENTS: readonly Requirement[] = [
  {
    source,
    says: 'Output is exact under a cut each 100 ms.',
    test: [`${E2E}/cuts`, 'what is written while the connection is cut each 100 ms arrives exactly'],
    mutation: [
      `${WORKER}/core/task-messages.ts`,
      'subscribe(turn, task, session, offset);\n  tellStanding',
      'subscribe(turn, task, session, Math.min(offset + 1, task.log.endOffset));\n  tellStanding',
    ],
  },
  {
    source,
    says: 'A cut at any frame boundary changes no end of a task.',
    test: [`${E2E}/cuts`, 'a session that is cut behind any one of its frames ends as one that is not'],
    mutation: [
      `${MANAGER}/core/worker-return.ts`,
      "moveTask(task, 'assign', placeOf(turn, task));\n      sendCommand(turn, task, worker);",
      "loseTask(turn, task, 'it did not arrive');",
    ],
  },
  {
    source,
    says: 'A connection that was of use is dialled again soon.',
    test: [
      'packages/manager/test/core/stories',
      'a connection that stood is dialled again within 40 ms; one that did not, with the usual delay',
    ],
    mutation: [`${MANAGER}/core/backoff.ts`, 'stoodMs < SOON_MS', 'stoodMs > SOON_MS'],
  },
  {
    source,
    says: 'A worker that shuts down stays until each manager has heard of it.',
    test: [
      'apps/worker/test/core/transcripts',
      'What crosses the news of a drain is refused, and not left without an answer: the worker waits until its manager has heard.',
    ],
    mutation: [`${WORKER}/core/drain.ts`, "session.kind !== 'manager' || session.knowsDrain", 'true'],
  },
  {
    source,
    says: 'A worker that shuts down tells its managers at once.',
    test: [
      'apps/worker/test/core/transcripts',
      'Every connection hears the heartbeat; its count is of tasks that are not at their end.',
    ],
    mutation: [
      `${WORKER}/core/heartbeat.ts`,
      "  sendHeartbeat(turn, session);\n  turn.effects.push({ type: 'ask_drain_heard'",
      "  turn.effects.push({ type: 'ask_drain_heard'",
    ],
  },
  {
    source,
    says: 'An idempotent task of a worker that shuts down goes on elsewhere.',
    test: [
      'packages/manager/test/core/stories',
      'an idempotent task that its worker ended to shut down is started again elsewhere; any other is told so',
    ],
    mutation: [
      `${MANAGER}/core/task-news.ts`,
      "message.code === 'worker_shutdown' && task.stop === null",
      "message.code === 'worker_shutdown' && task.stop !== null",
    ],
  },
  {
    source,
    says: 'Both ends of a half-open connection notice it, and its task goes on.',
    test: [
      `${E2E}/half-open`,
      'a connection that is dead in one direction or both is noticed by both ends, and its task goes on exactly',
    ],
    mutation: [
      `${MANAGER}/io/worker-connection.ts`,
      'if (nowMs - seen.atMs >= PEER_SILENCE_MS) {',
      'if (nowMs - seen.atMs >= 9 * PEER_SILENCE_MS) {',
    ],
  },
  {
    source,
    says: 'A killed manager’s tasks are found and read on by the next with its id.',
    test: [
      `${E2E}/manager-death`,
      'a manager that is killed while it reads, and then another with its id: every byte is read once',
    ],
    mutation: [
      `${WORKER}/core/session.ts`,
      'const mine = [...state.tasks.values()].filter((task) => task.owner === session.owner && !task.isForgotten);',
      'const mine: Task[] = [];',
    ],
  },
  {
    source,
    says: 'What nobody comes back for is deleted at its deadline.',
    test: [
      `${E2E}/manager-death`,
      'a manager that never comes back: its task ends at the orphan timeout, its output is deleted at its deadline',
    ],
    mutation: [`${WORKER}/worker-run.ts`, 'keepEndedMs: config.keepEndedMs', 'keepEndedMs: 86_400_000'],
  },
  {
    source,
    says: 'A full disk costs output, told as a gap, and nothing else.',
    test: [
      `${E2E}/scarcity`,
      'output that the disk has no room for is told as a gap, and the command, its end and other tasks are not hurt',
    ],
    mutation: [
      `${WORKER}/core/delivery.ts`,
      'sendGap(turn, task, subscriber, rest);',
      'advance(task, subscriber, rest);',
    ],
  },
  {
    source,
    says: 'A worker that is out of descriptors tells so, and lives.',
    test: [
      `${E2E}/scarcity`,
      'a worker with 64 descriptors that is given 60 tasks at once tells each what it lacked, and goes on (pid-namespace)',
    ],
    mutation: [
      `${WORKER}/io/containment/pid-namespace.ts`,
      "if (child.pid === undefined) throw await new Promise((resolve) => child.once('error', resolve));",
      '',
    ],
  },
  {
    source,
    says: 'What has no room beside the tasks that run waits for them.',
    test: [
      `${E2E}/scarcity`,
      'a worker with 64 descriptors: what has no room beside the tasks that run waits for them',
    ],
    mutation: [
      `${WORKER}/io/command-starter.ts`,
      "othersRun && SCARCE.includes(error.code ?? '')",
      "!othersRun && SCARCE.includes(error.code ?? '')",
    ],
  },
  {
    source,
    says: 'A wall clock that jumps ends no task and keeps none.',
    test: [
      `${E2E}/clocks`,
      'a clock that is set back and forth ends no task before its time, and keeps none beyond it',
    ],
    mutation: [`${WORKER}/io/clock.ts`, 'return performance.now()', 'return Date.now()'],
  },
  {
    source,
    says: 'A worker process that dies is replaced, and its tasks are told lost or started again.',
    test: [
      `${E2E}/worker-death`,
      'kill -9 of every worker of an embedded pool: each task is told, and the pool is whole again',
    ],
    mutation: [
      `${MANAGER}/core/worker-process.ts`,
      'if (isOpen && worker.identity !== null) restartWorker(turn, worker, fault);\n  else if',
      'if',
    ],
  },
  {
    source,
    says: 'A worker process that dies again and again is not started for ever.',
    test: [
      `${E2E}/worker-death`,
      'a worker process that dies again and again is not started for ever: its phase is failed, and who waits is told why',
    ],
    mutation: [`${MANAGER}/core/worker-process.ts`, 'MAX_RESTARTS = 5', 'MAX_RESTARTS = 50'],
  },
  {
    source,
    says: 'A worker that was away for too long drops what was given up.',
    test: [
      `${E2E}/worker-death`,
      'a worker that was away for longer than lostAfterMs comes back, and drops what was given up',
    ],
    mutation: [
      `${MANAGER}/core/worker-return.ts`,
      "else send(turn, worker.key, { type: 'forget_task', taskId: task.taskId });",
      '',
    ],
  },
  {
    source,
    says: 'Managers on one worker see nothing of each other.',
    test: [`${E2E}/pools`, 'two managers on one worker see nothing of each other'],
    mutation: [
      `${WORKER}/core/session.ts`,
      'filter((task) => task.owner === session.owner && !task.isForgotten)',
      'filter((task) => !task.isForgotten)',
    ],
  },
  {
    source,
    says: 'A worker that is killed in the middle of a start leaves nothing: not even at a pipe that nobody else opens.',
    test: [
      `${E2E}/late-starts`,
      'a worker that is killed in the middle of a start, at its setpriv, leaves no process, and the command never begins',
    ],
    mutation: [`${WORKER}/io/containment/pid-namespace.ts`, '8<>"$stdout" 6>', '6>'],
  },
  {
    source,
    says: 'Without a worker that lets it go, a command never begins.',
    test: [
      `${E2E}/late-starts`,
      'a worker that is killed in the middle of a start, at its unshare, leaves no process, and the command never begins',
    ],
    mutation: [`${WORKER}/io/containment/pid-namespace.ts`, 'read -r _ <&4 || exit;', 'read -r _ <&4;'],
  },
  {
    source,
    says: 'Whoever waits for the start of a task does not wait for ever where it began and ended during a cut.',
    test: [
      'packages/manager/test/unseen-start',
      'of a command that began and ended during a cut, the start is told with the end, without its pid',
    ],
    mutation: [
      'packages/manager/src/core/task-news.ts',
      'if (!task.started) tellUnseenStart',
      'if (false) tellUnseenStart',
    ],
  },
  {
    source,
    says: 'Under random faults each task ends once and truly, and leaves nothing.',
    test: [
      'e2e/tests/endurance',
      'while workers die and stop and connections are cut, each task ends once and truly, and leaves nothing',
    ],
    mutation: [
      `${WORKER}/core/task-messages.ts`,
      'if (known !== undefined) return',
      'if (known?.terminal) return',
    ],
  },
  {
    source: 'Faults',
    says: 'A worker outlives a process that ends while it is measured.',
    test: [
      'apps/worker/test/io/process-usage',
      'a process that ended since it was measured counts for nothing, beside one that lives',
    ],
    mutation: ['apps/worker/src/io/process-usage.ts', 'one != null)', 'one !== null) as Status[]'],
  },
];
