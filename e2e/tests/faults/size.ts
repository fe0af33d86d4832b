/** How much of the fault table is run: a bounded part with the other tests, all of it by `npm run test:faults`. */
import { test } from '@jest/globals';

const IS_WHOLE = process.env.FAULTS === 'whole';

/** What is too long for each run of the tests. */
export const testWhole: typeof test | typeof test.skip = IS_WHOLE ? test : test.skip;

export function sized<Size>(bounded: Size, whole: Size): Size {
  return IS_WHOLE ? whole : bounded;
}

/** Tells a figure of the table; the whole run's stand in docs/reliability.md. */
export function tell(figure: string): void {
  if (IS_WHOLE) process.stderr.write(`figure: ${figure}\n`);
}
