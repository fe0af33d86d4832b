/** Brings the programs of the host that tests need and that no package registry has, where this process may install them. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, runTool } from './tool.mjs';

/** Where it failed once, it is not tried at each run: the tests that need it are skipped by name. */
const TRIED = join(ROOT, 'node_modules', '.sandcrew-packages-tried');
const STEPS = [
  ['timeout', '60', 'apt-get', 'update', '--quiet'],
  ['timeout', '120', 'apt-get', 'install', '--yes', '--quiet', '--no-install-recommends', 'bubblewrap'],
];

/** On Debian, as root: bubblewrap. Failure is a warning. */
export async function installHostPackages() {
  if (process.platform !== 'linux' || process.getuid() !== 0 || !existsSync('/etc/debian_version')) return;
  if (existsSync(TRIED) || (await runTool(['bwrap', '--version'])).exitCode === 0) return;
  say('installing bubblewrap, for the tests of what contains tasks…');
  for (const step of STEPS) {
    const { exitCode, output } = await runTool(['env', 'DEBIAN_FRONTEND=noninteractive', ...step]);
    if (exitCode === 0) continue;
    writeFileSync(TRIED, '');
    say(`\`${step.slice(2).join(' ')}\` ended with ${exitCode}; install bubblewrap by hand for those tests.`);
    process.stderr.write(`${output.trim().split('\n').at(-1)}\n`);
    return;
  }
}

function say(text) {
  process.stderr.write(`sandcrew: ${text}\n`);
}
