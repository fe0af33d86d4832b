/** A network that loses packets: TCP becomes slow and stalls for seconds, yet nobody is taken for dead, and every byte arrives once. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { patternDigest, writesPattern } from '../../pattern.js';
import { WORKER_COMMAND } from '../../worker-process.js';
import { tell, testWhole } from './size.js';

/** The compiled tests stand beside their sources' directory, and a script is not compiled. */
const LINK = fileURLToPath(new URL('../../../tests/faults/programs/lossy-link.py', import.meta.url));
const AGENT = fileURLToPath(new URL('./programs/agent.js', import.meta.url));
const URL_OF_WORKER = 'ws://10.98.0.1:4700';
/**
 * At 30 % and 400 ms there and back TCP itself carries some 6 KB/s: by default as much as arrives within a few minutes. The
 * 10 MB of the fault table take 25: LOSSY_BYTES=10000000.
 */
const BYTES = Number(process.env.LOSSY_BYTES ?? 1_000_000);
const LOSS = 0.3;
const DELAY_MS = 200;

const testLoss = canMakeLink() ? testWhole : test.skip;

testLoss(
  'output comes exactly over a link that loses 30 % and takes 200 ms in each direction, on one connection',
  async () => {
    const directory = await mkdtemp(join(tmpdir(), 'sandcrew-loss-'));
    const token = 'a'.repeat(64);
    const tokenFile = join(directory, 'tokens');
    await writeFile(tokenFile, token, { mode: 0o600 });
    const seed = Math.floor(Math.random() * 1e9);
    tell(`seed of the losses: ${seed}`);
    const worker = [
      ...WORKER_COMMAND,
      ...['--listen', URL_OF_WORKER.replace('ws://', ''), '--insecure-plaintext', 'a network of its own'],
      ...[
        '--token-file',
        tokenFile,
        '--state-dir',
        join(directory, 'state'),
        '--workspace',
        join(directory, 'work'),
      ],
      ...['--containment', 'process-group', '--drain-timeout-ms', '0'],
    ];
    const order = {
      ...{ url: URL_OF_WORKER, token, managerId: 'agent', taskId: 'lossy', command: writesPattern(BYTES) },
      connectTimeoutMs: 120_000,
    };
    const link = spawn(
      'python3',
      [
        LINK,
        String(LOSS),
        String(DELAY_MS),
        String(seed),
        '--',
        ...worker,
        '--',
        process.execPath,
        AGENT,
        JSON.stringify(order),
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const hash = createHash('sha256');
    let [bytes, firstMs, said] = [0, 0, ''];
    link.stdout.on('data', (data: Buffer) => {
      firstMs ||= performance.now();
      bytes += data.length;
      hash.update(data);
    });
    link.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    const [code] = await once(link, 'close');
    await rm(directory, { recursive: true, force: true });
    expect([code, bytes, hash.digest('hex')]).toEqual([0, BYTES, patternDigest(BYTES)]);
    // What was dialled and not answered in time is dialled again; once a task runs on it, it stands.
    const records = said.split('\n').filter((line) => line.startsWith('{'));
    const events = records.map((line) => String(JSON.parse(line).event));
    const running = events.slice(events.indexOf('task_accepted'), events.lastIndexOf('task_ended'));
    expect(running.filter((event) => /^connection_/.test(event))).toEqual([]);
    const [, lost = ''] = /^(lost \d+ of \d+ packets)$/m.exec(said) ?? [];
    expect(lost).not.toBe('');
    tell(
      `${BYTES} bytes in ${((performance.now() - firstMs) / 1_000).toFixed(0)} s over a link that ${lost}`,
    );
  },
  900_000 * Math.ceil(BYTES / 1_000_000),
);

function canMakeLink(): boolean {
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK);
    accessSync('/usr/bin/python3', constants.X_OK);
    return process.getuid?.() === 0;
  } catch {
    return false;
  }
}
