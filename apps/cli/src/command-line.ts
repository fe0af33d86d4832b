/**
 * From words to one command that is carried out. Every fault of the words is told at once: commander tells the first
 * unknown option (and the near one), so it is asked again without it; what the options say is judged by the commands.
 */
import { createRequire } from 'node:module';
import { Command, CommanderError } from 'commander';
import { writeAnswer } from './answer.js';
import type { Decoded } from './arguments.js';
import { EXIT } from './exit-status.js';
import { UsageError } from './usage-error.js';

/** How a command reads its words and options, and what it then does; it answers with an exit status. */
export interface CommandBody<Options, Request> {
  decode(words: readonly string[], options: Options, environment: NodeJS.ProcessEnv): Decoded<Request>;
  execute(request: Request): Promise<number>;
}

/** Adds a command to the program, and leaves its body at `perform`. */
export type AddCommand = (program: Command, perform: Perform) => void;
export type Perform = <Options, Request>(command: Command, body: CommandBody<Options, Request>) => void;

/** @returns what to exit with. @throws {UsageError} */
export async function runCommandLine(
  argv: readonly string[],
  commands: readonly AddCommand[],
): Promise<number> {
  const faults: string[] = [];
  let words: readonly string[] | null = argv;
  while (words !== null) {
    const outcome: Outcome = await carryOut(words, commands, faults);
    if (outcome.kind === 'done') return outcome.status;
    if (outcome.fault !== null) faults.push(outcome.fault);
    words = outcome.rest;
  }
  throw new UsageError(faults);
}

/** Carried out, or refused for a fault; `rest` are the words without it, to look for more faults in. */
type Outcome =
  | { readonly kind: 'done'; readonly status: number }
  | { readonly kind: 'refused'; readonly fault: string | null; readonly rest: readonly string[] | null };

async function carryOut(
  words: readonly string[],
  commands: readonly AddCommand[],
  faults: readonly string[],
): Promise<Outcome> {
  let status: number = EXIT.ok;
  let help = '';
  const perform: Perform = (command, body) => {
    command.action(async () => {
      const decoded = body.decode(
        command.args,
        command.opts() as Parameters<typeof body.decode>[1],
        process.env,
      );
      if (!decoded.ok) throw new UsageError([...faults, ...decoded.faults]);
      if (faults.length > 0) throw new UsageError(faults);
      status = await body.execute(decoded.value);
    });
  };
  try {
    const program = createProgram(commands, perform, (text) => {
      help += text;
    });
    await program.parseAsync(words, { from: 'user' });
    return { kind: 'done', status };
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) {
      await writeAnswer(help);
      return { kind: 'done', status: EXIT.ok };
    }
    // The value of an unknown option is an argument too many, once the option is gone.
    const isConsequence = error.code === 'commander.excessArguments' && faults.length > 0;
    const fault = isConsequence ? null : sentenceOf(error, words);
    return { kind: 'refused', fault, rest: withoutUnknownOption(error, words) };
  }
}

function createProgram(
  commands: readonly AddCommand[],
  perform: Perform,
  writeOut: (text: string) => void,
): Command {
  const program = new Command('sandcrew')
    .description(
      'Runs commands on sandbox workers: never hangs, never loses output, never lies about how one ended.',
    )
    .version(ownVersion())
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ writeOut, writeErr: () => {} });
  for (const add of commands) add(program, perform);
  return program;
}

function ownVersion(): string {
  const { version } = createRequire(import.meta.url)('../package.json') as { version: string };
  return version;
}

function sentenceOf(error: CommanderError, words: readonly string[]): string {
  const hint = hintOf(error, words);
  if (error.code === 'commander.help') return `expected a command, got none.${hint}`;
  const sentence = error.message
    .replace(/^error: /, '')
    .replace(/\s*\n\s*/g, ' ')
    .replace(/\.$/, '');
  return `${sentence}.${hint}`.replace(/\)\.$/, ')');
}

/** What to do about it, where the sentence itself does not say. */
function hintOf({ code, message }: CommanderError, words: readonly string[]): string {
  const isGuessed = message.endsWith('?)');
  const group = words[0] === 'workspace' ? 'sandcrew workspace' : 'sandcrew';
  if (code === 'commander.help' || (code === 'commander.unknownCommand' && !isGuessed))
    return ` \`${group} --help\` lists them.`;
  if (code === 'commander.missingArgument')
    return ` \`${group} ${words[group === 'sandcrew' ? 0 : 1]} --help\` tells what it takes.`;
  const isUnmarked = code === 'commander.unknownOption' && words[0] === 'run' && !words.includes('--');
  return isUnmarked ? ' Write `--` before the command, so that its options are its own.' : '';
}

function withoutUnknownOption(error: CommanderError, words: readonly string[]): string[] | null {
  const [, flag] = /unknown option '(.*?)'/s.exec(error.message) ?? [];
  const index = flag === undefined ? -1 : words.indexOf(flag);
  return index === -1 ? null : words.toSpliced(index, 1);
}
