/** Runs the decoders on arbitrary frames, so many that between them somebody has to be let say how far it is. */
import fc from 'fast-check';
import { mutatedFrame, structuredFrame, type TextFrame } from './inputs.js';
import type { Progress } from './progress.js';
import { checkText } from './soundness.js';

const BATCH = 10_000;

/**
 * @returns how many frames were tried: `count`, but for the time or whoever stopped it.
 * @throws {Error} with the smallest frame that was found, and the seed and path that repeat it.
 */
export async function runDecoders(
  kind: 'structured' | 'mutated',
  count: number,
  seed: number,
  progress: Progress,
): Promise<number> {
  const frame: fc.Arbitrary<TextFrame> = kind === 'structured' ? structuredFrame : mutatedFrame;
  let tried = 0;
  const property = fc.property(frame, ({ target, text }) => {
    checkText(target, text);
    tried++;
  });
  for (let batch = 0; tried < count && !progress.isOver; batch++) {
    const numRuns = Math.min(BATCH, count - tried);
    fc.assert(property, { seed: seed + batch, numRuns });
    await progress.tell(kind, tried, count);
  }
  return tried;
}
