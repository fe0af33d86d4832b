/** Which worker is meant, and as whom: from the options and the environment to the options of a manager. */
import { accessSync, constants } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import type { ManagerOptions } from '@sandcrew/manager';
import { decodeDuration, type Faults, present } from './arguments.js';

/** The options of each command that talks to a worker. */
export interface ConnectionOptions {
  readonly worker?: string;
  readonly tokenFile?: string;
  readonly managerId?: string;
  readonly connectTimeout?: string;
}

const WORKER_URL = /^(wss?:\/\/[^/]|ws\+unix:\/)/;

/** A worker that stays, where one is named; else the manager starts one of its own. Adds what is wrong to `faults`. */
export function decodeConnection(
  options: ConnectionOptions,
  environment: NodeJS.ProcessEnv,
  faults: Faults,
): ManagerOptions {
  const url = options.worker ?? environment['SANDCREW_WORKER'];
  const workers = url === undefined ? undefined : [decodeAddress(url, options, environment, faults)];
  const managerId = options.managerId ?? environment['SANDCREW_MANAGER_ID'];
  const connectTimeoutMs = faults.take(options.connectTimeout, (text) =>
    decodeDuration('--connect-timeout', text),
  );
  if (connectTimeoutMs === 0) faults.add('--connect-timeout: expected more than 0.');
  return present({ workers, managerId, connectTimeoutMs });
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

function decodeAddress(
  url: string,
  options: ConnectionOptions,
  environment: NodeJS.ProcessEnv,
  faults: Faults,
): { readonly url: string; readonly tokenFile: string } {
  if (!WORKER_URL.test(url)) {
    faults.add(`--worker: expected ws://HOST:PORT, wss://HOST:PORT or ws+unix:/PATH:/, got "${url}".`);
  }
  const tokenFile = options.tokenFile ?? environment['SANDCREW_TOKEN_FILE'] ?? '';
  if (tokenFile === '') {
    faults.add(
      "--token-file: expected the file that holds the worker's token, got none (or SANDCREW_TOKEN_FILE).",
    );
  } else if (!isReadable(tokenFile)) {
    faults.add(`--token-file: expected a file that can be read, got "${tokenFile}".`);
  }
  return { url, tokenFile };
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

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
