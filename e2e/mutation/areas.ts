/** What is mutated, area by area, and by which tests it is held: those that are quick: they touch nothing, or a socket at most. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

export interface Area {
  readonly name: string;
  /** Compiled sources that are mutated, absolute. */
  readonly sources: readonly string[];
  /** Folders whose modules are loaded anew for each mutant, absolute. */
  readonly fresh: readonly string[];
  /** Compiled tests, absolute. */
  readonly tests: readonly string[];
  /** Whether the simulator drives it too. */
  readonly isSimulated: boolean;
}

const CORES = {
  worker: ['apps/worker', 'build'],
  manager: ['packages/manager', 'dist'],
  executor: ['packages/executor', 'dist'],
  'agent-tools': ['packages/agent-tools', 'dist'],
  mcp: ['apps/mcp', 'build'],
} as const;

/** On the wire of a worker that a test plays, or by the tar of this machine: quick as well. */
const MANAGER_TESTS = [
  'bad-input',
  'hostile-worker',
  'lifetimes',
  'one-task',
  'output-flow',
  'recovery',
  'refused-connections',
  'tar-commands',
  'task-input',
  'unseen-start',
];

/** The protocol has no core: it is one, but for its schemas. */
const PROTOCOL = ['binary-frame', 'codec', 'declared-fields', 'fault', 'json-depth', 'refusal', 'version'];
const PROTOCOL_TESTS = ['binary-frame', 'codec', 'fixtures', 'fuzz', 'pins', 'schema'];

export function findAreas(): Area[] {
  const protocol = join(ROOT, 'packages/protocol');
  return [
    ...Object.entries(CORES).map(([name, [folder, built]]) => ({
      name,
      sources: filesUnder(join(ROOT, folder, built, 'core'), '.js'),
      fresh: [join(ROOT, folder, built), join(ROOT, folder, 'dist-test')],
      tests: [
        ...filesUnder(join(ROOT, folder, 'dist-test/core'), '.test.js'),
        ...(name === 'manager' ? MANAGER_TESTS : []).map((test) =>
          join(ROOT, folder, 'dist-test', `${test}.test.js`),
        ),
      ],
      isSimulated: name === 'worker' || name === 'manager',
    })),
    {
      name: 'protocol',
      sources: PROTOCOL.map((name) => join(protocol, 'dist', `${name}.js`)),
      fresh: [join(protocol, 'dist'), join(protocol, 'dist-test')],
      tests: PROTOCOL_TESTS.map((name) => join(protocol, 'dist-test', `${name}.test.js`)),
      isSimulated: false,
    },
  ];
}

function filesUnder(folder: string, ending: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => join(folder, name));
}
