/** A worker program for tests of the process provider: starts like `sandcrew-worker`, runs nothing, exits with its stdin. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { FakeWorker } from '@sandcrew/testkit';

const argv = process.argv.slice(2);
const optionOf = (name: string) => argv[argv.indexOf(name) + 1] ?? '';
const tokenFile = optionOf('--token-file');
const mode = (statSync(tokenFile).mode & 0o777).toString(8);
const worker = await FakeWorker.listen({
  token: readFileSync(tokenFile, 'utf8').trim(),
  workerId: `embedded-${process.pid}`,
  welcome: { workerType: optionOf('--type'), labels: { mode, argv: argv.join(' ') } },
});
worker.script = (message) => {
  if (message.type === 'execute_command' && message.command === 'crash') process.exit(9);
  if (message.type !== 'execute_command' || message.command === 'sleep') return;
  worker.start(message.taskId);
  worker.complete(message.taskId, 0);
};
process.stdin.resume().on('close', () => process.exit(0));
process.on('SIGTERM', () => writeFileSync(`${optionOf('--state-dir')}/terminated`, ''));
process.stdout.write(`${JSON.stringify({ event: 'listening', url: worker.url })}\n`);
