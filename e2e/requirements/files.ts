/** Files in and out of workspaces: what arrives, what is refused, what is left of what fails. */
import type { Requirement } from './requirement.js';

const SRC = 'packages/manager/src';
const FAKE = 'packages/manager/test/files';
const E2E = 'e2e/tests/files';
const CLI = 'apps/cli/test/files';
const source = 'Containment and security: files';

export const FILE_REQUIREMENTS: readonly Requirement[] = [
  {
    source,
    says: 'Directories, modes, times, links and names of all kinds are the same after put and get.',
    test: [E2E, 'a tree with everything in it is the same after put and get'],
    mutation: [`${SRC}/io/files/source-archive.ts`, 'mode: stats.mode & 0o777,', 'mode: stats.mode & 0o711,'],
  },
  {
    source,
    says: 'Symbolic links are kept as links.',
    test: [FAKE, 'keep their content, modes, times and links, and go over what was there'],
    mutation: [
      `${SRC}/io/files/staged-files.ts`,
      'await symlink(to, place);',
      'await symlink(`./${to}`, place);',
    ],
  },
  {
    source,
    says: 'No absolute path is taken from a worker.',
    test: [FAKE, 'that has an absolute path is refused, and leaves nothing'],
    mutation: [
      `${SRC}/core/files/entry-path.ts`,
      "if (name.startsWith('/')) return { ok: false",
      "if (name.startsWith('//')) return { ok: false",
    ],
  },
  {
    source,
    says: 'No `..` is taken from a worker.',
    test: [FAKE, 'that has a path that leads out is refused, and leaves nothing'],
    mutation: [
      `${SRC}/core/files/entry-path.ts`,
      "parts.includes('..')) return { ok",
      "parts.includes('...')) return { ok",
    ],
  },
  {
    source,
    says: 'No link that leaves the target is taken from a worker, also not by way of another link.',
    test: [FAKE, 'that has a link to a link that together lead out is refused, and leaves nothing'],
    mutation: [
      `${SRC}/core/files/entry-path.ts`,
      "if (parts.slice(ups).includes('..')) return 'leads up again behind a name';",
      '',
    ],
  },
  {
    source,
    says: 'No hard link to anything but a file of the same archive is taken.',
    test: [FAKE, 'that has a hard link to a file outside is refused, and leaves nothing'],
    mutation: [
      `${SRC}/core/files/archive-ledger.ts`,
      "if (judged.ok && kinds.get(judged.path) === 'file') return null;",
      "if (judged.ok || kinds.get(to) !== 'file') return null;",
    ],
  },
  {
    source,
    says: 'Nothing is written through a link that the same archive made.',
    test: [FAKE, 'that has a file behind its own link is refused, and leaves nothing'],
    mutation: [
      `${SRC}/core/files/archive-ledger.ts`,
      "if (above === 'directory') break;",
      'if (above !== undefined) break;',
    ],
  },
  {
    source,
    says: 'No device and no FIFO is taken.',
    test: [FAKE, 'that has a FIFO is refused, and leaves nothing'],
    mutation: [
      `${SRC}/core/files/archive-ledger.ts`,
      "  file: 'file',\n",
      "  file: 'file',\n  fifo: 'file',\n",
    ],
  },
  {
    source,
    says: 'An archive that is larger than allowed is refused.',
    test: [FAKE, 'that tells a length which it is not is refused without waiting for it'],
    mutation: [
      `${SRC}/core/files/archive-ledger.ts`,
      "if (kind === 'file') ledger.bytes += entry.bytes;",
      "if (kind === 'file') ledger.bytes += Math.min(entry.bytes, 1);",
    ],
  },
  {
    source,
    says: 'An archive that never ends is refused.',
    test: [FAKE, 'that never ends is refused'],
    mutation: [
      `${SRC}/core/files/archive-ledger.ts`,
      'return archiveBytes > maxBytes + ',
      'return archiveBytes > 99 * maxBytes + ',
    ],
  },
  {
    source,
    says: 'Set-user-id bits are dropped.',
    test: [FAKE, 'loses its set-user-id bits'],
    mutation: [`${SRC}/io/files/archive-reader.ts`, 'mode: mode & 0o777,', 'mode: mode & 0o7777,'],
  },
  {
    source,
    says: 'What is excluded is left out, also where the worker sends it.',
    test: [FAKE, 'leave out what is excluded, also where the worker sends it'],
    mutation: [
      `${SRC}/core/files/archive-ledger.ts`,
      "if (rules.isExcluded(path)) return { verdict: 'skip' };",
      "if (rules.isExcluded('')) return { verdict: 'skip' };",
    ],
  },
  {
    source,
    says: "Names in somebody's archive are judged before they are sent.",
    test: [FAKE, "of somebody's archive with a path that leads out is refused before that is sent"],
    mutation: [
      `${SRC}/put-files.ts`,
      '      await reader.push(chunk);\n      yield chunk;\n',
      '      yield chunk;\n      await reader.push(chunk);\n',
    ],
  },
  {
    source,
    says: 'A get is all or nothing.',
    test: [FAKE, 'are all or nothing where a directory stands in the way'],
    mutation: [
      `${SRC}/io/files/staged-files.ts`,
      "await this.#refuseConflicts('');",
      "await this.#refuseConflicts('').catch(() => {});",
    ],
  },
  {
    source,
    says: 'A put that is stopped keeps nothing.',
    test: [E2E, 'that is told to stop in the middle of a put keeps nothing of it'],
    mutation: [`${SRC}/core/files/tar-commands.ts`, 'trap drop EXIT\n', ''],
  },
  {
    source,
    says: 'A transfer of which nothing moves is ended.',
    test: [FAKE, 'of which nothing moves is ended with NO_PROGRESS'],
    mutation: [`${SRC}/file-transfer.ts`, 'this.#watch.stalled, abort.aborted]', 'abort.aborted]'],
  },
  {
    source,
    says: 'A reader that is slow makes tar wait, so that more than the worker retains is got.',
    test: [E2E, 'that retains little and is read slowly loses nothing of what it gives'],
    mutation: [`${SRC}/core/files/tar-commands.ts`, 'CREDITS_AHEAD = 4;', 'CREDITS_AHEAD = 400;'],
  },
  {
    source,
    says: 'A put goes through no link that stands in the workspace.',
    test: [E2E, 'replaces files, merges directories, and goes through no link that stands in the workspace'],
    mutation: [`${SRC}/core/files/tar-commands.ts`, '; exit 3 ;; esac', ' ;; esac'],
  },
  {
    source,
    says: 'A transfer goes to the worker that is named.',
    test: [FAKE, 'goes to the worker that is named'],
    mutation: [
      `${SRC}/core/assign.ts`,
      'if (!isNamed(worker, task.needs)) return false;',
      'if (isNamed(worker, task.needs) === null) return false;',
    ],
  },
  {
    source,
    says: 'sandcrew put and get: all arrives under the names that cp would give it.',
    test: [CLI, 'is called as the target where that is no directory, and goes into it where it is one'],
    mutation: ['apps/cli/src/commands/get.ts', 'isNamed && !isDirectory', 'isNamed && isDirectory'],
  },
  {
    source,
    says: 'sandcrew put: Ctrl-C ends it, and nothing is kept.',
    test: [CLI, 'is ended by Ctrl-C, and keeps nothing'],
    mutation: ['apps/cli/src/transfer.ts', 'abort.abort(signal);', 'void abort;'],
  },
  {
    source,
    says: 'sandcrew put: what cannot come along is told, with an exit status of its own.',
    test: [CLI, 'tells what could not come along, and exits with 1'],
    mutation: ['apps/cli/src/exit-status.ts', 'incomplete: 1,', 'incomplete: 0,'],
  },
  {
    source: 'Files: names',
    says: 'What steers a terminal or turns its writing round in the name of a file that is refused is shown as U+FFFD.',
    test: [
      'packages/manager/test/core/files',
      'tells of a name with escape sequences, and does not carry them out',
    ],
    mutation: [
      'packages/manager/src/core/files/archive-ledger.ts',
      'showWords(JSON',
      "(showWords('') + JSON",
    ],
  },
];
