/** The options that say what a worker does by itself about a command that cannot go on. */
import type { TaskRequest } from '@sandcrew/manager';
import type { Command } from 'commander';
import { decodeChoice, decodeDuration, type Faults, present } from '../arguments.js';

export interface BlockOptions {
  readonly onBlock?: string;
  readonly suspectedAfter?: string;
  readonly expectQuiet?: string;
}

const ACTIONS = ['report', 'end-input', 'terminate'] as const;
type BlockPolicy = NonNullable<TaskRequest['blockPolicy']>;

export function addBlockFlags(command: Command): Command {
  return command
    .option(
      '--on-block <action>',
      'when it surely cannot go on: report; end-input, where it waits for input; terminate (default: report)',
    )
    .option(
      '--suspected-after <duration>',
      'do so too where it only looks blocked, as an endless loop does, for so long',
    )
    .option('--expect-quiet <duration>', 'a silence of so long is well (default: 3m)');
}

export function decodeBlockOptions(
  { onBlock, suspectedAfter, expectQuiet }: BlockOptions,
  faults: Faults,
): Pick<TaskRequest, 'blockPolicy' | 'expectQuietMs'> {
  const action = faults.take(onBlock, (text) => decodeChoice('--on-block', text, ACTIONS));
  const suspectedAfterMs = faults.take(suspectedAfter, (text) => decodeDuration('--suspected-after', text));
  const expectQuietMs = faults.take(expectQuiet, (text) => decodeDuration('--expect-quiet', text));
  if (suspectedAfter !== undefined && (onBlock === undefined || onBlock === 'report')) {
    faults.add('--suspected-after: expected beside --on-block end-input or --on-block terminate.');
  }
  return present({ blockPolicy: chooseBlockPolicy(action, suspectedAfterMs), expectQuietMs });
}

/** What a command that has exited leaves behind is ended in any case, and the exit code stays its own. */
function chooseBlockPolicy(
  choice: (typeof ACTIONS)[number] | undefined,
  suspectedAfterMs: number | undefined,
): BlockPolicy | undefined {
  if (choice === undefined) return undefined;
  const action = choice === 'end-input' ? 'end_input' : choice;
  return {
    default: suspectedAfterMs === undefined ? action : { action, suspectedAfterMs },
    orphaned_output: 'report',
  };
}
