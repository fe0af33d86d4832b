#!/usr/bin/env node
/** `sandcrew-mcp`: serves until its client has gone or a signal comes. stdout is the protocol's; words go to stderr. */
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { SandboxError } from '@sandcrew/manager';
import { UsageError } from './core/usage-error.js';
import { startService } from './mcp-service.js';
import { readOptions } from './options.js';

const EXIT_USAGE = 2;
const EXIT_FAILED = 1;

process.stderr.on('error', () => {}); // what cannot be said there can be said nowhere else
process.exitCode = await main(process.argv.slice(2));
process.exit(); // whatever a worker that does not answer still holds open

async function main(argv: readonly string[]): Promise<number> {
  const { version } = createRequire(import.meta.url)('../package.json') as { version: string };
  const read = readOptions(argv, version);
  if (read.kind === 'told') {
    await new Promise((resolve) => process.stdout.write(read.text, resolve));
    return 0;
  }
  if (read.kind === 'refused') return refuse(read.faults);
  try {
    const stop = Promise.race(['SIGINT', 'SIGTERM', 'SIGHUP'].map((name) => once(process, name)));
    const service = await startService(read.options, version);
    if (service.url !== null) say(`listening at ${service.url}`);
    await Promise.race([stop, service.clientGone]);
    await service.close();
    return 0;
  } catch (error) {
    if (error instanceof UsageError || error instanceof SandboxError) return refuse([error.message]);
    say(`this is a fault of sandcrew-mcp itself. ${error instanceof Error ? error.stack : String(error)}`);
    return EXIT_FAILED;
  }
}

function refuse(faults: readonly string[]): number {
  for (const fault of faults) say(fault);
  return EXIT_USAGE;
}

function say(sentence: string): void {
  process.stderr.write(`sandcrew-mcp: ${sentence}\n`);
}
