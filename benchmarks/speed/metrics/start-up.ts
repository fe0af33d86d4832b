/** `sandcrew run` as a person or a script calls it, against `ssh` and `npx`: a process each time. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startWorker } from '../../dist/blocks/worker-process.js';
import { expectRight, type Metric, type Row, ratioRow } from '../metric.js';
import { controlMaster } from '../peers/control-master.js';
import { median, ratioOf } from '../rounds.js';

const CLI = fileURLToPath(new URL('../../../apps/cli/dist/main.js', import.meta.url));

export const startUp: Metric = {
  name: 'start-up',
  title: '`sandcrew run -- true`, a process each',
  measure: async (bench) => {
    const worker = await startWorker(4, ['--containment', 'process-group']);
    const directory = mkdtempSync(join(tmpdir(), 'sandcrew-bench-'));
    const why = controlMaster.missing();
    if (why !== null) bench.skip(controlMaster.name, why);
    const ssh = why === null ? await controlMaster.open(1) : null;
    try {
      writeFileSync(join(directory, 'token'), worker.token, { mode: 0o600 });
      const to = ['--worker', worker.url, '--token-file', join(directory, 'token')];
      const stays: number[] = [];
      const embedded: number[] = [];
      const npx: number[] = [];
      const master: number[] = [];
      for (let round = 0; round < Math.ceil(10 * bench.scale); round++) {
        stays.push(await time(process.execPath, [CLI, 'run', ...to, '--', 'true']));
        embedded.push(await time(process.execPath, [CLI, 'run', '--', 'true']));
        npx.push(await time('npx', ['--no', '--', 'biome', '--version']));
        if (ssh !== null) master.push((await ssh.run(['true'])).durationMs);
      }
      const row = (what: string, ours: number[], name: string, theirs: number[]): Row[] => {
        if (theirs.length === 0) return [];
        const show = (figures: number[]) => `${median(figures).toFixed(0)} ms`;
        const figures = { ours: show(ours), theirs: `${name} ${show(theirs)}`, ratio: ratioOf(ours, theirs) };
        return [ratioRow(what, figures, null)];
      };
      return [
        ...row('`sandcrew run --worker`', stays, 'ssh, ControlMaster', master),
        ...row('`sandcrew run --worker`', stays, 'npx, an installed tool', npx),
        ...row('`sandcrew run`, its own worker', embedded, 'npx, an installed tool', npx),
      ];
    } finally {
      await ssh?.close();
      await worker.stop();
      rmSync(directory, { recursive: true, force: true });
    }
  },
};

/** Wall clock of a command that succeeds, milliseconds. */
async function time(program: string, args: readonly string[]): Promise<number> {
  const startMs = performance.now();
  const child = spawn(program, args, { stdio: 'ignore' });
  const [exitCode] = await once(child, 'exit');
  expectRight(`exit code of ${program} ${args.join(' ')}`, exitCode, 0);
  return performance.now() - startMs;
}
