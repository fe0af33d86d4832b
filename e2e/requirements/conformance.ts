/** `@sandcrew/conformance`, and the contract as documents for machines. */
import type { Requirement } from './requirement.js';

export const CONFORMANCE_REQUIREMENTS: readonly Requirement[] = [
  {
    source: 'Conformance',
    says: 'Each check cites words that stand in the contract.',
    test: ['packages/conformance/test/citations', 'output.window cites the contract'],
    mutation: [
      'packages/conformance/src/worker/output.ts',
      "'The worker sends at most `welcome.limits.windowBytes`",
      "'The worker sends `welcome.limits.windowBytes`",
    ],
  },
  {
    source: 'Conformance',
    says: 'A check sees the worker that is broken in its way.',
    test: ['packages/conformance/test/worker-checks', 'each check sees the worker that is broken in its way'],
    mutation: [
      'packages/conformance/src/core/mismatch.ts',
      'if (!isSame(got, expected)) throw',
      'if (false as boolean) throw',
    ],
  },
  {
    source: 'Conformance',
    says: 'A worker that keeps the contract passes.',
    test: [
      'packages/conformance/test/worker-checks',
      'a worker that keeps the contract passes every check but the optional ones',
    ],
    mutation: [
      'packages/conformance/src/worker/ends.ts',
      "expectFields(await client.terminal('t'), { type: 'task_error', code: 'timed_out' });",
      "expectFields(await client.terminal('t'), { type: 'task_error', code: 'terminated' });",
    ],
  },
  {
    source: 'Conformance',
    says: 'Fields that no schema declares are seen.',
    test: ['packages/conformance/test/worker-checks', 'each check sees the worker that is broken in its way'],
    mutation: [
      'packages/conformance/src/io/wire-client.ts',
      'if (!isSame(message,',
      'if (false && !isSame(message,',
    ],
  },
  {
    source: 'Conformance',
    says: 'A check sees the manager that is broken in its way.',
    test: [
      'packages/conformance/test/manager-checks',
      'each check sees the manager that is broken in its way',
    ],
    mutation: ['packages/conformance/src/manager/connecting.ts', 'length <= 20,', 'length <= 20_000,'],
  },
  {
    source: 'Conformance',
    says: 'A manager that keeps the contract passes.',
    test: [
      'packages/conformance/test/manager-checks',
      'a manager that keeps the contract passes every check',
    ],
    mutation: [
      'packages/conformance/src/manager/running.ts',
      'worker.complete(connection, taskId, 3);',
      "worker.complete(connection, taskId, 3, { exitCode: null, signal: 'SIGKILL' });\n      expectSame('its status', await bench.ended(), 0);",
    ],
  },
  {
    source: 'Conformance',
    says: 'A suite that cannot reach the worker says so, with status 3.',
    test: [
      'e2e/tests/conformance',
      'no worker that is there ends the suite with a sentence and a status of its own',
    ],
    mutation: ['packages/conformance/src/exit-status.ts', 'unreachable: 3', 'unreachable: 1'],
  },
  {
    source: 'Versions',
    says: 'The AsyncAPI document names each message of the protocol.',
    test: ['packages/protocol/test/async-api', 'a worker’s send operation names each of its messages'],
    mutation: ['packages/protocol/src/v1/messages.ts', '  workspace_removed: WorkspaceRemoved,\n', ''],
  },
];
