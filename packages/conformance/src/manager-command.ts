/** `sandcrew-conformance manager -- COMMAND`: holds a manager against the contract. */
import { type Command, Option } from 'commander';
import { carryOut, type RunFlags } from './checked-run.js';
import { EXIT, Failure } from './exit-status.js';
import { isStartable } from './io/program-path.js';
import { MANAGER_CHECKS } from './manager/manager-checks.js';
import { ManagerBench } from './manager-bench.js';
import { wholeNumber } from './whole-number.js';

const CHECK_TIMEOUT_MS = 60_000;
const AT_ONCE = 4;

interface ManagerFlags extends RunFlags {
  readonly patienceMs: number;
  readonly atOnce: number;
}

export function addManagerCommand(program: Command, onStatus: (status: number) => void): void {
  program
    .command('manager')
    .description('hold a manager against the contract')
    .argument('[command...]', 'behind --: a program that runs one command on a worker')
    .option('--only <id...>', 'run these checks or areas alone')
    .option('--slow', 'run those too that take 20 s and more', false)
    .option('--json', 'write one JSON object instead of lines', false)
    .option('--list', 'tell the checks, and run none', false)
    .addOption(
      new Option('--patience-ms <n>', 'how long an answer is waited for')
        .default(10_000)
        .argParser(wholeNumber),
    )
    .addOption(
      new Option('--at-once <n>', 'how many checks run at once').default(AT_ONCE).argParser(wholeNumber),
    )
    .addHelpText(
      'after',
      `
For each check a worker is played on a port of this machine, and the program is started anew. It has to run {command} on the
worker at {url} with the token in {token-file}: write what comes on stdout and stderr to its own, exit with the exit code of
the command, and with another code than 0 where it did not come to its own end. The three stand also in the environment, as
CONFORMANCE_COMMAND, CONFORMANCE_URL and CONFORMANCE_TOKEN_FILE. For example:
  sandcrew-conformance manager -- sandcrew run --worker {url} --token-file {token-file} -- {command}

Exit status: 0 it keeps the contract, 1 a check failed, 2 wrong usage, 3 it cannot be started, 130 interrupted.`,
    )
    .action(async (words: readonly string[], { only = [], ...flags }: ManagerFlags) => {
      if (words.length === 0 && !flags.list)
        throw new Failure('expected a program behind --, got none', { status: EXIT.usage });
      const target = { words, patienceMs: flags.patienceMs };
      onStatus(
        await carryOut(
          {
            name: `the manager ${words.join(' ')}`,
            checks: MANAGER_CHECKS,
            prepare: () => {
              refuseWhatCannotStart(words[0] ?? '');
              return Promise.resolve(flags.atOnce);
            },
            open: () => new ManagerBench(target),
            timeoutMs: Math.max(CHECK_TIMEOUT_MS, 5 * flags.patienceMs),
          },
          { ...flags, only },
        ),
      );
    });
}

/** One sentence, where each check would fail of the same. @throws {Failure} */
function refuseWhatCannotStart(program: string): void {
  if (isStartable(program)) return;
  throw new Failure(`cannot start ${program}: expected a program that is there and may be executed`, {
    status: EXIT.unreachable,
  });
}
