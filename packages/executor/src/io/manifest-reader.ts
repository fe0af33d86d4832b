/** Reads the manifests of a workspace, here or at its worker, and takes JSON and TOML apart. */
import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { parse as parseToml } from 'smol-toml';
import {
  MANIFEST_NAMES,
  MAX_MANIFEST_BYTES,
  type Manifest,
  type WorkspaceFacts,
} from '../core/workspace-facts.js';

/** The texts of manifests by file name, as data. What is broken has a `fault` instead. */
export function decodeManifests(texts: Readonly<Record<string, string>>): WorkspaceFacts {
  return { manifests: new Map(Object.entries(texts).map(([name, text]) => [name, decode(name, text)])) };
}

/** Manifests of a directory of this machine; those that are not there, are no files, or are links that lead out of it, are left out. */
export async function readDirectory(directory: string): Promise<WorkspaceFacts> {
  const root = await realpath(directory).catch(() => directory);
  const found = await Promise.all(
    MANIFEST_NAMES.map(async (name) => [name, await readInside(root, name)] as const),
  );
  return decodeManifests(
    Object.fromEntries(found.filter((entry) => entry[1] !== null)) as Record<string, string>,
  );
}

/** What was checked out may be anybody's: a link of such a name may lead to a secret of whoever runs this. */
async function readInside(root: string, name: string): Promise<string | null> {
  const path = await realpath(join(root, name)).catch(() => null);
  return path !== null && path.startsWith(join(root, sep)) ? await readHead(path) : null;
}

async function readHead(path: string): Promise<string | null> {
  // To open a FIFO of that name would wait for its writer; and what was looked at before may be one by then.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch(() => null);
  if (file === null) return null;
  try {
    if (!(await file.stat()).isFile()) return null;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_MANIFEST_BYTES), 0, MAX_MANIFEST_BYTES, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } catch {
    return null;
  } finally {
    await file.close();
  }
}

/**
 * A line for each manifest that there is: its name, and its head in base64. The names are arguments: nothing is put into the
 * script.
 */
const LIST_SCRIPT = `for name in "$@"; do
  if [ -f "$name" ]; then printf '%s ' "$name"; head -c ${MAX_MANIFEST_BYTES} "$name" | base64 | tr -d '\\n'; echo; fi
done`;
export const LIST_COMMAND: readonly string[] = ['sh', '-c', LIST_SCRIPT, 'sh', ...MANIFEST_NAMES];

/** What that command wrote. Lines that are not its own are passed over. */
export function decodeListing(output: string): WorkspaceFacts {
  const texts: Record<string, string> = {};
  for (const line of output.split('\n')) {
    const [name = '', base64 = ''] = line.split(' ');
    if (!(MANIFEST_NAMES as readonly string[]).includes(name)) continue;
    texts[name] = Buffer.from(base64, 'base64').toString('utf8');
  }
  return decodeManifests(texts);
}

function decode(name: string, text: string): Manifest {
  try {
    if (name === 'package.json' || name === 'composer.json')
      return { text, data: objectOf(JSON.parse(text)) };
    if (name.endsWith('.toml')) return { text, data: parseToml(text) };
    return { text };
  } catch (error) {
    const [why] = (error instanceof Error ? error.message : String(error)).split('\n');
    return { text, fault: `expected valid ${name.endsWith('.toml') ? 'TOML' : 'JSON'}, got a fault: ${why}` };
  }
}

function objectOf(value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new Error('an object stands at its top');
}
