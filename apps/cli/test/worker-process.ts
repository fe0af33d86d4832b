/** A worker that stays, as `sandcrew worker` starts it, and the environment in which commands find it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Sandcrew } from './sandcrew.js';

export interface StayingWorker {
  readonly worker: Sandcrew;
  readonly env: NodeJS.ProcessEnv;
}

/** @param directory Where its token file and its state are made. */
export async function startWorker(directory: string): Promise<StayingWorker> {
  const tokenFile = join(directory, 'token');
  writeFileSync(tokenFile, `${'a'.repeat(64)}\n`, { mode: 0o600 });
  const places = ['--token-file', tokenFile, '--state-dir', join(directory, 'state')];
  const rest = [
    '--containment',
    'pid-namespace',
    '--listen',
    '127.0.0.1:0',
    '--worker-id',
    'w1',
    '--drain-timeout-ms',
    '0',
  ];
  const worker = new Sandcrew(['worker', ...places, ...rest]);
  const { url } = JSON.parse(await worker.says('\n')) as { url: string };
  return { worker, env: { SANDCREW_WORKER: url, SANDCREW_TOKEN_FILE: tokenFile } };
}
