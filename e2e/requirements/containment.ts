/** What contains a task: what it sees, whom it runs as, what it may call, and that nothing of it stays. */
import type { Requirement } from './requirement.js';

const CORE = 'apps/worker/src/core/containment';
const IO = 'apps/worker/src/io/containment';
const TRIED = 'apps/worker/test/io/containment';
const PRISONERS = 'apps/worker/test/io/prisoners';
const DECIDED = 'apps/worker/test/core/containment';
const source = 'Containment';

export const CONTAINMENT_REQUIREMENTS: readonly Requirement[] = [
  {
    source: 'Issue 4: limits',
    says: 'Under bubblewrap too a command moves itself into its control groups, which waits for no fork bomb.',
    test: [
      'apps/worker/test/io/group-entry',
      'it moves itself into 3, which waits for no lock that a fork bomb keeps busy',
    ],
    mutation: ['apps/worker/src/io/containment/bubblewrap.ts', 'echo 0 >&"$fd"', 'echo $$ >&"$fd"'],
  },
  {
    source: 'Issue 4: limits',
    says: 'A command that cannot enter its control groups does not begin.',
    test: ['apps/worker/test/io/group-entry', 'a command that cannot enter one of them does not begin'],
    mutation: ['apps/worker/src/io/containment/bubblewrap.ts', '|| exit 126; done', '; done'],
  },
  {
    source: 'Issue 4: limits',
    says: 'A limit that is held is named in `welcome`.',
    test: ['apps/worker/test/io/limits', 'the limits that are held are named in `welcome`'],
    mutation: ['apps/worker/src/core/session.ts', '[...policy.enforcedLimits]', '[]'],
  },
  {
    source: 'Issue 4: usage',
    says: 'Usage comes from the control group: nothing is too short for it.',
    test: [
      'apps/worker/test/io/limits',
      'usage is the count of the kernel: also of a child that nobody waits for, and of memory between two looks',
    ],
    mutation: ['apps/worker/src/io/process-manager.ts', '...task.group?.usage(),', ''],
  },
  {
    source: 'Security: the environment',
    says: 'A variable whose name the init of a namespace has for itself comes as it was sent.',
    test: [
      'apps/worker/test/io/surroundings',
      'exactly the variables of the worker and those that the caller sends',
    ],
    mutation: [
      'apps/worker/src/io/containment/pid-namespace.ts',
      "['stdin', 'stdout', 'stderr', 'groups', 'file', 'status']",
      "['other']",
    ],
  },
  {
    source: 'Invariant 7: no leftover cgroup',
    says: 'Sandboxes that wait leave no group when a worker stops.',
    test: ['apps/worker/test/io/limits', 'a worker that has stopped leaves no groups'],
    mutation: [
      'apps/worker/src/io/ready-sandboxes.ts',
      'void group?.remove();\n  return null;',
      'void group;\n  return null;',
    ],
  },
  {
    source,
    says: 'Homes and /run are hidden from a task, and /tmp is its own.',
    test: [TRIED, 'homes and /run are empty, and so are /tmp and its like at the start of each task'],
    mutation: [
      `${IO}/host-files.ts`,
      "['/root', '/home', '/run', '/var/run', '/sys']",
      "['/root', '/home', '/sys']",
    ],
  },
  {
    source,
    says: 'The innermost of what covers and shows decides what a task sees.',
    test: [DECIDED, 'the innermost entry decides whether /home/u/tool/bin/node is the host’s own: true'],
    mutation: [
      `${CORE}/view.ts`,
      'view.findLast((entry) => isInside(path, entry.path))',
      'view.find((entry) => isInside(path, entry.path))',
    ],
  },
  {
    source,
    says: 'What is hidden cannot be written.',
    test: [DECIDED, 'what is hidden cannot be written, once what lies in it is mounted'],
    mutation: [`${CORE}/bubblewrap-arguments.ts`, "['--remount-ro', path]", "['--dir', path]"],
  },
  {
    source,
    says: 'What --bind-ro shows cannot be written.',
    test: [TRIED, 'a bound path is shown read-only or writable, as the operator said'],
    mutation: [
      `${CORE}/bubblewrap-arguments.ts`,
      "return ['--ro-bind', path, path]",
      "return ['--bind', path, path]",
    ],
  },
  {
    source,
    says: 'A task of a worker that is root is an ordinary user of the host.',
    test: [TRIED, 'a task of a worker that is root is an ordinary user, and reads no file of root alone'],
    mutation: [
      `${CORE}/bubblewrap-arguments.ts`,
      "'--reuid', String(user.uid)",
      "'--reuid', String(0 * user.uid)",
    ],
  },
  {
    source,
    says: 'Files of root are usable in its workspace, by a task that is not root.',
    test: [TRIED, 'root: its files are usable and stay root’s, and the host sees no mount'],
    mutation: [`${IO}/bubblewrap.ts`, 'return uid === 0 ? TASK_USER', 'return uid < 0 ? TASK_USER'],
  },
  {
    source,
    says: 'The filter of system calls is in force.',
    test: [PRISONERS, 'makes no call that is denied'],
    mutation: [
      `${CORE}/filter-program.ts`,
      'code: JUMP_EQUAL, skipElse: body.length, value: number',
      'code: JUMP_EQUAL, skipElse: body.length, value: number + 1_000',
    ],
  },
  {
    source,
    says: 'No task makes a set-id file.',
    test: [TRIED, 'a set-id file cannot be made, by whatever call'],
    mutation: [`${CORE}/denied-calls.ts`, 'const SET_ID_BITS = 0o6000;', 'const SET_ID_BITS = 0o1000;'],
  },
  {
    source,
    says: 'No task types on a terminal.',
    test: [TRIED, 'it types on no terminal, its own included'],
    mutation: [
      `${CORE}/denied-calls.ts`,
      'isOneOf: [TIOCSTI, TIOCLINUX,',
      'isOneOf: [TIOCSTI + 1, TIOCLINUX,',
    ],
  },
  {
    source,
    says: 'A second set of numbers is no way around the filter.',
    test: [DECIDED, 'ends what calls in another architecture’s numbers'],
    mutation: [
      `${CORE}/filter-program.ts`,
      'const X32_NUMBERS = 0x4000_0000;',
      'const X32_NUMBERS = 0x8000_0000;',
    ],
  },
  {
    source,
    says: 'With `network: none` there is nothing but a loopback of its own.',
    test: [TRIED, 'with `network: none` nothing outside is reached, the cloud’s metadata address neither'],
    mutation: [`${CORE}/bubblewrap-arguments.ts`, "['--unshare-net']", '[]'],
  },
  {
    source,
    says: 'A task’s environment holds nothing that a shell on the way has added.',
    test: [
      TRIED,
      'the environment is made of nothing, and holds what the caller sends, whatever it is called',
    ],
    mutation: [`${CORE}/command-script.ts`, "'unset PWD OLDPWD'", "'unset OLDPWD'"],
  },
  {
    source,
    says: 'A worker’s kill -9 ends its tasks.',
    test: [
      'apps/worker/test/io/escapees',
      'a process in the background does not outlive a worker that is killed',
    ],
    mutation: [`${CORE}/bubblewrap-arguments.ts`, "'--die-with-parent', ", ''],
  },
  {
    source,
    says: 'Without bubblewrap a worker does not start, and says what to install.',
    test: [TRIED, 'is refused without bubblewrap, with the package to install and the flag for less'],
    mutation: [`${IO}/find-bubblewrap.ts`, 'install the package bubblewrap', 'there is nothing to be done'],
  },
  {
    source,
    says: 'A token that tasks could reach is a fault of the configuration.',
    test: [DECIDED, 'the token in the workspace is refused'],
    mutation: [
      `${CORE}/places.ts`,
      '[stateDir, ...secretFiles, ...secretLinks].find',
      '[stateDir, ...secretFiles.slice(9), ...secretLinks].find',
    ],
  },
  {
    source,
    says: 'A program that is hidden is told as such, and how to show it.',
    test: [TRIED, 'a program that the host hides from tasks is not found, and it is said how to show it'],
    mutation: [
      'apps/worker/src/io/command-path.ts',
      'sees(path) && sees(realpathSync(path))',
      "(sees(path) || realpathSync(path) !== '')",
    ],
  },
];
