/** What a command that asks something answers, on stdout: all of it, or an error that says why not. */
import { OutputSink } from './output-sink.js';

/** Our stdout takes nothing any more. */
export class OutputError extends Error {
  override readonly name = 'OutputError';
  readonly fault: NodeJS.ErrnoException;

  constructor(fault: NodeJS.ErrnoException) {
    super(fault.message, { cause: fault });
    this.fault = fault;
  }
}

/** Resolves when stdout has taken it. @throws {OutputError} */
export async function writeAnswer(text: string): Promise<void> {
  const sink = new OutputSink(process.stdout);
  await sink.write(text);
  if (sink.fault !== null) throw new OutputError(sink.fault);
}
