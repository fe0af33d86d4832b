/** The executor: which steps go where, with which command, in which order, within which time, and what a record brings back. */
import type { Requirement } from './requirement.js';

const SRC = 'packages/executor/src';
const TEST = 'packages/executor/test';
const PLAN = `${TEST}/core/plan`;
const FACADE = `${TEST}/executor`;
const source = 'Agents: the executor';

export const EXECUTOR_REQUIREMENTS: readonly Requirement[] = [
  {
    source,
    says: 'A step is for a sandbox by whole words alone: "latest" holds no "test".',
    test: [`${TEST}/core/steps`, '"latest" has none of its words'],
    mutation: [
      `${SRC}/core/sandbox-task.ts`,
      'return [plain, `${plain}s`, `re${plain}`, `re-${plain}`].includes(word);',
      'return word.includes(plain);',
    ],
  },
  {
    source,
    says: 'What a step is for a sandbox by can be configured.',
    test: [`${TEST}/core/steps`, 'a type that never is, though a word is there'],
    mutation: [
      `${SRC}/core/sandbox-task.ts`,
      'if (neverTypes.includes(type))',
      'if (neverTypes.includes(type) && false)',
    ],
  },
  {
    source,
    says: 'No description and no file name becomes more than a choice, or one word of an argv.',
    test: [
      `${TEST}/core/injection`,
      'an argv is one of the templates and the file names, each one word, whatever the description says',
    ],
    mutation: [
      `${SRC}/core/sandbox-command.ts`,
      'command: choice.argv, intention',
      "command: files.length > 1 ? ['sh', '-c', choice.argv.join(' ')] : choice.argv, intention",
    ],
  },
  {
    source,
    says: 'A file name that looks like an option is none.',
    test: [
      `${TEST}/core/injection`,
      'an argv is one of the templates and the file names, each one word, whatever the description says',
    ],
    mutation: [`${SRC}/core/sandbox-command.ts`, '/^[-@]/.test(name)', '/^-/.test(name)'],
  },
  {
    source,
    says: 'A description that says two things is refused, not guessed.',
    test: [
      `${TEST}/core/steps`,
      'sandbox-execution "Build and test" in a workspace of npm is given !says build and test',
    ],
    mutation: [`${SRC}/core/intention.ts`, 'if (orders.length > 1)', 'if (orders.length > 9)'],
  },
  {
    source,
    says: 'Conflicts of a workspace are said.',
    test: [`${TEST}/core/steps`, 'two lock files: conflicts are told in sentences'],
    mutation: [
      `${SRC}/core/ecosystems/node.ts`,
      'locks.filter(([owner]) => owner !== manager)',
      'locks.filter(([owner]) => owner === undefined)',
    ],
  },
  {
    source,
    says: 'Circles of a plan are refused by name.',
    test: [PLAN, 'a step that needs each other is refused by name'],
    mutation: [
      `${SRC}/core/plan-graph.ts`,
      '} else if (onPath.has(need)) {',
      '} else if (need === top.id) {',
    ],
  },
  {
    source,
    says: 'Unknown ids of a plan are refused by name.',
    test: [PLAN, 'a step that needs what there is not is refused by name'],
    mutation: [`${SRC}/core/plan-graph.ts`, '!known.has(id)', 'known.has(id) && false'],
  },
  {
    source,
    says: 'A step begins after what it needs, and no more than maxConcurrent run.',
    test: [
      PLAN,
      'whatever the plan, each step begins once, after what it needs, and never more than maxConcurrent run',
    ],
    mutation: [`${SRC}/core/step.ts`, 'free <= 0', 'free <= -1'],
  },
  {
    source,
    says: 'The higher priority goes first.',
    test: [
      PLAN,
      'no more than maxConcurrent run at once, the highest priority first, then in the order of the plan',
    ],
    mutation: [`${SRC}/core/step.ts`, 'b.priority - a.priority', 'a.priority - b.priority'],
  },
  {
    source,
    says: 'What needs a failed step is skipped and says why.',
    test: [PLAN, 'what needs it is skipped and says why; the rest goes on'],
    mutation: [`${SRC}/core/step.ts`, "need.state === 'failed' ||", ''],
  },
  {
    source,
    says: 'A cancelled plan ends what runs.',
    test: [FACADE, 'ends what runs, begins nothing more, and tells why'],
    mutation: [`${SRC}/plan-run.ts`, 'this.#stops.get(effect.taskId)?.abort(effect.why);', ''],
  },
  {
    source,
    says: 'A plan that is resumed runs nothing again that has completed, and takes over what runs.',
    test: [FACADE, 'another life takes over what the worker still has, and runs nothing twice'],
    mutation: [`${SRC}/core/plan-state.ts`, "isLeftOver: state === 'running'", 'isLeftOver: false'],
  },
  {
    source,
    says: 'What no worker has is reported lost, unless it is idempotent.',
    test: [FACADE, 'what no worker has and is not idempotent is reported lost'],
    mutation: [`${SRC}/core/step.ts`, 'isLost(end.failure) && ended.idempotent &&', 'isLost(end.failure) &&'],
  },
  {
    source,
    says: 'A step is begun only when the record that says so is kept.',
    test: [FACADE, 'a step is begun only when the record that says so is kept'],
    mutation: [`${SRC}/plan-run.ts`, '    await this.#keeper.kept();\n    // What', '    // What'],
  },
  {
    source,
    says: 'A step that no worker begins is over with its queue budget.',
    test: [
      FACADE,
      'no worker begins it within its queue budget: it is taken back, and fails as QUEUE_TIMEOUT',
    ],
    mutation: [`${SRC}/core/budget.ts`, 'submittedAtMs + budgets.queueMs }', 'submittedAtMs + 99_000 }'],
  },
  {
    source,
    says: 'A step whose confirmed block stands is ended with its recovery budget.',
    test: [FACADE, 'a confirmed block stands for its recovery budget: it is ended, and fails as BLOCKED'],
    mutation: [`${SRC}/core/budget.ts`, 'blockedAtMs + budgets.recoveryMs', 'blockedAtMs + 99_000'],
  },
  {
    source,
    says: 'A plan outlives its agent: what runs is left running, and found again.',
    test: [
      'e2e/tests/executor',
      'another life of the agent takes over the step that runs, and runs no step twice',
    ],
    mutation: [`${SRC}/core/step-verdict.ts`, "fault?.code === 'DETACHED'", "fault?.code === 'CLOSED'"],
  },
  {
    source,
    says: 'A step that waits at a prompt is answered by its agent, and goes on.',
    test: ['e2e/tests/examples', 'answer-a-prompt runs as it stands there'],
    mutation: [`${SRC}/plan-run.ts`, 'return this.#handles.get(taskId) ?? null;', 'return null;'],
  },
  {
    source,
    says: 'A step is over when its whole time is, whatever happens.',
    test: [`${TEST}/core/budget`, 'whatever happens, a step is over when its whole time is'],
    mutation: [
      `${SRC}/core/budget.ts`,
      'atMs: stoppedAtMs + budgets.recoveryMs',
      'atMs: stoppedAtMs + budgets.runMs',
    ],
  },
  {
    source: 'Executor: manifests',
    says: 'Nobody waits for a FIFO that stands under the name of a manifest.',
    test: [
      'packages/executor/test/manifest-files',
      'a FIFO, a directory, a device or a link to nowhere under a manifest’s name is no manifest',
    ],
    mutation: [
      'packages/executor/src/io/manifest-reader.ts',
      'constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)',
      'constants.O_RDONLY',
    ],
  },
  {
    source: 'Executor: manifests',
    says: 'A device under the name of a manifest is none.',
    test: [
      'packages/executor/test/manifest-files',
      'a FIFO, a directory, a device or a link to nowhere under a manifest’s name is no manifest',
    ],
    mutation: [
      'packages/executor/src/io/manifest-reader.ts',
      '(!(await file.stat()).isFile())',
      '((await file.stat()).isDirectory())',
    ],
  },
];
