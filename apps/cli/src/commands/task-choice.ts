/** Which task of which worker is meant: the words that `attach`, `logs` and `stop` share. */
import type { ManagerOptions } from '@sandcrew/manager';
import { type Decoded, decodeName, decodeWholeNumber, Faults, ID } from '../arguments.js';
import { type ConnectionOptions, decodeStayingWorker } from '../connection.js';

export interface TaskChoiceOptions extends ConnectionOptions {
  readonly offset?: string;
  readonly json?: true;
}

export interface TaskChoice {
  readonly manager: ManagerOptions;
  readonly taskId: string;
  /** The first byte of output that is wanted; undefined: the first that nobody has read. */
  readonly offset: number | undefined;
  readonly format: 'text' | 'json';
}

export function decodeTaskChoice(
  words: readonly string[],
  options: TaskChoiceOptions,
  environment: NodeJS.ProcessEnv,
): Decoded<TaskChoice> {
  const faults = new Faults();
  const offset = faults.take(options.offset, (text) => decodeWholeNumber('--offset', text, 0));
  const taskId = decodeTaskId(words, faults);
  const manager = decodeStayingWorker(options, environment, faults);
  return faults.conclude({ manager, taskId, offset, format: options.json ? 'json' : 'text' });
}

/** The first word. */
export function decodeTaskId([text = '']: readonly string[], faults: Faults): string {
  return faults.takeDecoded(decodeName('task', text, ID)) ?? '';
}
