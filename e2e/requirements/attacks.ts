/** What attackers found who tried by hand (docs/security.md), and does not work any more. */
import type { Requirement } from './requirement.js';

const CORE = 'apps/worker/src/core/containment';
const IO = 'apps/worker/src/io/containment';
const TRIED = 'apps/worker/test/io/containment';
const source = 'Tried by hand';

export const ATTACK_REQUIREMENTS: readonly Requirement[] = [
  {
    source,
    says: 'No task has the kernel load a line discipline.',
    test: [TRIED, 'it changes the line discipline of no terminal, and loads none'],
    mutation: [`${CORE}/denied-calls.ts`, 'const TIOCSETD = 0x5423;', 'const TIOCSETD = 0x5499;'],
  },
  {
    source,
    says: 'A crash of a task starts no program of the host.',
    test: [TRIED, 'it leaves no core dump, and gives none to a program of the host'],
    mutation: [`${CORE}/bubblewrap-arguments.ts`, "'--core=1:1'", "'--core=0:0'"],
  },
  {
    source,
    says: 'At pid-namespace no task of an ordinary user’s worker takes over what holds it.',
    test: [
      'apps/worker/test/io/prisoners',
      'at pid-namespace a task of an ordinary user’s worker cannot take over the init of its namespace, and dies with the worker',
    ],
    mutation: [`${IO}/pid-namespace.ts`, ", '--keep-caps'];", '];'],
  },
  {
    source,
    says: 'At pid-namespace what a task has loaders load stays inside.',
    test: [TRIED, 'what a task has loaders load does not reach what holds it at pid-namespace'],
    mutation: [`${IO}/pid-namespace.ts`, "!name.startsWith('LD_')", "!name.startsWith('LD__')"],
  },
  {
    source,
    says: 'A place to which a link is led while the secret is read is hidden before the secret counts.',
    test: [
      'apps/worker/test/io/secret-files',
      'a place to which a link is led while it is read is looked at before what was read there counts',
    ],
    mutation: ['apps/worker/src/secret-files.ts', 'const after = look();', 'const after = before;'],
  },
  {
    source,
    says: 'A worker that floods has its turn of the event loop, and no more.',
    test: [
      'packages/manager/test/reading-turns',
      'messages that come at once are taken in many turns of the event loop, some hundreds in each',
    ],
    mutation: [
      'packages/manager/src/io/reading-turns.ts',
      'if (this.#frames === MAX_FRAMES_A_TURN) this.#socket.pause();',
      '',
    ],
  },
  {
    source,
    says: 'A path of files that are got means what it says, and leads out in no spelling of tar’s own.',
    test: ['e2e/tests/files', 'gives a file by its name, whatever signs are in that, and by no other'],
    mutation: ['packages/manager/src/core/files/tar-commands.ts', "'--no-unquote',", ''],
  },
  {
    source,
    says: 'A name that is no UTF-8 is told as such, and not as a file that is not there.',
    test: ['e2e/tests/files', 'is given no name that is not UTF-8, and the name is told'],
    mutation: ['packages/manager/src/put-files.ts', 'transfer.admitName(name);', ''],
  },
  {
    source,
    says: 'What the system says of a file steers no terminal.',
    test: [
      'packages/manager/test/files',
      'with a source whose name steers a terminal is refused before anything is sent',
    ],
    mutation: ['packages/manager/src/put-files.ts', '${showWords(why)}', "${why || showWords('')}"],
  },
  {
    source: 'Defaults',
    says: 'TLS 1.3 is spoken where both sides have it.',
    test: ['e2e/tests/wire-tls', 'TLS older than 1.2 is refused, and 1.3 is spoken where both sides have it'],
    mutation: [
      'apps/worker/src/io/tls-files.ts',
      "minVersion: 'TLSv1.2',",
      "minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2',",
    ],
  },
  {
    source,
    says: 'A manager remembers nothing of a worker that has left its pool.',
    test: [
      'packages/manager/test/core/telemetry',
      'of a worker that has left the pool nothing is remembered',
    ],
    mutation: [
      'packages/manager/src/core/telemetry/measure.ts',
      'if (!state.workers.has(key))',
      'if (state.workers.size > 99)',
    ],
  },
  {
    source,
    says: 'A worker whose output ends beyond all whole numbers ends no agent.',
    test: ['packages/manager/test/core/rules', 'judges a chunk that ends beyond all whole numbers'],
    mutation: [
      'packages/manager/src/core/output-cursor.ts',
      'if (!Number.isSafeInteger(end)) {',
      'if (Number.isNaN(end)) {',
    ],
  },
  {
    source,
    says: 'The evidence of a block has an end.',
    test: [
      'packages/manager/test/core/words',
      'has an end: of 32 fields the later ones, and those beyond 64 KiB, are left out',
    ],
    mutation: [
      'packages/manager/src/core/worker-words.ts',
      'const MAX_FIELDS = 32;',
      'const MAX_FIELDS = 33;',
    ],
  },
  {
    source,
    says: 'No manifest is read that lies outside of its directory.',
    test: [
      'packages/executor/test/manifest-files',
      'a link under a manifest’s name is followed inside of the directory, and not out of it',
    ],
    mutation: ['packages/executor/src/io/manifest-reader.ts', 'join(root, sep)', 'join(sep)'],
  },
];
