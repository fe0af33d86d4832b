/** Carries one transfer of files out: shows it, stops it on an interrupt, and says what to exit with. */
import {
  SandboxError,
  type SandboxManager,
  type TransferOptions,
  type TransferReport,
} from '@sandcrew/manager';
import type { Transfer } from './commands/transfer-flags.js';
import { EXIT, statusOfError, statusOfOutputFault, statusOfSignal } from './exit-status.js';
import { Interrupts } from './interrupts.js';
import { OWNING, withManager } from './manager-lease.js';
import { errorSentence, outputFaultSentence } from './render/sentences.js';
import { TransferEvents, TransferLine, type TransferRenderer } from './render/transfer-renderer.js';

type Move = (
  manager: SandboxManager,
  options: Pick<TransferOptions, 'exclude' | 'idleTimeoutMs' | 'signal' | 'onProgress'>,
) => Promise<TransferReport>;

/** @param verb As in `put 3 files`. @param outputFault Why our stdout takes nothing any more, where the files go there. */
export async function carryOut(
  { manager: managerOptions, options, format }: Transfer,
  verb: 'put' | 'got',
  move: Move,
  outputFault: () => NodeJS.ErrnoException | null = () => null,
): Promise<number> {
  const renderer: TransferRenderer = format === 'json' ? new TransferEvents() : new TransferLine(verb);
  const abort = new AbortController();
  const interrupts = new Interrupts({
    first(signal) {
      abort.abort(signal);
      renderer.notice(`Stopping on ${signal}: nothing is kept. Once more does not wait for the worker.`);
      return 'patience';
    },
    second: () => {},
  });
  const moved = withManager(managerOptions, OWNING, (manager) =>
    move(manager, {
      ...options,
      signal: abort.signal,
      onProgress: (progress) => renderer.progress(progress),
    }),
  );
  try {
    const report = await Promise.race([moved, interrupts.gaveUp]);
    if (report === undefined) return statusOfSignal(interrupts.signal ?? '');
    const status = report.warnings.length === 0 ? EXIT.ok : EXIT.incomplete;
    await renderer.ended({ report, error: null }, status);
    return status;
  } catch (error) {
    if (!(error instanceof SandboxError)) throw error;
    const fault = outputFault();
    const status =
      fault === null
        ? statusOfError(error as SandboxError<never>, interrupts.signal)
        : statusOfOutputFault(fault);
    const message = fault === null ? errorSentence(error) : outputFaultSentence(fault);
    const isAsked = interrupts.signal !== null; // that was told already
    if (message !== null && !(isAsked && format === 'text')) {
      await renderer.ended({ report: null, error: { code: error.code, message } }, status);
    }
    return status;
  } finally {
    interrupts.stop();
  }
}
