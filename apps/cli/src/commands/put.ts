/** `sandcrew put SOURCE... WORKSPACE[:DIR]`: brings files and directories into a workspace. */
import type { FileSource } from '@sandcrew/manager';
import type { Command } from 'commander';
import { type Decoded, Faults } from '../arguments.js';
import type { Perform } from '../command-line.js';
import { isStdinReadable } from '../task-input.js';
import { carryOut } from '../transfer.js';
import {
  addTransferFlags,
  decodePlace,
  decodeTransfer,
  type Place,
  type Transfer,
  type TransferFlags,
} from './transfer-flags.js';

interface PutRequest extends Transfer {
  readonly source: FileSource;
  readonly place: Place;
}

const HELP = `
Each SOURCE arrives in DIR under its own name, and DIR is made where there is none; \`SOURCE/\` is what SOURCE holds. \`-\` alone
is a tar archive on stdin, not compressed. Files go over files of the same name. All of it arrives, or nothing does.
  sandcrew put src package.json app
  sandcrew put --exclude .git --exclude node_modules ./ app
  git archive HEAD | sandcrew put - app:source

Exit status: 0; 1 where something could not come along, which is told; 130 on Ctrl-C; 125 it failed; 2 wrong use.

--json writes one event a line: progress {entries, bytes, archiveBytes, path}, notice {message}, and one end {status, error,
taskId, workerId, entries, bytes, warnings}.`;

export function addPut(program: Command, perform: Perform): void {
  const command = program.command('put').description('bring files into a workspace of a worker that stays');
  addTransferFlags(command)
    .usage('[options] <source...> <workspace[:dir]>')
    .argument('<words...>', 'files and directories, then where they go')
    .addHelpText('after', HELP);
  perform(command, { decode: decodePut, execute: put });
}

function decodePut(
  words: readonly string[],
  flags: TransferFlags,
  environment: NodeJS.ProcessEnv,
): Decoded<PutRequest> {
  const faults = new Faults();
  const sources = words.slice(0, -1);
  if (sources.length === 0)
    faults.add('expected a source and a workspace, got one word: sandcrew put SOURCE... WORKSPACE[:DIR]');
  const place = decodePlace(words.at(-1) ?? '', faults);
  const isArchive = sources.includes('-');
  if (isArchive && sources.length > 1) faults.add('-: expected alone; `./-` is a file of that name.');
  if (isArchive && (process.stdin.isTTY || !isStdinReadable()))
    faults.add('-: expected a tar archive on stdin, got a terminal or a directory.');
  if (isArchive && flags.exclude !== undefined)
    faults.add('--exclude: expected without -; leave it out where the archive is made.');
  const transfer = decodeTransfer(flags, environment, faults);
  return faults.conclude({ ...transfer, source: isArchive ? process.stdin : sources, place });
}

function put({ source, place: { workspace, path }, ...transfer }: PutRequest): Promise<number> {
  return carryOut(transfer, 'put', (manager, options) =>
    manager.putFiles(workspace, source, { ...options, target: path }),
  );
}
