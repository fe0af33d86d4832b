/** What a command needs that only asks a worker something: which one, and how the answer is shown. */
import type { ManagerOptions } from '@sandcrew/manager';
import { type Decoded, Faults } from '../arguments.js';
import { type ConnectionOptions, decodeStayingWorker } from '../connection.js';

export interface WorkerQuestion {
  readonly manager: ManagerOptions;
  readonly words: readonly string[];
  readonly format: 'text' | 'json';
}

export function decodeWorkerQuestion(
  words: readonly string[],
  options: ConnectionOptions & { readonly json?: true },
  environment: NodeJS.ProcessEnv,
): Decoded<WorkerQuestion> {
  const faults = new Faults();
  const manager = decodeStayingWorker(options, environment, faults);
  return faults.conclude({ manager, words, format: options.json ? 'json' : 'text' });
}
