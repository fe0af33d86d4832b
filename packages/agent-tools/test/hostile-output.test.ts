/** Output that was made to keep its reader busy: a pattern that goes over it once too often stops the whole agent. */
import { expect, test } from '@jest/globals';
import { textOf } from '#src/io/output-text.js';

/** As much as one answer shows at most. */
const BYTES = 131_072;
/** A few milliseconds are usual. Where the time grows with the square of the length it is half a minute. */
const MAX_CPU_MS = 5_000;

test.each([
  ['carriage returns alone', '', '\r'],
  ['an escape sequence that never ends', '\u001b', ';#'],
  ['an escape sequence of question marks', '\u001b', '?;'],
  ['the beginnings of control sequences', '', '\u001b['],
  ['the beginnings of control sequences of 8 bits', '', '\u009b'],
  ['the beginnings of titles', '', '\u001b]'],
  ['a control sequence of parameters alone', '\u001b[', '1;'],
  ['a title that never ends', '\u001b]', 'a;'],
])('%s are shown about as quickly as any other output', (_what, start, repeated) => {
  const written = start + repeated.repeat(BYTES / repeated.length);
  const bytes = new TextEncoder().encode(written);
  const before = process.cpuUsage();
  textOf([{ stream: 'stdout', offset: 0, bytes }], false);
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1_000).toBeLessThan(MAX_CPU_MS);
});
