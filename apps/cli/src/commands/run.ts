/** `sandcrew run -- COMMAND`: runs a command and ends as it ended, or leaves it running at a worker that stays. */
import type { ManagerOptions, SandboxManager, TaskRequest } from '@sandcrew/manager';
import type { Command } from 'commander';
import { writeAnswer } from '../answer.js';
import {
  type Decoded,
  decodeChoice,
  decodeCommand,
  decodeDuration,
  decodeName,
  decodeVariables,
  decodeWholeNumber,
  Faults,
  present,
  WORKSPACE_NAME,
} from '../arguments.js';
import type { Perform } from '../command-line.js';
import {
  type ConnectionOptions,
  decodeConnection,
  decodeStayingWorker,
  LOST_AFTER_MS,
} from '../connection.js';
import { EXIT } from '../exit-status.js';
import { type Following, followTask } from '../follow-task.js';
import { LEAVING, OWNING, withManager } from '../manager-lease.js';
import { isInPath } from '../program-path.js';
import { isTyping } from '../render/block-sentences.js';
import { containmentSentence, type WorkerPlace } from '../render/containment-sentences.js';
import { createRenderer } from '../render/create-renderer.js';
import { findAnswerer, isStdinReadable, terminalSize } from '../task-input.js';
import { addBlockFlags, type BlockOptions, decodeBlockOptions } from './block-flags.js';
import { addConnectionFlags, addPatienceFlag } from './connection-flags.js';

export interface RunOptions extends ConnectionOptions, BlockOptions {
  readonly workspace?: string;
  readonly cwd?: string;
  readonly env?: readonly string[];
  readonly timeout?: string;
  readonly kind?: string;
  readonly priority?: string;
  readonly stdin?: true;
  readonly pty?: true;
  readonly json?: true;
  readonly detach?: true;
  readonly verbose?: true;
}

export interface RunRequest {
  readonly manager: ManagerOptions;
  readonly task: TaskRequest;
  readonly input: Following['input'];
  readonly format: 'text' | 'json';
  readonly detach: boolean;
  readonly isVerbose: boolean;
}

const KINDS = ['batch', 'service', 'interactive'] as const;

const HELP = `
One word after \`--\` is a line for the shell of the worker; several are a program and its arguments, without a shell:
  sandcrew run -- 'npm ci && npm test'
  sandcrew run -- git log -n 1

Without --worker the command runs on a worker of its own, in the current directory.

Exit status: that of the command; 128+n where signal n ended it, 130 on Ctrl-C; 124 timed out, 122 blocked and ended,
125 Sandcrew itself failed, 126 not executable, 127 not found, 2 wrong use.

On a terminal, stderr says which containment holds the command, what that lacks and how to get more; --verbose says it in a
pipe too, and where you type the command's input. --json has it in \`started\`: containment, containmentLacks.

A command that surely cannot go on is told on stderr at once, with why and what to do; one that only looks so, on a terminal.

--json writes one event a line: started, output (offset and bytes count raw bytes; in text, invalid UTF-8 is U+FFFD), gap,
block, block_cleared, notice, and one end, with the exit status as "status".`;

export function addRun(program: Command, perform: Perform): void {
  const command = program.command('run').description('run a command, show its output, exit as it exits');
  addPatienceFlag(addConnectionFlags(command))
    .argument('[command...]', 'the command, after `--`')
    .option('--workspace <name>', 'a directory that outlives tasks; that of a worker of its own goes with it')
    .option('--cwd <directory>', 'relative to the workspace, and inside it')
    .option('--env <name=value>', 'a variable for the command; may be given again', collect)
    .option(
      '--timeout <duration>',
      'ends the command after so long, such as 90s, 10m; 0 = never (default: 5m; never with --detach or --kind service)',
    )
    .option(
      '--kind <kind>',
      'batch: it ends by itself; service: it serves and idles meanwhile; interactive: it waits for input as a matter of course (default: batch; interactive where you type its input)',
    )
    .option('--priority <number>', 'higher goes first (default: 0)')
    .option('--stdin', 'the command reads our stdin; without it, it reads end of file at once')
    .option('--pty', 'run it on a terminal')
    .option('--json', 'write one event a line')
    .option('--detach', 'print the task id and leave it running; only at a --worker')
    .option('--verbose', 'say on stderr what holds the command, also where that is no terminal')
    .addHelpText('after', HELP);
  addBlockFlags(command);
  perform(command, { decode: decodeRun, execute: run });
}

export function decodeRun(
  words: readonly string[],
  options: RunOptions,
  environment: NodeJS.ProcessEnv,
): Decoded<RunRequest> {
  const faults = new Faults();
  const detach = options.detach ?? false;
  if (detach && options.json) faults.add('--detach: expected without --json; it prints the task id alone.');
  if (detach && (options.stdin || options.pty)) {
    faults.add('--detach: expected without --stdin and --pty, which need somebody who stays.');
  }
  if (options.stdin && !isStdinReadable()) {
    faults.add('--stdin: expected something that can be read on stdin, got a directory.');
  }
  const kind = faults.take(options.kind, (text) => decodeChoice('--kind', text, KINDS));
  const isEndless = detach || kind === 'service';
  const timeoutMs =
    faults.take(options.timeout, (text) => decodeDuration('--timeout', text)) ?? (isEndless ? 0 : undefined);
  const priority = faults.take(options.priority, (text) =>
    decodeWholeNumber('--priority', text, Number.MIN_SAFE_INTEGER),
  );
  const env = options.env === undefined ? undefined : faults.takeDecoded(decodeVariables(options.env));
  const command = faults.takeDecoded(decodeCommand(words)) ?? '';
  const decodeManager = detach ? decodeStayingWorker : decodeConnection;
  const manager = decodeManager(options, environment, faults);
  const workspace = faults.take(options.workspace, (text) => decodeName('--workspace', text, WORKSPACE_NAME));
  const { cwd } = options;
  const blocks = decodeBlockOptions(options, faults);
  const stdin = options.stdin ? ('pipe' as const) : undefined;
  const pty = options.pty ? terminalSize() : undefined;
  const task = {
    command,
    ...present({ workspace, cwd, env, timeoutMs, kind, priority, stdin, pty }),
    ...blocks,
  };
  return faults.conclude({
    manager,
    task,
    input: chooseInput(options),
    format: options.json ? 'json' : 'text',
    detach,
    isVerbose: options.verbose ?? false,
  });
}

function run({ manager: options, task, input, format, detach, isVerbose }: RunRequest): Promise<number> {
  const containedAt = placeOf(options);
  if (detach) {
    const toldAt = isVerbose || process.stderr.isTTY ? containedAt : null;
    return withManager(options, LEAVING, (manager) => leaveRunning(manager, task, toldAt));
  }
  const answerer = () => findAnswerer(input);
  const renderer = createRenderer(format, answerer, { containedAt, isVerbose });
  const request: TaskRequest = isTyping(answerer()) ? { kind: 'interactive', ...task } : task;
  const { lostAfterMs = LOST_AFTER_MS } = options;
  return withManager(options, OWNING, async (manager) =>
    followTask(manager, manager.run(request), renderer, { input, isOurs: true, lostAfterMs }),
  );
}

async function leaveRunning(
  manager: SandboxManager,
  task: TaskRequest,
  toldAt: WorkerPlace | null,
): Promise<number> {
  const handle = manager.run(task);
  const ended = handle.then(
    () => {},
    () => {}, // that it was let go of, or a short one that has ended before
  );
  const { containment } = await handle.started;
  if (toldAt !== null) process.stderr.write(`sandcrew: ${containmentSentence(containment, toldAt)}\n`);
  await Promise.race([handle.detach(), ended]);
  try {
    await writeAnswer(`${handle.taskId}\n`);
  } catch (error) {
    process.stderr.write(`sandcrew: Task ${handle.taskId} is left running.\n`); // its id is not lost with stdout
    throw error;
  }
  return EXIT.ok;
}

function placeOf({ workers }: ManagerOptions): WorkerPlace {
  if (workers !== undefined) return 'named';
  if (process.platform !== 'linux') return 'own-elsewhere';
  return isInPath('bwrap', process.env['PATH'] ?? '') ? 'own-beside-bubblewrap' : 'own-on-linux';
}

/** A terminal is joined where there is one on both sides. */
function chooseInput({ stdin, pty }: RunOptions): Following['input'] {
  if (pty && process.stdin.isTTY) return 'terminal';
  return stdin ? 'stdin' : 'none';
}

function collect(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value];
}
