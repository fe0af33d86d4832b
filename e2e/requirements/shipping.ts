/** What a user meets first: the words of the pages, and those of the programs. */
import type { Requirement } from './requirement.js';

const WORDS = 'e2e/tests/docs-words';
const CLI_WORDS = 'apps/cli/test/command-line';
const START = 'apps/worker/test/io/start';

export const SHIPPING_REQUIREMENTS: readonly Requirement[] = [
  {
    source: 'Shipping: words of the pages',
    says: 'A command of ours that a page names is one.',
    test: [WORDS, 'each command line of ours on a page has subcommands and options that the program has'],
    mutation: ['docs/troubleshooting.md', 'sandcrew workspace ls', 'sandcrew workspace list'],
  },
  {
    source: 'Shipping: words of the pages',
    says: 'An option in a command line of ours is one of that very command.',
    test: [WORDS, 'each command line of ours on a page has subcommands and options that the program has'],
    mutation: ['apps/cli/README.md', 'sandcrew logs --follow', 'sandcrew logs --detach'],
  },
  {
    source: 'Shipping: words of the pages',
    says: 'An option that a page names by itself is one of ours, or of a program that is known.',
    test: [WORDS, 'each option on a page is one of ours, or of another program that is known'],
    mutation: ['docs/faq.md', '`--orphan-timeout-ms`', '`--orphan-timeout`'],
  },
  {
    source: 'Shipping: words of the pages',
    says: 'A script that a page runs is one of the checkout.',
    test: [WORDS, 'each script that a page runs by npm is one of package.json'],
    mutation: ['docs/binary.md', '`npm run test:bare-root`', '`npm run test:bare`'],
  },
  {
    source: 'Shipping: words of the programs',
    says: 'An unknown command is told with where the commands are listed.',
    test: [CLI_WORDS, 'no command, and an unknown one'],
    mutation: [
      'apps/cli/src/command-line.ts',
      "(code === 'commander.unknownCommand' && !isGuessed)",
      "(code === '' && !isGuessed)",
    ],
  },
  {
    source: 'Shipping: words of the programs',
    says: 'What is typed for a worker that stays never leads to a run on this machine.',
    test: [
      CLI_WORDS,
      'what is for a worker that stays, where none is named, so that the command would run here',
    ],
    mutation: [
      'apps/cli/src/connection.ts',
      '.filter(([, value]) => value !== undefined)',
      '.filter(() => false)',
    ],
  },
  {
    source: 'Shipping: words of the programs',
    says: 'A state file of an MCP server without a worker that stays is refused by name.',
    test: ['apps/mcp/test/options', 'that make no sense are refused by name: ["--state-file","s"]'],
    mutation: [
      'apps/mcp/src/options.ts',
      'if (worker === undefined && stateFile !== undefined)',
      'if (worker === null && stateFile !== undefined)',
    ],
  },
  {
    source: 'Shipping: words of the programs',
    says: 'Each command of the worker has --help.',
    test: [START, '["token","new","--help"] tells how it is called, and does nothing'],
    mutation: [
      'apps/worker/src/main.ts',
      "argv.includes('--help') || argv.includes('-h');",
      'argv.length > 9;',
    ],
  },
  {
    source: 'Shipping: words of the programs',
    says: 'A worker that waits for what never comes does not end as if it were done.',
    test: [
      START,
      'one that waits for what can never come any more ends by a fault of its own, and not as if it were done',
    ],
    mutation: [
      'apps/worker/src/main.ts',
      'process.exitCode = OWN_FAULT;',
      'process.exitCode = OWN_FAULT - 1;',
    ],
  },
  {
    source: 'Rules: Input',
    says: 'A command in a PID namespace that has closed its stdin is told while it runs.',
    test: ['apps/worker/test/io/input', 'a command that closed its stdin says so, and goes on'],
    mutation: [
      'apps/worker/src/io/containment/pid-namespace.ts',
      'groups=$4; shift 4\n',
      'groups=$4; shift 4; exec 9<>"$stdin"\n',
    ],
  },
];
