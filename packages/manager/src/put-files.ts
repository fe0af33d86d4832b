/** Files into a workspace: an archive made here, unpacked there by a command that runs like any other. */
import { randomUUID } from 'node:crypto';
import type { ArchiveEntry } from './core/files/archive-ledger.js';
import { putCommand } from './core/files/tar-commands.js';
import { SandboxError } from './core/sandbox-error.js';
import { showWords } from './core/worker-words.js';
import { type FileSource, isStream, type PutOptions, readPut, type TransferReport } from './file-options.js';
import { FileTransfer, localFault, type RunTask } from './file-transfer.js';
import { ArchiveReader } from './io/files/archive-reader.js';
import { packFiles } from './io/files/source-archive.js';
import { findRoot, type SourceRoot } from './io/files/source-tree.js';
import type { TaskHandle } from './task-handle.js';

/** Written and not yet taken by the command: enough for the way there and back, bytes. */
const AHEAD_BYTES = 1_048_576;

export async function putFiles(
  run: RunTask,
  workspace: string,
  source: FileSource,
  options: PutOptions,
): Promise<TransferReport> {
  const settings = readPut(source, options);
  const roots = isStream(source) ? null : await findRoots(source);
  const { taskId = `put-${randomUUID()}` } = options;
  const task = { taskId, workspace, command: putCommand(settings.directory) };
  const transfer = new FileTransfer(run, task, settings, options);
  const judge = {
    wants(name: string) {
      if (settings.rules.isExcluded(name)) return false;
      transfer.admitName(name);
      return true;
    },
    admit: (entry: ArchiveEntry) => void transfer.admit(entry),
    leaveOut: (name: string, why: string) => transfer.warnings.push(`${name} ${why}: left out`),
  };
  const archive = isStream(source) ? passOn(source, transfer) : packFiles(roots ?? [], judge);
  return await transfer.carryOut(async () => {
    await send(archive, transfer);
    return await transfer.conclude();
  });
}

/** A directory that is named alone is what it holds; of an array each has its own name. */
async function findRoots(source: string | readonly string[]): Promise<SourceRoot[]> {
  const isAlone = typeof source === 'string';
  const roots: SourceRoot[] = [];
  for (const each of isAlone ? [source] : source) {
    try {
      roots.push(await findRoot(each, isAlone));
    } catch (error) {
      throw notFound(each, error);
    }
  }
  return roots;
}

function notFound(source: string, cause: unknown): SandboxError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const message = `source: expected a file or a directory, got ${JSON.stringify(source)}: ${showWords(why)}.`;
  return new SandboxError({ code: 'INVALID_PATH', message, cause });
}

/** An archive that somebody else made: no chunk goes out before the names in it were judged. */
async function* passOn(
  source: AsyncIterable<Uint8Array>,
  transfer: FileTransfer,
): AsyncGenerator<Uint8Array> {
  const reader = new ArchiveReader(async (entry) => void transfer.admit(entry));
  try {
    for await (const chunk of source) {
      if (!(chunk instanceof Uint8Array))
        throw new SandboxError({
          code: 'INVALID_ARCHIVE',
          message: `Expected bytes, got a ${typeof chunk}.`,
        });
      await reader.push(chunk);
      yield chunk;
    }
    await reader.end();
  } finally {
    reader.stop();
  }
}

/** Sends all of it; or ends early where the task does, which then says why. */
async function send(archive: AsyncGenerator<Uint8Array>, transfer: FileTransfer): Promise<void> {
  const { handle } = transfer;
  const onTheWay: { readonly bytes: number; readonly taken: Promise<void> }[] = [];
  let aheadBytes = 0;
  const ended = endOf(handle);
  try {
    for (;;) {
      const next = await ended.before(archive.next());
      if (next === null) return;
      if (next.done === true) break;
      const { length: bytes } = next.value;
      const taken = handle.write(next.value).then(() => transfer.moved(bytes));
      taken.catch(() => {}); // it is awaited when its turn comes
      onTheWay.push({ bytes, taken });
      aheadBytes += bytes;
      for (let first = onTheWay[0]; first !== undefined && aheadBytes > AHEAD_BYTES; first = onTheWay[0]) {
        await first.taken;
        onTheWay.shift();
        aheadBytes -= first.bytes;
      }
    }
    await Promise.all(onTheWay.map(({ taken }) => taken));
    await handle.endInput();
  } catch (error) {
    // The command is at its end, or takes nothing any more: its end tells more than that.
    if (error instanceof SandboxError && error.code === 'INPUT_CLOSED') return;
    throw localFault(error, 'Reading what is to be put');
  } finally {
    void archive.return(undefined).catch(() => {}); // a source that hangs is not waited for
  }
}

/** Waits for the next of many things, but not beyond the end of the task; keeps nothing of each. */
function endOf(handle: TaskHandle): { before<Value>(promise: Promise<Value>): Promise<Value | null> } {
  let hasEnded = false;
  let tell = () => {};
  const end = () => {
    hasEnded = true;
    tell();
  };
  handle.then(end, end);
  return {
    before: (promise) =>
      new Promise((resolve, reject) => {
        tell = () => resolve(null);
        if (hasEnded) tell();
        promise.then(resolve, reject);
      }),
  };
}
