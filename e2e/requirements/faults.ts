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
];
