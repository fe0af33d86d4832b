/** What else is kept from tasks, and said of how they are held: homes and secrets wherever they lie, files that are got. */
import type { Requirement } from './requirement.js';

const CORE = 'apps/worker/src/core/containment';
const IO = 'apps/worker/src/io/containment';
const HIDDEN = 'apps/worker/test/io/hidden-files';
const REMOVALS = 'apps/worker/test/io/removals';
const DECIDED = 'apps/worker/test/core/containment';
const source = 'Confinement';

export const CONFINEMENT_REQUIREMENTS: readonly Requirement[] = [
  {
    source,
    says: 'The home that HOME names is hidden, wherever it is.',
    test: [HIDDEN, 'the home that HOME names is hidden, and what lies in it of the worker goes on working'],
    mutation: [
      `${IO}/host-files.ts`,
      '[() => userInfo().homedir, homedir].',
      '[() => userInfo().homedir, homedir].slice(0, 1).',
    ],
  },
  {
    source,
    says: 'The home of the worker’s own user is hidden, wherever it is.',
    test: [HIDDEN, 'homes of the list of users are hidden: the worker’s own, and of those who can log in'],
    mutation: [
      `${IO}/host-files.ts`,
      '[() => userInfo().homedir, homedir].',
      '[() => userInfo().homedir, homedir].slice(1).',
    ],
  },
  {
    source,
    says: 'The homes of users who can log in are hidden, wherever they are.',
    test: [HIDDEN, 'homes of the list of users are hidden: the worker’s own, and of those who can log in'],
    mutation: [`${CORE}/homes.ts`, 'return !CLOSED_SHELLS.includes', 'return CLOSED_SHELLS.includes'],
  },
  {
    source,
    says: 'No directory of the system is hidden as somebody’s home.',
    test: [
      DECIDED,
      'are the worker’s own, those of who can log in, and others outside of /var; never a directory of the system',
    ],
    mutation: [`${CORE}/homes.ts`, '!PROGRAMS.some(', '!PROGRAMS.slice(9).some('],
  },
  {
    source,
    says: 'The directories of links to a secret are hidden.',
    test: [HIDDEN, 'the directory of each link to a secret is hidden, and those that it is rotated to'],
    mutation: [
      `${IO}/host-files.ts`,
      '[...secretFiles, ...secretLinks], shown',
      '[...secretFiles, ...secretLinks.slice(9)], shown',
    ],
  },
  {
    source,
    says: 'A link to a secret that tasks could change is a fault of the configuration.',
    test: [DECIDED, 'a link to the token in the workspace is refused'],
    mutation: [
      `${CORE}/places.ts`,
      '...secretFiles, ...secretLinks].find',
      '...secretFiles, ...secretLinks.slice(9)].find',
    ],
  },
  {
    source,
    says: 'SIGHUP hides the places to which secrets have moved.',
    test: [HIDDEN, 'at SIGHUP the places to which secrets have moved are hidden from all tasks to come'],
    mutation: [
      'apps/worker/src/secret-files.ts',
      'containment?.lookAgain?.() ?? null',
      "(containment === null ? '' : null)",
    ],
  },
  {
    source,
    says: 'No sandbox that was made ahead shows a place to which a secret has moved.',
    test: [HIDDEN, 'at SIGHUP the places to which secrets have moved are hidden from all tasks to come'],
    mutation: [`${IO}/task-views.ts`, 'this.edition++;', ''],
  },
  {
    source,
    says: 'A secret that has moved to where tasks could change it is not taken.',
    test: [HIDDEN, 'a secret that has moved to where tasks could change it is not taken, and it is said why'],
    mutation: [`${IO}/task-views.ts`, 'if (fault !== null) return fault;', "if (fault === '') return fault;"],
  },
  {
    source,
    says: 'What is got goes through no link, whatever names the file system takes for one.',
    test: ['packages/manager/test/staged-files', 'no file is made'],
    mutation: [
      'packages/manager/src/io/files/staged-files.ts',
      "(await kindOf(place)) !== 'directory'",
      "(await kindOf(place)) === 'nothing'",
    ],
  },
  {
    source,
    says: 'Where the worker is an ordinary user, a task cannot trace the init of its namespace.',
    test: [
      'apps/worker/test/io/prisoners',
      'lets none of them trace the init of its namespace, with which it would outlive the worker',
    ],
    mutation: [`${CORE}/bubblewrap-arguments.ts`, ": ['CAP_SETPCAP']).flatMap", ': []).flatMap'],
  },
  {
    source,
    says: 'A workspace whose task locked its directories is removed all the same.',
    test: [REMOVALS, 'a workspace of directories that their owner may not enter is removed'],
    mutation: ['apps/worker/src/io/tree-removal.ts', "['-R', 'u+rwX', path]", "['-R', 'u-w', path]"],
  },
  {
    source,
    says: 'A worker starts also where something of a removed workspace cannot be removed.',
    test: [REMOVALS, 'a worker starts, whatever lies where workspaces are removed'],
    mutation: [
      'apps/worker/src/io/state-directory.ts',
      "'leaving', left)).catch(() => {})",
      "'leaving', left))",
    ],
  },
];
