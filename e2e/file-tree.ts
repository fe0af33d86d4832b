/** A tree with everything that a transfer has to keep, and what makes two trees equal. */
import { createHash } from 'node:crypto';
import {
  chmod,
  link,
  lstat,
  lutimes,
  mkdir,
  readdir,
  readFile,
  readlink,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';

/** Makes the tree in an empty directory. */
export async function growTree(root: string): Promise<void> {
  const at = (path: string) => join(root, path);
  const long = `${'a'.repeat(200)}/${'b'.repeat(200)}`;
  for (const directory of ['sub/deep', 'empty', 'readonly', `long/${long}`])
    await mkdir(at(directory), { recursive: true });
  const files: Record<string, string | Uint8Array> = {
    'sub/text': 'hello\n',
    'sub/deep/binary': Buffer.from(Array.from({ length: 100_000 }, (_, index) => (index * 7_919) % 251)),
    nothing: '',
    block: 'x'.repeat(512),
    '-rf': 'dash',
    '--checkpoint-action=exec=touch evil': 'option',
    'two words': 'space',
    'new\nline': 'newline',
    'quote"s\'$(touch evil)`': 'quotes',
    'back\\slash': 'backslash',
    'ünïcødé 名前 🎈': 'unicode',
    '.hidden': 'dot',
    '*': 'star',
    [`long/${long}/${'c'.repeat(200)}`]: 'long',
    'readonly/file': 'r',
    script: '#!/bin/sh\n',
  };
  for (const [path, content] of Object.entries(files)) await writeFile(at(path), content);
  await link(at('sub/text'), at('sub/deep/second-name'));
  await symlink('sub/text', at('link'));
  await symlink('../sub', at('sub/to-directory'));
  await symlink('not-there', at('dangling'));
  await chmod(at('script'), 0o755);
  await chmod(at('sub/text'), 0o600);
  await chmod(at('block'), 0o444);
  await stampAll(root);
  await utimes(at('sub/text'), 1_234_567_890.25, 1_234_567_890.25);
  await utimes(at('nothing'), 0, 0);
  await lutimes(at('link'), 1_000_000_000, 1_000_000_000);
  await utimes(at('empty'), 1_500_000_000, 1_500_000_000);
  await chmod(at('readonly'), 0o555);
}

/** Gives each a time of its own that a double holds exactly, as the kernel's own would not. */
async function stampAll(root: string): Promise<void> {
  let seconds = 1_600_000_000.5;
  const visit = async (directory: string): Promise<void> => {
    for (const entry of await readdir(directory, { withFileTypes: true })) {
      const path = join(directory, entry.name);
      if (entry.isDirectory()) await visit(path);
      seconds++;
      await lutimes(path, seconds, seconds);
    }
  };
  await visit(root);
}

/** Each path with its kind, mode, time, content and other names, as one line. */
export async function describeTree(root: string): Promise<string[]> {
  const firstNames = new Map<number, string>();
  const lines: string[] = [];
  const visit = async (path: string): Promise<void> => {
    for (const name of (await readdir(join(root, path))).sort()) {
      const at = path === '' ? name : `${path}/${name}`;
      const stats = await lstat(join(root, at));
      const facts = `${(stats.mode & 0o7777).toString(8)} ${stats.mtimeMs.toFixed(2)}`;
      if (stats.isSymbolicLink())
        lines.push(`${at} -> ${await readlink(join(root, at))} ${stats.mtimeMs.toFixed(2)}`);
      else if (stats.isDirectory()) {
        lines.push(`${at}/ ${facts}`);
        await visit(at);
      } else {
        const first = firstNames.get(stats.ino) ?? at;
        firstNames.set(stats.ino, first);
        const hash = createHash('sha256')
          .update(await readFile(join(root, at)))
          .digest('hex');
        lines.push(`${at} ${facts} ${hash} ${stats.nlink} ${first}`);
      }
    }
  };
  await visit('');
  return lines;
}
