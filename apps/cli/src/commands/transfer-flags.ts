/** The options and words that `put` and `get` have in common. */
import type { ManagerOptions, TransferOptions } from '@sandcrew/manager';
import type { Command } from 'commander';
import { decodeDuration, decodeName, type Faults, present, WORKSPACE_NAME } from '../arguments.js';
import { type ConnectionOptions, decodeConnection } from '../connection.js';
import { addConnectionFlags, addPatienceFlag } from './connection-flags.js';

export interface TransferFlags extends ConnectionOptions {
  readonly exclude?: readonly string[];
  readonly idleTimeout?: string;
  readonly json?: true;
}

/** What both commands are asked for. */
export interface Transfer {
  readonly manager: ManagerOptions;
  readonly options: Pick<TransferOptions, 'exclude' | 'idleTimeoutMs'>;
  readonly format: 'text' | 'json';
}

export function addTransferFlags(command: Command): Command {
  return addPatienceFlag(addConnectionFlags(command))
    .option('--exclude <pattern>', 'leave out a name, or a path as it arrives; may be given again', collect)
    .option(
      '--idle-timeout <duration>',
      'give up when not a byte has moved for so long (default: 5m; 0 = never)',
    )
    .option('--json', 'write one event a line');
}

/** Files are worth nothing on a worker that goes with the command, so one that stays has to be named. */
export function decodeTransfer(
  flags: TransferFlags,
  environment: NodeJS.ProcessEnv,
  faults: Faults,
): Transfer {
  const manager = decodeConnection(flags, environment, faults);
  if (manager.workers === undefined) {
    faults.add(
      '--worker: expected the URL of a worker that stays, got none (or SANDCREW_WORKER). `sandcrew worker` starts one.',
    );
  }
  const idleTimeoutMs = faults.take(flags.idleTimeout, (text) => decodeDuration('--idle-timeout', text));
  return {
    manager,
    options: present({ exclude: flags.exclude, idleTimeoutMs }),
    format: flags.json ? 'json' : 'text',
  };
}

/** A place at a worker: `WORKSPACE` or `WORKSPACE:PATH`. */
export interface Place {
  readonly workspace: string;
  /** Empty for the workspace itself. */
  readonly path: string;
}

export function decodePlace(text: string, faults: Faults): Place {
  const colon = text.indexOf(':');
  const name = colon === -1 ? text : text.slice(0, colon);
  const workspace = faults.takeDecoded(decodeName('the workspace', name, WORKSPACE_NAME)) ?? '';
  return { workspace, path: colon === -1 ? '' : text.slice(colon + 1) };
}

function collect(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value];
}
