/** The bench's fixed subset through a real worker: what it says of real programs that cannot go on, and of those that can. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { test } from '@jest/globals';

const BENCH = fileURLToPath(new URL('../../../benchmarks/dist/blocks/main.js', import.meta.url));

test('blocked programs are told, healthy and serving ones never confirmed, in time', async () => {
  const { SANDCREW_CORPUS: _, ...env } = process.env; // the corpus that is kept here
  const bench = spawn(process.execPath, [BENCH, '--subset', 'ci', '--check'], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let report = '';
  for (const stream of [bench.stdout, bench.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      report += text;
    });
  const [exitCode] = await once(bench, 'close');
  if (exitCode !== 0) throw new Error(`expected exit code 0, got ${exitCode}:\n${report}`);
}, 180_000);
