/** Our own worker against the suite that anyone's worker is held against. */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { startWorker } from '../worker-process.js';

const CONFORMANCE = fileURLToPath(new URL('../../../packages/conformance/dist/main.js', import.meta.url));
const MAIN_TOKEN = 'm'.repeat(64);
const OTHER_TOKEN = 'o'.repeat(64);

interface Report {
  readonly conforming: boolean;
  readonly checks: readonly { readonly id: string; readonly verdict: { readonly kind: string } }[];
}

test('our worker passes every check of the conformance suite, the optional ones too', async () => {
  const worker = await startWorker(
    ['--retain-bytes', '3000000'],
    [`main:${MAIN_TOKEN}`, `other:${OTHER_TOKEN}`],
  );
  try {
    const tokenFile = join(worker.directory, 'main.token');
    const otherTokenFile = join(worker.directory, 'other.token');
    await writeFile(tokenFile, `main:${MAIN_TOKEN}`, { mode: 0o600 });
    await writeFile(otherTokenFile, `other:${OTHER_TOKEN}`, { mode: 0o600 });
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      [
        CONFORMANCE,
        'worker',
        worker.url,
        '--token-file',
        tokenFile,
        '--other-token-file',
        otherTokenFile,
        '--json',
      ],
      { maxBuffer: 16_777_216 },
    ).catch((error: { stdout: string; stderr: string }) => error);
    expect(stderr).toBe('');
    const { checks, conforming } = JSON.parse(stdout) as Report;
    expect(checks.filter(({ verdict }) => !['passed', 'skipped'].includes(verdict.kind))).toEqual([]);
    expect(checks.filter(({ verdict }) => verdict.kind === 'skipped').map(({ id }) => id)).toEqual([
      'frames.silent-peer',
      'hello.heartbeat-pace',
    ]);
    expect(checks.length).toBeGreaterThan(150);
    expect(conforming).toBe(true);
  } finally {
    await worker.stop();
  }
}, 180_000);
