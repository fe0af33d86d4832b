/** `sandcrew workspace ls|rm`: the directories of a worker that outlive tasks. */
import type { Command } from 'commander';
import { writeAnswer } from '../answer.js';
import type { Perform } from '../command-line.js';
import { EXIT } from '../exit-status.js';
import { LEAVING, LOOKING, withManager } from '../manager-lease.js';
import { addConnectionFlags } from './connection-flags.js';
import { decodeWorkerQuestion, type WorkerQuestion } from './worker-question.js';

export function addWorkspace(program: Command, perform: Perform): void {
  const workspace = program.command('workspace').description('list or remove the workspaces of a worker');
  const list = addConnectionFlags(workspace.command('ls').description('list them, one a line'));
  perform(list.option('--json', 'write one a line, as JSON'), {
    decode: decodeWorkerQuestion,
    execute: listWorkspaces,
  });
  const remove = addConnectionFlags(
    workspace.command('rm').description('remove one, with all that is in it'),
  );
  perform(remove.argument('<name>', 'its name'), { decode: decodeWorkerQuestion, execute: removeWorkspace });
}

function listWorkspaces({ manager: options, format }: WorkerQuestion): Promise<number> {
  return withManager(options, LOOKING, async (manager) => {
    const names = await manager.listWorkspaces();
    const lines = format === 'json' ? names.map((workspace) => JSON.stringify({ workspace })) : names;
    await writeAnswer(lines.map((line) => `${line}\n`).join(''));
    return EXIT.ok;
  });
}

function removeWorkspace({ manager: options, words }: WorkerQuestion): Promise<number> {
  return withManager(options, LEAVING, async (manager) => {
    await manager.removeWorkspace(words[0] ?? '');
    return EXIT.ok;
  });
}
