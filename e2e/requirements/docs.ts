/** What the pages promise of their own commands. */
import type { Requirement } from './requirement.js';

const COMMANDS = 'e2e/tests/docs-commands';

export const DOCS_REQUIREMENTS: readonly Requirement[] = [
  {
    source: 'Documents',
    says: 'A block of commands that nothing runs is named.',
    test: [COMMANDS, 'each block of commands has one row, and each row its block'],
    mutation: ['docs/faq.md', '**Windows?**', '```sh\ntrue\n```\n\n**Windows?**'],
  },
  {
    source: 'Documents',
    says: 'The commands of the README start a worker and use it as they stand there.',
    test: [
      COMMANDS,
      'README.md: node apps/worker/dist/main.js token new worker.token             # a file of mode 0600, 32 random bytes',
    ],
    mutation: ['README.md', 'run --worker ws://', 'run --workers ws://'],
  },
  {
    source: 'Documents',
    says: 'The certificates of docs/security.md are ones that both sides take.',
    test: [
      COMMANDS,
      'docs/security.md: openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 365 -subj /CN=sandcrew-ca -keyout ca.key -out ca.pem',
    ],
    mutation: ['docs/security.md', 'subjectAltName=DNS:worker-1.example', 'subjectAltName=DNS:other.example'],
  },
  {
    source: 'Documents',
    says: 'The program of docs/telemetry.md is the example that is run.',
    test: [COMMANDS, 'is a file that its own test runs'],
    mutation: ['docs/telemetry.md', "startActiveSpan('mend the build'", "startActiveSpan('mend'"],
  },
];

/** What a newcomer meets, and is told in a sentence. */
export const NEWCOMER_REQUIREMENTS: readonly Requirement[] = [
  {
    source: 'Newcomers',
    says: 'A worker whose stdout nobody reads serves on.',
    test: ['apps/worker/test/io/start', 'that nobody reads ends no worker'],
    mutation: [
      'apps/worker/src/main.ts',
      "if (code === 'EPIPE') return;",
      "if (code === 'EPIPE') throw new Error(message);",
    ],
  },
  {
    source: 'Newcomers',
    says: 'An answer that stdout does not take is no success.',
    test: [
      'apps/worker/test/io/start',
      'that takes nothing is told, and an answer that is lost is no success',
    ],
    mutation: ['apps/worker/src/main.ts', "if (code === 'EPIPE') return;", "if (code !== '') return;"],
  },
  {
    source: 'Newcomers',
    says: 'wss:// at a worker without TLS is told as that, at once.',
    test: [
      'packages/manager/test/refused-connections',
      'by wss:// at a worker without TLS is told as that at once',
    ],
    mutation: ['packages/manager/src/io/dial-fault.ts', '/wrong version number/', '/wrong number/'],
  },
];
