/** Files out of a workspace: an archive made there by a command that runs like any other, and taken here with distrust. */
import { randomUUID } from 'node:crypto';
import type { Writable } from 'node:stream';
import { type ArchiveEntry, type FileFacts, isTooLong } from './core/files/archive-ledger.js';
import { CREDIT_BYTES, CREDITS_AHEAD, getCommand } from './core/files/tar-commands.js';
import type { OutputChunk } from './core/report.js';
import { SandboxError } from './core/sandbox-error.js';
import { type GetOptions, readGet, type TransferReport, type TransferSettings } from './file-options.js';
import { FileTransfer, localFault, type RunTask } from './file-transfer.js';
import { ArchiveReader } from './io/files/archive-reader.js';
import { StagedFiles } from './io/files/staged-files.js';

/** Where what has been judged goes. */
interface Receiver {
  entry(entry: ArchiveEntry & FileFacts, content: AsyncIterable<Uint8Array>): Promise<void>;
  /** A chunk of the archive whose entries were all judged. */
  chunk(bytes: Uint8Array): Promise<void>;
  /** All of it has come, and is good. */
  finish(): Promise<void>;
  /** Nothing is left of what was not finished. */
  drop(): Promise<void>;
}

export async function getFiles(
  run: RunTask,
  workspace: string,
  paths: readonly string[],
  options: GetOptions,
): Promise<TransferReport> {
  const settings = readGet(paths, options);
  const { taskId = `get-${randomUUID()}`, target } = options;
  const task = { taskId, workspace, command: getCommand(settings.wanted, settings.exclude) };
  const transfer = new FileTransfer(run, task, settings, options);
  // Claimed at once: what comes before its reader is kept for a little while only.
  const chunks = transfer.handle.output[Symbol.asyncIterator]();
  const receiving = transfer.carryOut(async () => {
    const receiver = await openReceiver(target, transfer);
    try {
      return await receive(transfer, { [Symbol.asyncIterator]: () => chunks }, receiver, settings);
    } catch (error) {
      throw localFault(error, 'Writing what is got');
    } finally {
      await receiver.drop();
    }
  });
  return await receiving.finally(() => chunks.return?.());
}

async function receive(
  transfer: FileTransfer,
  output: AsyncIterable<OutputChunk>,
  receiver: Receiver,
  { rules }: TransferSettings,
): Promise<TransferReport> {
  const { handle } = transfer;
  const reader = new ArchiveReader((entry, content) => receiver.entry(entry, content));
  // Where it takes no more input it is at its end, and that is told elsewhere.
  const giveCredit = (lines: number) => void handle.write('\n'.repeat(lines)).catch(() => {});
  giveCredit(CREDITS_AHEAD);
  let creditedBytes = 0;
  let nextOffset = 0;
  try {
    for await (const { stream, bytes, offset } of output) {
      if (bytes.length > 0 && offset !== nextOffset) throw lost(nextOffset, offset);
      nextOffset = offset + bytes.length;
      if (stream === 'stderr') continue; // the result has it
      await reader.push(bytes);
      await receiver.chunk(bytes);
      transfer.moved(bytes.length);
      if (isTooLong(reader.archiveBytes, rules))
        throw new SandboxError({
          code: 'ARCHIVE_TOO_LARGE',
          message: `Expected an archive of ${rules.maxBytes} bytes of content (maxBytes), got ${reader.archiveBytes} bytes and no end.`,
        });
      for (; reader.archiveBytes - creditedBytes >= CREDIT_BYTES; creditedBytes += CREDIT_BYTES)
        giveCredit(1);
    }
    const report = await transfer.conclude();
    await reader.end();
    await receiver.finish();
    return report;
  } finally {
    reader.stop();
  }
}

async function openReceiver(target: string | Writable, transfer: FileTransfer): Promise<Receiver> {
  if (typeof target !== 'string') return streamReceiver(target, transfer);
  const files = await StagedFiles.open(target).catch((error) => {
    throw localFault(error, `Making a directory in ${target}`);
  });
  return {
    async entry(entry, content) {
      const taken = transfer.admit(entry);
      if (taken === null) return;
      const { path, kind, to } = taken;
      if (kind === 'file') await files.addFile(path, entry, content);
      else if (kind === 'directory') await files.addDirectory(path, entry);
      else if (kind === 'symlink') await files.addSymlink(path, to, entry);
      else await files.addLink(path, to);
    },
    chunk: async () => {},
    finish: () => files.place(),
    drop: () => files.drop(),
  };
}

/** The archive itself goes on, so nothing of it can be left out here. */
function streamReceiver(target: Writable, transfer: FileTransfer): Receiver {
  const ignore = () => {}; // a write that fails says so itself
  target.on('error', ignore);
  return {
    async entry(entry) {
      if (transfer.admit(entry) !== null || entry.type === 'directory') return;
      const message = `Expected an archive without ${JSON.stringify(entry.name)}, which is excluded, got it.`;
      throw new SandboxError({ code: 'FILES_FAILED', message });
    },
    async chunk(bytes) {
      await new Promise<void>((resolve, reject) => {
        target.write(bytes, (error) => (error ? reject(error) : resolve()));
      });
    },
    finish: async () => void target.off('error', ignore), // else it stays: the event comes after the failure
    drop: async () => {},
  };
}

function lost(expected: number, got: number): SandboxError {
  const message = `Expected output from byte ${expected} on, got it from byte ${got} on: the worker does not have the rest any more.`;
  return new SandboxError({ code: 'FILES_FAILED', message });
}
