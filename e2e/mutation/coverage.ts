/** Which bytes of which modules run, as V8 counts it, block by block. */
import { type Profiler, Session } from 'node:inspector/promises';

/** Whether what stands at an offset of a file ran. */
export type Coverage = ReadonlyMap<string, (offset: number) => boolean>;

export class CoverageMeter {
  readonly #session = new Session();

  async start(): Promise<void> {
    this.#session.connect();
    await this.#session.post('Profiler.enable');
    await this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** What ran since it was last taken, by the URL of the module, which may have been loaded more than once. */
  async take(): Promise<Coverage> {
    const { result } = await this.#session.post('Profiler.takePreciseCoverage');
    const instances = new Map<string, Profiler.CoverageRange[][]>();
    for (const { url, functions } of result) {
      const known = instances.get(url) ?? [];
      instances.set(url, known);
      known.push(functions.flatMap(({ ranges }) => ranges));
    }
    return new Map(
      [...instances].map(([url, known]) => [url, (offset) => known.some((ranges) => hasRun(ranges, offset))]),
    );
  }

  stop(): void {
    this.#session.disconnect();
  }
}

/** The innermost range counts. */
function hasRun(ranges: readonly Profiler.CoverageRange[], offset: number): boolean {
  let length = Number.POSITIVE_INFINITY;
  let count = 0;
  for (const range of ranges) {
    const itsLength = range.endOffset - range.startOffset;
    if (offset < range.startOffset || offset >= range.endOffset || itsLength > length) continue;
    count = range.count;
    length = itsLength;
  }
  return count > 0;
}
