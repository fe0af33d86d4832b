#!/usr/bin/env node
/** `sandcrew-conformance`: one command line, carried out; its faults told; its exit status given. */
import { createRequire } from 'node:module';
import { Command, CommanderError } from 'commander';
import { EXIT, Failure } from './exit-status.js';
import { addManagerCommand } from './manager-command.js';
import { addWorkerCommand } from './worker-command.js';

process.stdout.on('error', () => process.exit(EXIT.unread));
process.stderr.on('error', () => {});
const status = await main(process.argv.slice(2));
// What a stuck worker still holds open must not keep the program; what it wrote is flushed first.
process.stdout.write('', () => process.exit(status));

async function main(argv: readonly string[]): Promise<number> {
  let answer: number = EXIT.conforms;
  const { version } = createRequire(import.meta.url)('../package.json') as { version: string };
  const program = new Command('sandcrew-conformance')
    .description('Holds any worker or manager against the Sandcrew protocol, docs/protocol.md.')
    .version(version)
    .configureOutput({
      outputError: (text, write) => write(text.replace(/^error: /, 'sandcrew-conformance: ')),
    })
    .showHelpAfterError(
      '`sandcrew-conformance --help` lists the commands, and each of them tells its options by --help.',
    )
    .exitOverride();
  for (const addCommand of [addWorkerCommand, addManagerCommand])
    addCommand(program, (value) => {
      answer = value;
    });
  for (const command of program.commands) command.copyInheritedSettings(program);
  try {
    await program.parseAsync(argv, { from: 'user' });
    return answer;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.conforms : EXIT.usage;
    if (!(error instanceof Failure)) throw error;
    process.stderr.write(error.message.replaceAll(/^/gm, 'sandcrew-conformance: '));
    process.stderr.write('\n');
    return error.status;
  }
}
