/** Scarcity: a start that wants what other tasks hold, and looks that are rare since there are many tasks. */
import type { Requirement } from './requirement.js';

const WORKER = 'apps/worker/src';
const STARTS = 'apps/worker/test/io/unseen-starts';

export const SCARCITY_REQUIREMENTS: readonly Requirement[] = [
  {
    source: 'Reliability: faults',
    says: 'A start whose process was gone before it was let begin waits for room.',
    test: [STARTS, 'a command that was gone before it was let begin has not begun: it waits for room'],
    mutation: [`${WORKER}/io/containment/namespace.ts`, "{ code: 'EAGAIN' }", '{}'],
  },
  {
    source: 'Reliability: faults',
    says: 'A want of descriptors is told as one.',
    test: [
      STARTS,
      'a command that cannot be looked for, for want of a descriptor, is told that, and waits for room',
    ],
    mutation: [
      `${WORKER}/io/containment/namespace.ts`,
      "if (error.code !== 'ENOENT' && error.code !== 'ESRCH') return error;",
      'if (error.code === undefined) return error;',
    ],
  },
  {
    source: 'Blocks: recovery',
    says: 'Whether SIGCONT has helped does not wait for the next look.',
    test: [
      'apps/worker/test/core/transcripts',
      'Who is told to be stopped is looked at when SIGCONT has come, however long it is until the next look; once for each block.',
    ],
    mutation: [
      `${WORKER}/core/task-messages.ts`,
      "message.signal === 'SIGCONT'",
      "message.signal === 'SIGSTOP'",
    ],
  },
];
