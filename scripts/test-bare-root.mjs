/**
 * `npm run test:bare-root [-- JEST'S ARGUMENTS]`: shows that the worker's binary needs nothing but what every Debian has. It makes a
 * minimal Debian (no Node, no Python, no compiler) and runs the tests of the wire and of the worker with the binary in there.
 * Needs Linux, root, and debootstrap; the root that it makes is kept for the next run.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setUp } from './setup.mjs';
import { becomeTool, ROOT, runTool } from './tool.mjs';

/** What runs no program that a bare root lacks. The others start Python, Node or compiled helpers as tasks. */
const TESTS = [
  'apps/worker/dist-test/io/(connections|exits|health|input|limits|output|start|terminal).test',
  'e2e/dist-test/tests/wire-.*.test',
];
const CACHE = join(ROOT, 'node_modules', '.cache', 'sandcrew', 'bare-root');
const BARE = join(CACHE, 'root');
const LAUNCHER = join(CACHE, 'worker');

if (process.platform !== 'linux' || process.getuid() !== 0) fail('it needs Linux and root, for chroot');
await setUp();
if (!existsSync(join(CACHE, 'made'))) await makeRoot();
const [binary] = execFileSync(process.execPath, [join(ROOT, 'scripts', 'build-binary.mjs')], {
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'inherit'],
}).split('\n');
copyFileSync(binary, join(BARE, 'sandcrew-worker'));
writeFileSync(LAUNCHER, launcher(), { mode: 0o755 });
process.env.WORKER_COMMAND = LAUNCHER;
const given = process.argv.slice(2);
becomeTool([process.execPath, join(ROOT, 'scripts', 'test.mjs'), ...(given.length > 0 ? given : TESTS)]);

/** From the mirror that this machine's apt uses. */
async function makeRoot() {
  const [, suite] = /^VERSION_CODENAME=(\S+)/m.exec(readFileSync('/etc/os-release', 'utf8')) ?? [];
  const targets = await runTool([
    'apt-get',
    'indextargets',
    '--format',
    '$(REPO_URI)',
    'Created-By: Packages',
  ]);
  const [mirror] = targets.output.trim().split('\n');
  rmSync(CACHE, { recursive: true, force: true });
  mkdirSync(CACHE, { recursive: true });
  process.stderr.write('sandcrew: making a bare Debian, once…\n');
  const made = await runTool([
    'debootstrap',
    '--variant=minbase',
    '--include=bubblewrap',
    suite,
    BARE,
    mirror,
  ]);
  if (made.exitCode === 127) fail('it needs debootstrap: apt-get install debootstrap');
  if (made.exitCode !== 0) fail(`debootstrap failed:\n${made.output}`);
  writeFileSync(join(CACHE, 'made'), '');
}

/** A worker in there, with mounts of its own: the host's processes, devices and temporary files. */
function launcher() {
  return `#!/bin/sh
exec unshare --mount --propagation private -- sh -c '
set -e
for each in proc sys dev tmp; do mount --rbind "/$each" "${BARE}/$each"; done
exec chroot "${BARE}" /sandcrew-worker "$@"' sh "$@"
`;
}

function fail(sentence) {
  process.stderr.write(`sandcrew: ${sentence}\n`);
  process.exit(125);
}
