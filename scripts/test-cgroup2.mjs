/**
 * `npm run test:cgroup2 [-- JEST'S ARGUMENTS]`: the tests of limits where control groups are of version 2 alone, on any host. It boots
 * Debian's kernel in an emulated machine whose root is this host's, read-only, and runs them in there, in four minutes.
 * Needs Linux, root, Debian's apt, and qemu-system-x86, busybox-static and cpio, which it names where they are missing.
 */
import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setUp } from './setup.mjs';
import { ROOT, runTool } from './tool.mjs';

/** Emulation is ten to thirty times slower, and what counts CPU time in there counts the host's pauses too. */
const TESTS = [
  'apps/worker/dist-test/io/(own-group|limits).test',
  '--testNamePattern',
  '^(?!.*CPU beyond the limit).*$',
];
const TIMEOUT_MS = 900_000;
const TEST_TIMEOUT_MS = 120_000;
const MEMORY_MIB = 4_096;
const CACHE = join(ROOT, 'node_modules', '.cache', 'sandcrew', 'cgroup2');
const RAMDISK = join(CACHE, 'ramdisk');
const MODULES = [
  'virtio',
  'virtio_ring',
  'virtio_pci_modern_dev',
  'virtio_pci_legacy_dev',
  'virtio_pci',
  'virtio_blk',
  'netfs',
  'fscache',
  '9pnet',
  '9pnet_virtio',
  '9p',
  'overlay',
  'crc16',
  'mbcache',
  'crc32c_generic',
  'jbd2',
  'ext4',
];

if (process.platform !== 'linux' || process.getuid() !== 0)
  fail('it needs Linux and root, to share the whole root with the machine');
await setUp();
await requireTools();
if (!existsSync(join(CACHE, 'made'))) await makeRamdisk();
await makeDisk();
process.exitCode = await boot();

async function requireTools() {
  const wanted = {
    'qemu-system-x86_64': 'qemu-system-x86',
    busybox: 'busybox-static',
    cpio: 'cpio',
    'mkfs.ext4': 'e2fsprogs',
  };
  const missing = [];
  for (const [program, owner] of Object.entries(wanted))
    if ((await runTool(['sh', '-c', `command -v ${program}`])).exitCode !== 0) missing.push(owner);
  if (missing.length > 0)
    fail(`it needs more of Debian: apt-get install --no-install-recommends ${missing.join(' ')}`);
}

/** A kernel as apt has it, not installed, and what it starts with. Kept for the next run. */
async function makeRamdisk() {
  rmSync(CACHE, { recursive: true, force: true });
  for (const directory of ['bin', 'modules', 'host', 'written', 'root', 'proc', 'sys', 'dev'])
    mkdirSync(join(RAMDISK, directory), { recursive: true });
  process.stderr.write('sandcrew: fetching a kernel, once…\n');
  const found = await must(['apt-cache', 'depends', 'linux-image-amd64']);
  const [, image = fail(`apt knows no linux-image-amd64:\n${found}`)] =
    /Depends: (linux-image-\S+)/.exec(found) ?? [];
  await must(['apt-get', 'download', '-o', 'APT::Sandbox::User=root', image], CACHE);
  const [archive] = readdirSync(CACHE).filter((name) => name.endsWith('.deb'));
  await must(['dpkg-deb', '--extract', archive, 'kernel'], CACHE);
  for (const name of MODULES) {
    const path = (await must(['find', join(CACHE, 'kernel'), '-name', `${name}.ko*`])).trim();
    if (path !== '') copyFileSync(path, join(RAMDISK, 'modules', basename(path))); // else it is built into the kernel
  }
  copyFileSync((await must(['sh', '-c', 'command -v busybox'])).trim(), join(RAMDISK, 'bin', 'busybox'));
  copyFileSync(join(ROOT, 'scripts', 'cgroup2', 'guest.sh'), join(RAMDISK, 'guest.sh'));
  copyFileSync(join(ROOT, 'scripts', 'cgroup2', 'init.sh'), join(RAMDISK, 'init'));
  await must(['sh', '-c', 'chmod 755 init && find . | cpio --quiet -o -H newc > ../initrd'], RAMDISK);
  writeFileSync(join(CACHE, 'made'), '');
}

/** What is /tmp in there, with what is to be run. */
async function makeDisk() {
  const contents = join(CACHE, 'contents');
  const given = process.argv.slice(2);
  const words = [
    process.execPath,
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js'),
    '--runInBand',
    `--testTimeout=${TEST_TIMEOUT_MS}`,
    ...(given.length > 0 ? given : TESTS),
  ];
  mkdirSync(contents, { recursive: true });
  const command = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  writeFileSync(join(contents, 'job.sh'), `cd '${ROOT}'\nCI=1 exec ${command}\n`);
  rmSync(join(CACHE, 'disk'), { force: true });
  await must(['mkfs.ext4', '-q', '-d', contents, join(CACHE, 'disk'), '4G']);
}

/** Shows what the machine prints, and settles with how the tests ended. */
async function boot() {
  const [image] = readdirSync(join(CACHE, 'kernel', 'boot')).filter((name) => name.startsWith('vmlinuz-'));
  const machine = spawn(
    'qemu-system-x86_64',
    [
      ...['-accel', 'tcg,thread=multi', '-cpu', 'max', '-smp', '2', '-m', String(MEMORY_MIB)],
      ...['-kernel', join(CACHE, 'kernel', 'boot', image), '-initrd', join(CACHE, 'initrd')],
      ...['-append', 'console=ttyS0 panic=-1 quiet loglevel=1', '-nographic', '-no-reboot', '-nic', 'none'],
      ...['-virtfs', 'local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap'],
      ...['-drive', `file=${join(CACHE, 'disk')},format=raw,if=virtio`],
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const timer = setTimeout(() => machine.kill('SIGKILL'), TIMEOUT_MS);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => machine.kill('SIGKILL'));
  let status = null;
  for await (const line of createInterface({ input: machine.stdout })) {
    process.stdout.write(`${line}\n`);
    status = /^sandcrew: ended with (\d+)/.exec(line)?.[1] ?? status;
  }
  clearTimeout(timer);
  if (status === null)
    fail(`the machine ended, or took more than ${TIMEOUT_MS / 1_000} s, before its tests had`);
  return Number(status);
}

async function must(words, cwd = ROOT) {
  const { exitCode, output } = await runTool(words, cwd);
  if (exitCode !== 0) fail(`\`${words.join(' ')}\` ended with ${exitCode}:\n${output}`);
  return output;
}

function fail(message) {
  process.stderr.write(`sandcrew: ${message}\n`);
  process.exit(1);
}
