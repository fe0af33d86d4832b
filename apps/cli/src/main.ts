#!/usr/bin/env node
/** `sandcrew`: one command line, carried out; its faults told; its exit status given. */
import { SandboxError } from '@sandcrew/manager';
import { OutputError } from './answer.js';
import { runCommandLine } from './command-line.js';
import { addAttach } from './commands/attach.js';
import { addGet } from './commands/get.js';
import { addHealth } from './commands/health.js';
import { addLogs } from './commands/logs.js';
import { addPs } from './commands/ps.js';
import { addPut } from './commands/put.js';
import { addRun } from './commands/run.js';
import { addStop } from './commands/stop.js';
import { addWorker } from './commands/worker.js';
import { addWorkspace } from './commands/workspace.js';
import { EXIT, statusOfError, statusOfOutputFault } from './exit-status.js';
import { errorSentence, outputFaultSentence } from './render/sentences.js';
import { UsageError } from './usage-error.js';

const COMMANDS = [
  addRun,
  addPut,
  addGet,
  addAttach,
  addLogs,
  addStop,
  addPs,
  addHealth,
  addWorkspace,
  addWorker,
];

process.on('uncaughtException', (error) => {
  say([faultOfOurs(error)]);
  process.exit(EXIT.failed);
});

/** What cannot be said there can be said nowhere else. */
process.stderr.on('error', () => {});

/** Ends the process at once: what a hanging worker still holds open must not keep it. */
process.exit(await main(process.argv.slice(2)));

async function main(argv: readonly string[]): Promise<number> {
  try {
    return await runCommandLine(argv, COMMANDS);
  } catch (error) {
    if (error instanceof UsageError) {
      say(error.faults);
      return EXIT.usage;
    }
    if (error instanceof OutputError) {
      const sentence = outputFaultSentence(error.fault);
      if (sentence !== null) say([sentence]);
      return statusOfOutputFault(error.fault);
    }
    if (error instanceof SandboxError) {
      say([errorSentence(error)]);
      return statusOfError(error as SandboxError<never>, null);
    }
    say([faultOfOurs(error)]);
    return EXIT.failed;
  }
}

function faultOfOurs(error: unknown): string {
  return `This is a fault of sandcrew itself. ${error instanceof Error ? error.stack : String(error)}`;
}

function say(sentences: readonly string[]): void {
  process.stderr.write(sentences.map((sentence) => `sandcrew: ${sentence}\n`).join(''));
}
