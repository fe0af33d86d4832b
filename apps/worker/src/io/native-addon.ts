/** Loads the native module for terminals: from the package beside the worker or, in the binary, from within itself. */
import { chmodSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getAsset, isSea } from 'node:sea';

/** What scripts/build-binary.mjs calls it inside the binary. */
const ASSET = 'pty.node';

/** @throws {Error} where there is none for this system. */
export function loadNativeAddon<Addon>(): Addon {
  return isSea() ? loadOwn() : loadInstalled();
}

function loadInstalled<Addon>(): Addon {
  const { resolve } = createRequire(import.meta.url);
  // Links followed by hand: under load Node 20's loader was seen not to, and then the binary beside it is not found.
  const entry = realpathSync.native(resolve('@lydell/node-pty/requireBinary.js'));
  const { requireBinary } = createRequire(entry)(entry) as { requireBinary(file: string): Addon };
  return requireBinary('pty.node');
}

/** The loader takes a file, which is there for that moment alone, where no other user can write. */
function loadOwn<Addon>(): Addon {
  const image = new Uint8Array(getAsset(ASSET));
  let fault: unknown;
  for (const parent of new Set([process.env.XDG_RUNTIME_DIR, tmpdir(), '/dev/shm', '/var/tmp'])) {
    if (parent === undefined) continue;
    try {
      return loadFrom(parent, image);
    } catch (error) {
      fault ??= error; // read-only, or mounted noexec: the next may do
    }
  }
  throw fault;
}

function loadFrom<Addon>(parent: string, image: Uint8Array): Addon {
  const directory = mkdtempSync(join(parent, 'sandcrew-addon-')); // 0700
  try {
    const file = join(directory, ASSET);
    writeFileSync(file, image, { flag: 'wx', mode: 0o500 });
    chmodSync(file, 0o500); // whatever the umask
    const module = { exports: {} as Addon };
    process.dlopen(module, file);
    return module.exports;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
