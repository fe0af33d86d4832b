/** What the manager's machine decides where nobody looks: between two attempts, two lives of a worker, and at the end. */
import type { Requirement } from './requirement.js';

const CORE = 'packages/manager/src/core';
const TEST = 'packages/manager/test/core';

export const DECISION_REQUIREMENTS: readonly Requirement[] = [
  {
    source: 'Reliability: decisions',
    says: 'Nothing of one attempt is left to the next: not its answers, its input, its blocks.',
    test: [
      `${TEST}/attempts`,
      'may be given each answer, the end of its input and SIGCONT as often as the first',
    ],
    mutation: [
      `${CORE}/task.ts`,
      'Object.assign(task, openAttempt());',
      'Object.assign(task, openAttempt(), { inputEnded: task.inputEnded });',
    ],
  },
  {
    source: 'Reliability: decisions',
    says: 'A task that ended, and whose output went with its worker, is lost as completed_output_lost.',
    test: [
      `${TEST}/task-news`,
      'that was told, and whose output went with its worker, is lost as completed_output_lost',
    ],
    mutation: [`${CORE}/task-news.ts`, 'task.endedAtWorker = true;', 'task.endedAtWorker = false;'],
  },
  {
    source: 'Reliability: decisions',
    says: 'Who waits for a worker waits from its loss, and not from each dial that fails.',
    test: [
      `${TEST}/connections`,
      'waits from when the worker was lost, or from its own coming, whichever was later, and not from each dial',
    ],
    mutation: [
      `${CORE}/worker-life.ts`,
      'if (wasConnected) worker.awaySinceMs = turn.nowMs;',
      'worker.awaySinceMs = turn.nowMs;',
    ],
  },
  {
    source: 'Reliability: decisions',
    says: 'The third breach of the protocol loses the tasks of a worker, and no earlier one.',
    test: [
      `${TEST}/worker-claims`,
      'is dialled again twice; the third time its tasks are lost, and it is asked again each 30 s',
    ],
    mutation: [`${CORE}/worker-life.ts`, 'const MAX_BREACHES = 3;', 'const MAX_BREACHES = 2;'],
  },
  {
    source: 'Reliability: decisions',
    says: 'Closing tells workers to drop what has ended and was not read.',
    test: [`${TEST}/closing`, 'tells workers to drop what has ended and was not read'],
    mutation: [`${CORE}/shutdown.ts`, '[...state.beingRead.keys()]', '[...state.beingRead.keys()].slice(1)'],
  },
  {
    source: 'Reliability: decisions',
    says: 'One removal of a workspace at a time is asked of a worker.',
    test: [
      `${TEST}/requests`,
      'is removed after the one before it: a refusal does not say which it is about',
    ],
    mutation: [
      `${CORE}/answering.ts`,
      'removals.some(({ sent }) => sent) ? undefined : removals[0]',
      'removals[0]',
    ],
  },
  {
    source: 'Reliability: decisions',
    says: 'A worker process in the place of another counts the restarts of that one.',
    test: [`${TEST}/worker-processes`, 'in another’s place counts the restarts of that one'],
    mutation: [`${CORE}/worker-process.ts`, 'heir.restartsAtMs = recentRestarts(worker, turn.nowMs);', ''],
  },
];
