/** The options of every command that talks to a worker, under the same names everywhere. */
import type { Command } from 'commander';

export function addConnectionFlags(command: Command): Command {
  return command
    .option('--worker <url>', 'the worker: ws://, wss:// or ws+unix: (SANDCREW_WORKER)')
    .option('--token-file <file>', "the file that holds the worker's token (SANDCREW_TOKEN_FILE)")
    .option('--ca <file>', 'for wss://: trust this authority (PEM) and no other (SANDCREW_CA)')
    .option('--client-cert <file>', 'for wss://: the certificate (PEM) to show to it (SANDCREW_CLIENT_CERT)')
    .option('--client-key <file>', 'its private key (PEM) (SANDCREW_CLIENT_KEY)')
    .option(
      '--manager-id <id>',
      'the name that tasks belong to (SANDCREW_MANAGER_ID); default: one of user and host',
    )
    .option('--connect-timeout <duration>', 'how long to try to reach the worker (default: 10s)');
}

/** Of the commands that follow a task. */
export function addPatienceFlag(command: Command): Command {
  return command.option(
    '--lost-after <duration>',
    'how long to wait for a worker that went away while the task runs (default: 5m)',
  );
}
