/** Where and of what a measurement was taken, in a few words. */
import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

export function describeMachine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown CPU';
  const gibibytes = (totalmem() / 2 ** 30).toFixed(0);
  return `${cpus().length} x ${model}, ${gibibytes} GiB, ${process.platform} ${release()}, Node ${process.version}`;
}

/** The commit of this checkout, with a `+` where files differ from it; `unknown` outside of one. */
export function describeCommit(): string {
  try {
    const git = (...args: string[]) => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim();
    return `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain') === '' ? '' : '+'}`;
  } catch {
    return 'unknown';
  }
}
