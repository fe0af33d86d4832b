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

/** The files whose tasks need no Node and nothing compiled, and in them the tests that need no `ps`, Python or other user. */
const TESTS = [
  'apps/worker/dist-test/io/(connections|escapees|exits|health|input|lifetimes|limits|output|start|terminal).test',
  'e2e/dist-test/tests/wire-.*.test',
  '--testNamePattern',
  '^(?!.*(controlling terminal|first thread has ended|may not make groups)).*$',
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
exec /usr/bin/unshare --mount --propagation private -- /bin/sh -c '
set -e
given=$PATH
PATH=/usr/sbin:/usr/bin:/sbin:/bin # for these lines; a test may have given the worker another
mount --bind "${BARE}" "${BARE}" # a root that is a mount, as every real one is: else no namespace can change how it propagates
for each in proc sys dev tmp; do mount --rbind "/$each" "${BARE}/$each"; done
exec chroot "${BARE}" /usr/bin/env PATH="$given" /sandcrew-worker "$@"' sh "$@"
`;
}

function fail(sentence) {
  process.stderr.write(`sandcrew: ${sentence}\n`);
  process.exit(125);
}
