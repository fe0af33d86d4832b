/** A directory of our own for files on their way: those of a model are laid there, those of a workspace are read there. */
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { TextDecoder } from 'node:util';
import type { FileContent, ShownFile } from '../core/file-content.js';

export class StagedFiles {
  readonly directory: string;

  /** @param directory Made for this alone. */
  constructor(directory: string) {
    this.directory = directory;
  }

  static async make(): Promise<StagedFiles> {
    return new StagedFiles(await mkdtemp(join(tmpdir(), 'sandcrew-files-')));
  }

  async remove(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }

  /** @param files With paths that were judged: none leads out of here. */
  async lay(files: readonly FileContent[]): Promise<void> {
    for (const { path, bytes, isExecutable } of files) {
      const place = join(this.directory, path);
      await mkdir(dirname(place), { recursive: true });
      await writeFile(place, bytes, { flag: 'wx' });
      await chmod(place, isExecutable ? 0o755 : 0o644);
    }
  }

  /** All that is here, by name. What is no file, directory or link is not. A link is not followed. */
  async show(within = ''): Promise<ShownFile[]> {
    const shown: ShownFile[] = [];
    const entries = await readdir(join(this.directory, within), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = within === '' ? entry.name : `${within}/${entry.name}`;
      const place = join(this.directory, path);
      if (entry.isDirectory()) shown.push(...(await this.show(path)));
      else if (entry.isSymbolicLink()) shown.push({ path, link: await readlink(place) });
      else if (entry.isFile()) shown.push({ path, ...(await contentOf(place)) });
    }
    return shown;
  }
}

async function contentOf(place: string) {
  const isExecutable = ((await lstat(place)).mode & 0o100) !== 0;
  const bytes = await readFile(place);
  const text = decode(bytes);
  return { isExecutable, ...(text === null ? { base64: bytes.toString('base64') } : { text }) };
}

/** Null where it is no UTF-8. */
function decode(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
