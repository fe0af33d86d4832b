/** What holds from one release to the next: docs/protocol.md, "Versions". */
import type { Requirement } from './requirement.js';

const PROTOCOL = 'packages/protocol/src';
const TEST = 'e2e/tests/previous-release';

export const RELEASE_REQUIREMENTS: readonly Requirement[] = [
  {
    source: 'Releases',
    says: 'A manager works with the workers of the release before it: what it has learnt to ask for may be missing.',
    test: [TEST, 'limits are for the worker to take or refuse, also where it did not say which it holds'],
    mutation: [
      'packages/manager/src/core/worker.ts',
      'welcome.limits.enforced ?? null',
      'welcome.limits.enforced ?? []',
    ],
  },
  {
    source: 'Releases',
    says: 'A worker works with the managers of the release before it, binary frames included.',
    test: [TEST, '8 MiB of output pass cuts without a byte lost or doubled'],
    mutation: [
      `${PROTOCOL}/binary-frame.ts`,
      "[undefined, 'stdout', 'stderr']",
      "[undefined, 'stderr', 'stdout']",
    ],
  },
];
