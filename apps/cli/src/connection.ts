/** Which worker is meant, and as whom: from the options and the environment to the options of a manager. */
import { hostname, userInfo } from 'node:os';
import type { ManagerOptions, WorkerAddress } from '@sandcrew/manager';
import { decodeDuration, decodeName, type Faults, ID, present } from './arguments.js';
import { decodeTls, type TlsOptions } from './tls-files.js';
import { faultsOfTokenFile } from './token-file.js';
import { faultsOfWorkerUrl } from './worker-url.js';

/** The options of each command that talks to a worker. */
export interface ConnectionOptions extends TlsOptions {
  readonly worker?: string;
  readonly tokenFile?: string;
  readonly managerId?: string;
  readonly connectTimeout?: string;
  /** Only of those that follow a task. */
  readonly lostAfter?: string;
}

/** Of a manager, where `--lost-after` says nothing else, milliseconds. */
export const LOST_AFTER_MS = 300_000;

/** A worker that stays, where one is named; else the manager starts one of its own. Adds what is wrong to `faults`. */
export function decodeConnection(
  options: ConnectionOptions,
  environment: NodeJS.ProcessEnv,
  faults: Faults,
): ManagerOptions {
  const url = options.worker ?? (environment['SANDCREW_WORKER'] || undefined); // empty: set to none
  const workers = url === undefined ? undefined : [decodeAddress(url, options, environment, faults)];
  const managerId = faults.take(options.managerId ?? environment['SANDCREW_MANAGER_ID'], (text) =>
    decodeName('--manager-id', text, ID),
  );
  const connectTimeoutMs = faults.take(options.connectTimeout, (text) =>
    decodeDuration('--connect-timeout', text),
  );
  if (connectTimeoutMs === 0) faults.add('--connect-timeout: expected more than 0.');
  const lostAfterMs = faults.take(options.lostAfter, (text) => decodeDuration('--lost-after', text));
  if (workers === undefined) for (const option of ofNoWorker(options)) faults.add(option);
  if (workers === undefined && !hasCurrentDirectory()) {
    faults.add('expected a current directory to run in, got one that was removed. Go to one that exists.');
  }
  return present({ workers, managerId, connectTimeoutMs, lostAfterMs });
}

/**
 * A worker that stays, and the name under which this user's tasks are found again there: the same one at each call,
 * unless `--manager-id` gives another.
 */
export function decodeStayingWorker(
  options: ConnectionOptions,
  environment: NodeJS.ProcessEnv,
  faults: Faults,
): ManagerOptions {
  const connection = decodeConnection(options, environment, faults);
  if (connection.workers === undefined) {
    faults.add(
      '--worker: expected the URL of a worker that stays, got none (or SANDCREW_WORKER). `sandcrew worker` starts one.',
    );
  }
  return { managerId: ownManagerId(), ...connection };
}

/** What was typed for a worker that stays, where none is named: the command would run here instead. */
function ofNoWorker({ tokenFile, ca, clientCert, clientKey }: ConnectionOptions): string[] {
  const given = {
    '--token-file': tokenFile,
    '--ca': ca,
    '--client-cert': clientCert,
    '--client-key': clientKey,
  };
  return Object.entries(given)
    .filter(([, value]) => value !== undefined)
    .map(([option]) => `${option}: expected --worker (or SANDCREW_WORKER) beside it, got none.`);
}

function decodeAddress(
  url: string,
  options: ConnectionOptions,
  environment: NodeJS.ProcessEnv,
  faults: Faults,
): WorkerAddress {
  for (const fault of faultsOfWorkerUrl(url)) faults.add(fault);
  const tokenFile = options.tokenFile ?? environment['SANDCREW_TOKEN_FILE'] ?? '';
  if (tokenFile === '') {
    faults.add(
      "--token-file: expected the file that holds the worker's token, got none (or SANDCREW_TOKEN_FILE).",
    );
  } else {
    for (const fault of faultsOfTokenFile(tokenFile)) faults.add(fault);
  }
  return { url, tokenFile, ...decodeTls(url, options, environment, faults) };
}

function ownManagerId(): string {
  return `cli-${userName()}-${hostname()}`.replace(/[^A-Za-z0-9._:-]/g, '-').slice(0, 128);
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid-${process.getuid?.() ?? 0}`; // a container may have no name for its user
  }
}

function hasCurrentDirectory(): boolean {
  try {
    process.cwd();
    return true;
  } catch {
    return false;
  }
}
