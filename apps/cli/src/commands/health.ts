/** `sandcrew health`: how a worker is. */
import type { SandboxWorker } from '@sandcrew/manager';
import type { Command } from 'commander';
import { writeAnswer } from '../answer.js';
import type { Perform } from '../command-line.js';
import { EXIT } from '../exit-status.js';
import { LOOKING, withManager } from '../manager-lease.js';
import { addConnectionFlags } from './connection-flags.js';
import { decodeWorkerQuestion, type WorkerQuestion } from './worker-question.js';

export function addHealth(program: Command, perform: Perform): void {
  const command = program.command('health').description('tell how a worker is');
  addConnectionFlags(command).option('--json', 'write it as one line of JSON');
  perform(command, { decode: decodeWorkerQuestion, execute: health });
}

function health({ manager: options, format }: WorkerQuestion): Promise<number> {
  return withManager(options, LOOKING, async (manager) => {
    const worker = await manager.workerHealth();
    await writeAnswer(format === 'json' ? `${JSON.stringify(worker)}\n` : renderWorker(worker));
    return EXIT.ok;
  });
}

export function renderWorker(worker: SandboxWorker): string {
  const { load } = worker;
  const labels = Object.entries(worker.labels).map(([name, value]) => `${name}=${value}`);
  const lines: readonly (readonly [string, string])[] = [
    ['worker', `${worker.workerId} at ${worker.url}`],
    ['health', worker.draining ? `${worker.health}, draining: it takes no new tasks` : worker.health],
    ['type', worker.type ?? 'unknown'],
    ['labels', labels.join(' ') || 'none'],
    ['containment', worker.containment ?? 'unknown'],
    [
      'limits',
      worker.enforcedLimits === null ? 'unknown' : worker.enforcedLimits.join(', ') || 'none can be held',
    ],
    ['tasks', `${worker.taskIds.length} of this manager, at most ${worker.maxTasks} in all`],
    [
      'host',
      load === null
        ? 'not told yet'
        : `cpu ${percent(load.cpu)}, memory ${percent(load.memory)}, disk ${percent(load.disk)}`,
    ],
  ];
  return lines.map(([name, value]) => `${name.padEnd(12)}${value}\n`).join('');
}

function percent(value: number | undefined): string {
  return value === undefined ? 'unknown' : `${Math.round(value)} %`;
}
