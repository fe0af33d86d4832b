/** Of the manager's core. */
import type { Explained } from './explanation.js';

const SHARED_NAME = 'It is a name that costs less to make: tasks that need nothing share one either way.';

const SPARED_COUNT = 'A level is told where it has changed: to count it more often changes nothing.';
const WAITS_AGAIN =
  'Who waits is looked at once more, and hopes for what it hoped before: whatever takes hope away says so. Looks are spared.';

export const MANAGER_EXPLAINED: readonly Explained[] = [
  {
    file: 'packages/manager/src/core/assign.ts',
    line: 'const bound = homesOf(state, task).length > 0 ? task.body.workspace : null;',
    edits: ['homesOf(state, task).length > 0 → true', '> → >='],
    why: 'Lines that are apart are looked at one by one, in the same order of priority and age: only looks are spared.',
  },
  {
    file: 'packages/manager/src/core/assign.ts',
    line: 'function needsNothing({ needs, body, failedOn }: Task): boolean {',
    edits: ['{ const { worker, type, labels, memoryBytes } = needs; const… → {}'],
    why: SHARED_NAME,
  },
  {
    file: 'packages/manager/src/core/assign.ts',
    line: "if (needsNothing(task)) return 'anywhere'; // nearly always: and no other name is like it",
    edits: ['needsNothing(task) → false', "'anywhere' → ''"],
    why: SHARED_NAME,
  },
  {
    file: 'packages/manager/src/core/assign.ts',
    line: 'if (workspace === undefined) return [];',
    edits: ['workspace === undefined → false'],
    why: 'It spares work: where it says otherwise, the longer way gives the same.',
  },
  {
    file: 'packages/manager/src/core/assign.ts',
    line: "if (isThere) return { prospect: 'wait' };",
    edits: ["'wait' → ''"],
    why: 'It is what is none of the others: nobody asks for it by its name.',
  },
  {
    file: 'packages/manager/src/core/files/entry-path.ts',
    line: "for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1))",
    edits: ['> → >='],
    why: 'A path that was judged begins with no `/`.',
  },
  {
    file: 'packages/manager/src/core/files/tar-commands.ts',
    line: "'sandcrew-get',",
    edits: ["'sandcrew-get' → ''"],
    why: 'By this name the shell speaks of itself where its script fails: nothing depends on it.',
  },
  {
    file: 'packages/manager/src/core/block-end.ts',
    line: "const refusal = judgeWorkerRung('restart_worker', meansOfWorker(turn, worker, task));",
    edits: ["'restart_worker' → ''"],
    why: 'It is what is not `replace_worker`: nobody asks for it by its name.',
  },
  {
    file: 'packages/manager/src/core/priority-queue.ts',
    line: 'return a.priority === b.priority ? a.seq < b.seq : a.priority > b.priority;',
    edits: ['< → <=', '> → >='],
    why: 'No two are alike in their order of acceptance, and where the priority decides it is not the same.',
  },
  {
    file: 'packages/manager/src/core/free-slots.ts',
    line: 'if (this.#loadOf.get(workerKey) === load) return;',
    edits: ['this.#loadOf.get(workerKey) === load → false'],
    why: 'It would come after those that are loaded as it is: which of these comes first is not promised.',
  },
  {
    file: 'packages/manager/src/core/placement.ts',
    line: 'if (task.body.workspace !== undefined) turn.state.homes.set(task.body.workspace, worker.key);',
    edits: ['task.body.workspace !== undefined → true'],
    why: 'Nobody asks for the home of no workspace.',
  },
  {
    file: 'packages/manager/src/core/task-loss.ts',
    line: 'if (worker !== null) leaveAlone(turn, worker); // that its connection is gone will be told in a moment',
    edits: ['worker !== null → true'],
    why: 'That a command could not be sent is heard before anything else happens: its task is still at the worker.',
  },
  {
    file: 'packages/manager/src/core/step.ts',
    line: 'const turn: Turn = { state, ...moment, effects: [], outlookChanged: false };',
    edits: ['false → true'],
    why: WAITS_AGAIN,
  },
  {
    file: 'packages/manager/src/core/step.ts',
    line: 'if (turn.outlookChanged) judgeWaits(turn);',
    edits: ['turn.outlookChanged → true'],
    why: WAITS_AGAIN,
  },
  {
    file: 'packages/manager/src/core/task-news.ts',
    line: 'return { code: FAULT_CODES[code], message, ...(kind === undefined ? {} : { detail: kind }) };',
    edits: ['kind === undefined → false'],
    why: 'A detail that is undefined reads as none.',
  },
  {
    file: 'packages/manager/src/core/task.ts',
    line: '...(why === undefined ? {} : { note: why }),',
    edits: ['why === undefined → false'],
    why: 'A note that is undefined reads as none.',
  },
  {
    file: 'packages/manager/src/core/task.ts',
    line: '...(rung === undefined ? {} : { rung }),',
    edits: ['rung === undefined → false'],
    why: 'A rung that is undefined reads as none.',
  },
  {
    file: 'packages/manager/src/core/worker.ts',
    line: 'isReplacement: false,',
    edits: ['false → true'],
    why: 'One that never came up is given up where it fails, in another’s place or not; and a welcome says that it is in no place but its own.',
  },
  {
    file: 'packages/manager/src/core/worker-life.ts',
    line: 'if (worker.draining !== draining) turn.outlookChanged = true;',
    edits: ['worker.draining !== draining → true'],
    why: WAITS_AGAIN,
  },
  {
    file: 'packages/manager/src/core/telemetry/measure.ts',
    line: 'let workersChanged = false;',
    edits: ['false → true'],
    why: SPARED_COUNT,
  },
  {
    file: 'packages/manager/src/core/telemetry/measure.ts',
    line: "workersChanged ||= effect.type.startsWith('tell_worker_') || effect.type === 'shut_down';",
    edits: ["'tell_worker_' → ''", '=== → !=='],
    why: SPARED_COUNT,
  },
  {
    file: 'packages/manager/src/core/telemetry/measure.ts',
    line: 'if (workersChanged) {',
    edits: ['workersChanged → true'],
    why: SPARED_COUNT,
  },
  {
    file: 'packages/manager/src/core/worker-lies.ts',
    line: "if (message.type === 'task_complete' || message.type === 'task_error')",
    edits: ["message.type === 'task_complete' || message.type === 'task_e… → true"],
    why: 'No other message tells how much output there is.',
  },
  {
    file: 'packages/manager/src/core/worker-message.ts',
    line: "case 'pong':",
    edits: ["'pong' → ''"],
    why: 'It is about no task: there is nothing to do either way.',
  },
  {
    file: 'packages/manager/src/core/telemetry/trace.ts',
    line: 'const attempt = state.tasks.get(taskId)?.attempt ?? open.get(taskId)?.attempt ?? 1;',
    edits: ['?. → .'],
    why: 'A task that a step has placed is there after it.',
  },
];
