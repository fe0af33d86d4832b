/** `sandcrew ps`: the tasks that a worker keeps for this user. */
import type { WorkerTask } from '@sandcrew/manager';
import type { Command } from 'commander';
import { writeAnswer } from '../answer.js';
import type { Perform } from '../command-line.js';
import { EXIT } from '../exit-status.js';
import { LOOKING, withManager } from '../manager-lease.js';
import { renderTable, sizeWords } from '../render/table.js';
import { addConnectionFlags } from './connection-flags.js';
import { decodeWorkerQuestion, type WorkerQuestion } from './worker-question.js';

export function addPs(program: Command, perform: Perform): void {
  const command = program.command('ps').description('list the tasks that were left at a worker');
  addConnectionFlags(command).option('--json', 'write one task a line, as JSON');
  perform(command, { decode: decodeWorkerQuestion, execute: ps });
}

function ps({ manager: options, format }: WorkerQuestion): Promise<number> {
  return withManager(options, LOOKING, async (manager) => {
    const tasks = await manager.listTasks();
    await writeAnswer(
      format === 'json' ? tasks.map((task) => `${JSON.stringify(task)}\n`).join('') : renderTasks(tasks),
    );
    return EXIT.ok;
  });
}

export function renderTasks(tasks: readonly WorkerTask[]): string {
  const rows = tasks.map(({ taskId, state, ackedOffset, endOffset }) => [
    taskId,
    state,
    sizeWords(endOffset),
    sizeWords(endOffset - ackedOffset),
  ]);
  return renderTable(['TASK', 'STATE', 'OUTPUT', 'UNREAD'], rows);
}
