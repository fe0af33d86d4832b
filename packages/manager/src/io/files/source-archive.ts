/** Makes a tar stream of files of this machine, no faster than it is read. What goes in is judged by whom it asks. */
import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, readlink } from 'node:fs/promises';
import { type Header, pack as openPack, type Pack } from 'tar-stream';
import type { ArchiveEntry } from '../../core/files/archive-ledger.js';
import { type SourceFile, type SourceRoot, walkSource } from './source-tree.js';

export interface SourceJudge {
  /** Asked of each name before its file is looked at; throws where no archive may hold it. */
  wants(name: string): boolean;
  /** Told of each entry before it is sent; throws where it may not be. */
  admit(entry: ArchiveEntry): void;
  /** Something that no archive can carry, and is left out. */
  leaveOut(name: string, why: string): void;
}

const READ_BYTES = 131_072;
/** What the time field of a header holds; the exact time follows it as a record of its own. */
const MAX_HEADER_TIME_MS = 2_147_483_647_000;

/** @throws {Error} as the file system does, and what `judge` throws */
export async function* packFiles(
  roots: readonly SourceRoot[],
  judge: SourceJudge,
): AsyncGenerator<Uint8Array> {
  const pack = openPack();
  const filled = fill(pack, roots, judge).then(
    () => pack.finalize(),
    (error) => pack.destroy(error),
  );
  try {
    yield* pack as AsyncIterable<Uint8Array>;
  } finally {
    pack.destroy();
    await filled;
  }
}

async function fill(pack: Pack, roots: readonly SourceRoot[], judge: SourceJudge): Promise<void> {
  /** Names of files that have several, by device and number. */
  const linked = new Map<string, string>();
  for (const root of roots) {
    for await (const file of walkSource(root, (name) => judge.wants(name))) {
      await add(pack, file, linked, judge);
    }
  }
}

async function add(
  pack: Pack,
  file: SourceFile,
  linked: Map<string, string>,
  judge: SourceJudge,
): Promise<void> {
  const { name, path, stats } = file;
  const header = describe(name, stats);
  if (stats.isDirectory()) return await addEmpty(pack, { ...header, type: 'directory' }, judge);
  if (stats.isSymbolicLink())
    return await addEmpty(pack, { ...header, type: 'symlink', linkname: await readlink(path) }, judge);
  if (!stats.isFile()) return judge.leaveOut(name, 'is no file, directory or link');
  const identity = `${stats.dev}:${stats.ino}`;
  const first = stats.nlink > 1 ? linked.get(identity) : undefined;
  if (first !== undefined) return await addEmpty(pack, { ...header, type: 'link', linkname: first }, judge);
  if (stats.nlink > 1) linked.set(identity, name);
  const handle = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  try {
    const opened = await handle.stat();
    if (!opened.isFile()) return judge.leaveOut(name, 'is no file any more');
    const whole: NewHeader = { ...describe(name, opened), type: 'file', size: opened.size };
    admit(whole, judge);
    await addContent(pack, whole, handle);
  } finally {
    await handle.close();
  }
}

type NewHeader = Partial<Header> & Pick<Header, 'name'>;

function admit({ name, type = 'file', size = 0, linkname }: NewHeader, judge: SourceJudge): void {
  judge.admit({ name, type, bytes: size, linkname: linkname ?? null });
}

/** Its owner is not told, nor are set-user-id bits: it belongs to who unpacks it. */
function describe(name: string, stats: Stats): NewHeader {
  const seconds = stats.mtimeMs / 1_000;
  const header: NewHeader = {
    name,
    mode: stats.mode & 0o777,
    uid: 0,
    gid: 0,
    mtime: new Date(Math.min(Math.max(stats.mtimeMs, 0), MAX_HEADER_TIME_MS)),
  };
  if (!Number.isInteger(seconds) || stats.mtimeMs !== header.mtime?.getTime())
    header.pax = { mtime: seconds.toFixed(6) };
  return header;
}

async function addEmpty(pack: Pack, header: NewHeader, judge: SourceJudge): Promise<void> {
  admit(header, judge);
  await new Promise<void>((resolve, reject) => {
    pack.entry(header, (error) => (error ? reject(error) : resolve()));
  });
}

async function addContent(pack: Pack, header: NewHeader, handle: FileHandle): Promise<void> {
  let sink: ReturnType<Pack['entry']> | undefined;
  const packed = new Promise<void>((resolve, reject) => {
    sink = pack.entry(header, (error) => (error ? reject(error) : resolve()));
  });
  packed.catch(() => {}); // it is awaited below, unless the file cannot be read
  const { name, size = 0 } = header;
  let goOn = () => {};
  for (const event of ['drain', 'close']) sink?.on(event, () => goOn());
  for (let done = 0; done < size; ) {
    const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, size - done));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, done);
    if (bytesRead === 0)
      throw new Error(`${name} had ${size} bytes and ends after ${done}: it was cut while it was sent`);
    done += bytesRead;
    const isFull = sink?.write(buffer.subarray(0, bytesRead)) === false && !sink.destroyed;
    if (isFull)
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
  }
  sink?.end(null);
  await packed;
}
