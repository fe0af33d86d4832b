/** What is fast without a promise being weaker for it. */
import type { Requirement } from './requirement.js';

const WORKER = 'apps/worker/src';

export const SPEED_REQUIREMENTS: readonly Requirement[] = [
  {
    source: 'docs/adr/0023',
    says: 'Output is read at the pace of a reader that keeps up.',
    test: [
      'apps/worker/test/core/transcripts',
      'Output that comes faster than it is taken is read at the pace of its reader, as long as that keeps up.',
    ],
    mutation: [
      `${WORKER}/core/keeping.ts`,
      '  holdReading(turn, task);\n',
      '  if (turn.nowMs < 0) holdReading(turn, task);\n',
    ],
  },
  {
    source: 'Output: the child is never stopped by a slow reader',
    says: 'A slow reader stops nothing, but for one wait of 50 ms.',
    test: [
      'apps/worker/test/core/transcripts',
      'A reader that takes too little within 50 ms stops nothing: from then on all is kept, until it has caught up.',
    ],
    mutation: [
      `${WORKER}/core/reading.ts`,
      '  task.pace.isBehind = true;\n  releaseReading(turn, task);\n',
      '',
    ],
  },
  {
    source: 'Output: a connection that ends takes no task with it',
    says: 'A command does not wait for a reader that is gone.',
    test: [
      'apps/worker/test/core/transcripts',
      'A command does not wait for a reader that is gone, nor for one that wants nothing of it any more.',
    ],
    mutation: [
      `${WORKER}/core/session.ts`,
      '      releaseReading(turn, task);\n',
      '      if (turn.nowMs < 0) releaseReading(turn, task);\n',
    ],
  },
  {
    source: 'reliability.md: no process of a task lives 1 s after its terminal message',
    says: 'What a task left is looked for among newer processes alone, unless process ids may have come round.',
    test: [
      'apps/worker/test/io/newer-processes',
      'are all processes where the ids may have come round since, or where forks are not counted',
    ],
    mutation: [
      `${WORKER}/io/proc/newer-processes.ts`,
      '  if (!(advance < ids / 2)) return () => true;\n',
      '',
    ],
  },
  {
    source: 'docs/adr/0024',
    says: 'A command runs in a sandbox that was made before it.',
    test: [
      'apps/worker/test/io/ready-sandboxes',
      'after a first task the next of its kind runs in one that was there before it',
    ],
    mutation: [`${WORKER}/io/command-starter.ts`, '    this.#means.ready?.refillSoon();\n', ''],
  },
  {
    source: 'docs/adr/0024',
    says: 'A sandbox serves one command.',
    test: ['apps/worker/test/io/ready-sandboxes', 'nothing of a task is seen by the next, however often'],
    mutation: [
      `${WORKER}/io/ready-sandboxes.ts`,
      '    const [found] = index < 0 ? [] : this.#waiting.splice(index, 1);\n',
      '    const found = this.#waiting[index];\n',
    ],
  },
  {
    source: 'docs/adr/0024',
    says: 'A sandbox that sees a directory which is no more is not used.',
    test: [
      'apps/worker/test/io/ready-sandboxes',
      'a workspace that was removed and made again is another one',
    ],
    mutation: [
      `${WORKER}/io/ready-sandboxes.ts`,
      'return `${dev}:${ino}:${birthtimeNs}:${uid}:${gid}`;',
      'return `${uid + gid + 0n * (dev + ino + birthtimeNs)}`;',
    ],
  },
  {
    source: 'docs/adr/0024',
    says: 'Kinds that are used in turn share the sandboxes that wait.',
    test: ['apps/worker/test/core/ready-kinds', 'kinds that are used in turn share'],
    mutation: [
      `${WORKER}/core/containment/ready-kinds.ts`,
      'policy.most / Math.max(1, recent.length)',
      'policy.most',
    ],
  },
  {
    source: 'docs/adr/0027',
    says: 'A buffer of output is not used again while a socket still needs what stands in it.',
    test: [
      'apps/worker/test/io/output-buffers',
      'a buffer is used again when the log and every socket have let go of it, and not before',
    ],
    mutation: [
      `${WORKER}/io/output-buffers.ts`,
      'if (holders !== undefined) this.#holders.set(data.buffer, holders + 1);',
      'if (holders === 0) this.#holders.set(data.buffer, holders + 1);',
    ],
  },
  {
    source: 'docs/adr/0027',
    says: 'What the log frees is in nothing that is sent or spooled later.',
    test: [
      'apps/worker/test/core/random-walk',
      'with room for everything and a sound spool, nothing is lost, and what is freed is needed by nobody',
    ],
    mutation: [
      `${WORKER}/core/output-log.ts`,
      '  return dropped;\n',
      '  return [...dropped, ...log.chunks.slice(0, 1)];\n',
    ],
  },
  {
    source: 'docs/adr/0027',
    says: 'What was passed on is not read over.',
    test: [
      'apps/worker/test/io/output-buffers',
      'what was passed on is not read over while it is held, however much is read after it',
    ],
    mutation: [
      `${WORKER}/io/output-buffers.ts`,
      '    this.#own = this.#buffers.take();\n',
      '    this.#own ??= this.#buffers.take();\n',
    ],
  },
  {
    source: 'docs/adr/0027',
    says: 'A part of a chunk is sent as a copy: what stands before it is somebody else’s.',
    test: [
      'apps/worker/test/io/output-buffers',
      'a chunk is framed where it lies, and a part of one leaves the bytes before it alone',
    ],
    mutation: [
      `${WORKER}/io/output-buffers.ts`,
      'data.byteOffset === HEAD_BYTES',
      'data.byteOffset >= HEAD_BYTES',
    ],
  },
  {
    source: 'docs/adr/0027',
    says: 'Little output holds no whole buffer.',
    test: [
      'apps/worker/test/io/output-buffers',
      'little output is copied out, and a source that has no more than that holds no buffer',
    ],
    mutation: [
      `${WORKER}/io/output-buffers.ts`,
      'if (bytes < MIN_PASSED_BYTES) {',
      'if (bytes < MIN_PASSED_BYTES - BUFFER_BYTES) {',
    ],
  },
  {
    source: 'The spool',
    says: 'What is asked of a task’s files is done in its order, also where pieces are written together.',
    test: ['apps/worker/test/io/output-spool', 'what is asked for between two pieces is done between them'],
    mutation: [
      `${WORKER}/io/output-spool.ts`,
      '    this.#open = null; // what is asked for after this stands behind it\n',
      '',
    ],
  },
  {
    source: 'The spool',
    says: 'Pieces are written together only where one follows the other.',
    test: [
      'apps/worker/test/io/output-spool',
      'a piece that does not follow the last one goes where it belongs',
    ],
    mutation: [`${WORKER}/io/output-spool.ts`, ' && open.endPosition === position', ''],
  },
  {
    source: 'The spool',
    says: 'Of what could not be written each piece is told.',
    test: ['apps/worker/test/io/output-spool', 'where it cannot be written, each piece is told so'],
    mutation: [
      `${WORKER}/io/output-spool.ts`,
      'run.pieces.splice(0)) settle',
      'run.pieces.splice(0, 1)) settle',
    ],
  },
  {
    source: 'docs/adr/0024',
    says: 'A name that env would take for an assignment is started by the launcher.',
    test: [
      'apps/worker/test/core/containment',
      'no word of a command, and no name of a variable, is an option or an assignment of what starts it',
    ],
    mutation: [`${WORKER}/core/containment/command-script.ts`, './+-]*$/;', './+=-]*$/;'],
  },
];
