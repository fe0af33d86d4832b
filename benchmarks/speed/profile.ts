/**
 * `npm run bench:profile`: where the time goes, by V8's own CPU profiles of a worker and of a manager under each load.
 * The profiles stay in a directory that it names, for the developer tools of a browser.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { OpenPeer, Peer } from './peer.js';
import { sandcrewLibrary } from './peers/sandcrew-library.js';
import { sandcrewWire } from './peers/sandcrew-wire.js';

interface Load {
  readonly name: string;
  readonly run: (peer: OpenPeer) => Promise<unknown>;
}

const LOADS: readonly Load[] = [
  { name: 'bulk', run: (peer) => peer.run(['head', '-c', String(512 * 1_048_576), '/dev/zero']) },
  {
    // A line end among each 256 bytes, as in text.
    name: 'bytes',
    run: (peer) =>
      peer.run(['perl', '-e', 'my $c = pack("N*", 1 .. 16384); syswrite STDOUT, $c for 1 .. 8192']),
  },
  { name: 'lines', run: (peer) => peer.run(['perl', '-e', '$| = 1; print "line $_\\n" for 1..500_000']) },
  { name: 'tasks', run: (peer) => manyTasks(peer, 1_000, 16) },
];
/** Of the functions with the most time of their own. */
const SHOWN = 15;

const HELP = `Usage: npm run bench:profile -- [--out DIR] [--containment LEVEL] [LOAD...]

LOAD is one of ${LOADS.map(({ name }) => name).join(', ')}; all of them by default. LEVEL is process-group by default.
DIR takes the profiles; ./profiles by default.
`;

interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const { values, positionals } = parseArgs({
  args: process.argv.slice(2).filter((word) => word !== '--'),
  allowPositionals: true,
  options: {
    out: { type: 'string', default: 'profiles' },
    containment: { type: 'string', default: 'process-group' },
    help: { type: 'boolean', default: false },
  },
});
const unknown = positionals.filter((name) => !LOADS.some((load) => load.name === name));
if (values.help) process.stdout.write(HELP);
else if (unknown.length > 0) {
  process.stderr.write(`bench:profile: expected loads that --help lists, got ${unknown.join(', ')}\n`);
  process.exitCode = 2;
} else {
  const level = values.containment as Parameters<typeof sandcrewWire>[0];
  for (const load of LOADS) {
    if (positionals.length > 0 && !positionals.includes(load.name)) continue;
    const directory = resolve(values.out, load.name);
    mkdirSync(directory, { recursive: true });
    show(`worker, ${load.name}`, await profileWorker(load, profiled(level, directory), directory));
    show(`manager, ${load.name}`, await profileManager(load, sandcrewLibrary(level), directory));
    process.stdout.write(`profiles: ${directory}\n\n`);
  }
}

function profiled(level: Parameters<typeof sandcrewWire>[0], directory: string): Peer {
  return sandcrewWire(level, 'binary', ['--cpu-prof', `--cpu-prof-dir=${directory}`]);
}

/** A worker that was told to writes its profile when it ends. */
async function profileWorker(load: Load, peer: Peer, directory: string): Promise<Profile> {
  const open = await peer.open(16);
  try {
    await load.run(open);
  } finally {
    await open.close();
  }
  const newest = readdirSync(directory)
    .filter((name) => name.startsWith('CPU.'))
    .sort()
    .at(-1);
  return JSON.parse(readFileSync(resolve(directory, newest ?? ''), 'utf8')) as Profile;
}

async function profileManager(load: Load, peer: Peer, directory: string): Promise<Profile> {
  const open = await peer.open(16);
  const session = new Session();
  session.connect();
  try {
    await session.post('Profiler.enable');
    await session.post('Profiler.start');
    await load.run(open);
    const { profile } = await session.post('Profiler.stop');
    writeFileSync(resolve(directory, 'manager.cpuprofile'), JSON.stringify(profile));
    return profile as unknown as Profile;
  } finally {
    session.disconnect();
    await open.close();
  }
}

function show(title: string, { nodes, samples, timeDeltas }: Profile): void {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const ownMicros = new Map<string, number>();
  let totalMicros = 0;
  for (const [index, id] of samples.entries()) {
    const micros = timeDeltas[index] ?? 0;
    const name = names.get(id) ?? '';
    totalMicros += micros;
    ownMicros.set(name, (ownMicros.get(name) ?? 0) + micros);
  }
  process.stdout.write(`${title}: ${(totalMicros / 1_000).toFixed(0)} ms\n`);
  const most = [...ownMicros].sort(([, one], [, other]) => other - one).slice(0, SHOWN);
  for (const [name, micros] of most) {
    const share = ((100 * micros) / totalMicros).toFixed(1).padStart(5);
    process.stdout.write(`${(micros / 1_000).toFixed(0).padStart(7)} ms ${share} %  ${name}\n`);
  }
}

function nameOf({ functionName, url, lineNumber }: Profile['nodes'][number]['callFrame']): string {
  const file = url.split('/').at(-1) ?? '';
  return `${functionName === '' ? '(anonymous)' : functionName}${file === '' ? '' : ` ${file}:${lineNumber + 1}`}`;
}

async function manyTasks(peer: OpenPeer, count: number, atOnce: number): Promise<void> {
  let left = count;
  const lane = async () => {
    while (left-- > 0) await peer.run(['/bin/true']);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}
