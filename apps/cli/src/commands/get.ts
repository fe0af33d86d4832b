/** `sandcrew get WORKSPACE:PATH... TARGET`: brings files and directories out of a workspace. */
import { statSync } from 'node:fs';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Writable } from 'node:stream';
import { type GetOptions, SandboxError } from '@sandcrew/manager';
import type { Command } from 'commander';
import { type Decoded, decodeWholeNumber, Faults, present } from '../arguments.js';
import type { Perform } from '../command-line.js';
import { OutputSink } from '../output-sink.js';
import { carryOut } from '../transfer.js';
import {
  addTransferFlags,
  decodePlace,
  decodeTransfer,
  type Transfer,
  type TransferFlags,
} from './transfer-flags.js';

interface GetRequest extends Transfer {
  readonly workspace: string;
  readonly paths: readonly string[];
  readonly target: Target;
  readonly bounds: Pick<GetOptions, 'maxBytes' | 'maxEntries'>;
}

/** `as`: the one thing that comes is to be called so. */
type Target =
  | { readonly kind: 'stdout' }
  | { readonly kind: 'into'; readonly directory: string }
  | { readonly kind: 'as'; readonly path: string };

const HELP = `
As \`cp -r\`: each PATH arrives in TARGET under its own name where TARGET is a directory, ends with \`/\`, or gets several; else
the one PATH is called TARGET. \`PATH/\` is what PATH holds, and WORKSPACE alone is what that holds. \`-\` is stdout, as a tar
archive. Files go over files of the same name. All of it arrives, or nothing does; nothing arrives outside of TARGET.
  sandcrew get app:report.html .
  sandcrew get app:dist app:docs result/
  sandcrew get app - | tar t

Exit status: 0; 1 where something could not come along, or changed while it was read, which is told; 130 on Ctrl-C; 125 it
failed, or the worker sent what is refused; 141 nobody reads stdout; 2 wrong use.

--json writes one event a line, as \`put --json\` does.`;

export function addGet(program: Command, perform: Perform): void {
  const command = program.command('get').description('bring files out of a workspace of a worker that stays');
  addTransferFlags(command)
    .option('--max-bytes <bytes>', 'take no more than this (default: 10 GiB)')
    .option('--max-entries <number>', 'take no more files than this (default: 500000)')
    .usage('[options] <workspace:path...> <target>')
    .argument('<words...>', 'what comes, then where it goes')
    .addHelpText('after', HELP);
  perform(command, { decode: decodeGet, execute: get });
}

function decodeGet(
  words: readonly string[],
  flags: TransferFlags & { readonly maxBytes?: string; readonly maxEntries?: string },
  environment: NodeJS.ProcessEnv,
): Decoded<GetRequest> {
  const faults = new Faults();
  if (words.length < 2)
    faults.add('expected what comes and where it goes, got one word: sandcrew get WORKSPACE:PATH... TARGET');
  const places = words.slice(0, -1).map((word) => decodePlace(word, faults));
  const [{ workspace } = { workspace: '' }] = places;
  if (places.some((place) => place.workspace !== workspace))
    faults.add('expected paths of one workspace, got several.');
  const paths = places.map(({ path }) => path);
  const target = chooseTarget(words.at(-1) ?? '', paths);
  if (target.kind === 'stdout' && process.stdout.isTTY)
    faults.add('-: expected something that takes a tar archive on stdout, got a terminal.');
  if (target.kind === 'stdout' && flags.json)
    faults.add('--json: expected without -; both are written to stdout.');
  const maxBytes = faults.take(flags.maxBytes, (text) => decodeWholeNumber('--max-bytes', text, 0));
  const maxEntries = faults.take(flags.maxEntries, (text) => decodeWholeNumber('--max-entries', text, 0));
  const transfer = decodeTransfer(flags, environment, faults);
  return faults.conclude({
    ...transfer,
    workspace,
    paths,
    target,
    bounds: present({ maxBytes, maxEntries }),
  });
}

function chooseTarget(target: string, paths: readonly string[]): Target {
  if (target === '-') return { kind: 'stdout' };
  const [path = ''] = paths;
  const isNamed = paths.length === 1 && basename(path) !== '' && !/(^|\/)\.{0,2}$/.test(path);
  const isDirectory =
    target.endsWith('/') || statSync(target, { throwIfNoEntry: false })?.isDirectory() === true;
  return isNamed && !isDirectory
    ? { kind: 'as', path: resolve(target) }
    : { kind: 'into', directory: target };
}

function get({ workspace, paths, target, bounds, ...transfer }: GetRequest): Promise<number> {
  const sink = new OutputSink(process.stdout);
  return carryOut(
    transfer,
    'got',
    async (manager, options) => {
      const take = (place: string | Writable) =>
        manager.getFiles(workspace, paths, { ...options, ...bounds, target: place });
      if (target.kind === 'stdout') return await take(writableOf(sink));
      if (target.kind === 'into') return await take(target.directory);
      return await takeAs(target.path, basename(paths[0] ?? ''), take);
    },
    () => sink.fault,
  );
}

/** Into a directory beside its place first, under the name that it has there. */
async function takeAs<Report>(
  path: string,
  name: string,
  take: (directory: string) => Promise<Report>,
): Promise<Report> {
  const directory = await mkdtemp(join(dirname(path), '.sandcrew-get-')).catch((error: Error) => {
    throw cannotWrite(path, error);
  });
  try {
    const report = await take(directory);
    await rename(join(directory, name), path).catch((error: Error) => {
      throw cannotWrite(path, error);
    });
    return report;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function cannotWrite(path: string, cause: Error): SandboxError {
  return new SandboxError({
    code: 'FILES_FAILED',
    message: `Expected to write ${path}, got ${cause.message}.`,
    cause,
  });
}

function writableOf(sink: OutputSink): Writable {
  return new Writable({
    write(chunk: Uint8Array, _encoding, done) {
      void sink.write(chunk).then(() => done(sink.fault));
    },
  });
}
