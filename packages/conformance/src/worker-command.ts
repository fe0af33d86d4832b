/** `sandcrew-conformance worker URL`: holds a worker against the contract. */
import { type Command, Option } from 'commander';
import { carryOut, type RunFlags } from './checked-run.js';
import { Mismatch } from './core/mismatch.js';
import { EXIT, Failure } from './exit-status.js';
import { readToken } from './io/token-file.js';
import { wholeNumber } from './whole-number.js';
import { WORKER_CHECKS } from './worker/worker-checks.js';
import { WorkerBench, type WorkerTarget } from './worker-bench.js';

/** A check that has not ended by then has failed. */
const CHECK_TIMEOUT_MS = 60_000;
/** What one check may run at once, so that none of them finds the worker busy. */
const TASKS_A_CHECK = 3;
const MAX_AT_ONCE = 8;

interface WorkerFlags extends RunFlags {
  readonly tokenFile?: string;
  readonly otherTokenFile?: string;
  readonly patienceMs: number;
  readonly atOnce?: number;
}

export function addWorkerCommand(program: Command, onStatus: (status: number) => void): void {
  program
    .command('worker')
    .description('hold a worker against the contract')
    .argument('[url]', 'of the worker: ws://HOST:PORT or wss://HOST:PORT')
    .option('--token-file <file>', 'a file whose first line is [NAME:]TOKEN')
    .option(
      '--other-token-file <file>',
      'the same with a token of another NAME; without it, what needs one is skipped',
    )
    .option('--only <id...>', 'run these checks or areas alone')
    .option('--slow', 'run those too that take 20 s and more', false)
    .option('--json', 'write one JSON object instead of lines', false)
    .option('--list', 'tell the checks, and run none', false)
    .addOption(
      new Option('--patience-ms <n>', 'how long an answer is waited for')
        .default(10_000)
        .argParser(wholeNumber),
    )
    .addOption(new Option('--at-once <n>', 'how many checks run at once').argParser(wholeNumber))
    .addHelpText(
      'after',
      `
The worker runs commands: bash, seq, head, tr, cat, sleep and their like have to be there. It needs room for at least
${TASKS_A_CHECK + 1} tasks at once. Nothing else should use it meanwhile: some checks fill its slots and connections.

Exit status: 0 it keeps the contract, 1 a check failed, 2 wrong usage, 3 it cannot be reached, 130 interrupted.`,
    )
    .action(async (url: string | undefined, { only = [], ...flags }: WorkerFlags) => {
      onStatus(await checkWorker(url, { ...flags, only }));
    });
}

async function checkWorker(url: string | undefined, flags: WorkerFlags): Promise<number> {
  const target = flags.list ? NOWHERE : readTarget(url, flags);
  return carryOut(
    {
      name: `the worker at ${target.url}`,
      checks: WORKER_CHECKS,
      prepare: async () => flags.atOnce ?? (await chooseAtOnce(target)),
      open: () => new WorkerBench(target),
      timeoutMs: Math.max(CHECK_TIMEOUT_MS, 2 * flags.patienceMs),
    },
    flags,
  );
}

const NOWHERE: WorkerTarget = { url: '', token: '', otherToken: null, patienceMs: 0 };

/** @throws {Failure} that names every fault. */
function readTarget(url: string | undefined, flags: WorkerFlags): WorkerTarget {
  const faults: string[] = [];
  if (url === undefined || !/^wss?:\/\//.test(url) || !URL.canParse(url))
    faults.push(`expected a URL like ws://127.0.0.1:7433, got ${url ?? 'none'}`);
  const read = (option: string, path: string | undefined) => {
    try {
      return path === undefined ? null : readToken(path);
    } catch (error) {
      faults.push(`${option}: ${error instanceof Error ? error.message : String(error)}`);
      return null;
    }
  };
  if (flags.tokenFile === undefined) faults.push('expected --token-file FILE, got none');
  const token = read('--token-file', flags.tokenFile);
  const otherToken = read('--other-token-file', flags.otherTokenFile);
  if (faults.length > 0) throw new Failure(faults.join('\n'), { status: EXIT.usage });
  return { url: url ?? '', token: token ?? '', otherToken, patienceMs: flags.patienceMs };
}

/** Says hello once, to see whether the worker is there, and what it has room for. */
async function chooseAtOnce(target: WorkerTarget): Promise<number> {
  const bench = new WorkerBench(target);
  try {
    const { welcome } = await bench.manager();
    const maxTasks = Number(welcome['maxTasks']);
    if (maxTasks <= TASKS_A_CHECK)
      throw new Failure(
        `expected a worker with room for ${TASKS_A_CHECK + 1} tasks, got one for ${maxTasks}: start it with more`,
        { status: EXIT.unreachable },
      );
    return Math.min(MAX_AT_ONCE, Math.floor(maxTasks / TASKS_A_CHECK));
  } catch (error) {
    if (!(error instanceof Mismatch)) throw error;
    throw new Failure(
      `cannot check ${target.url}: expected ${error.expected}, got ${error.got}. Is it running, and is this its token?`,
      { status: EXIT.unreachable, cause: error },
    );
  } finally {
    await bench.dispose();
  }
}
