/** Which part of an output is shown, and where it is cut. */
import { describe, expect, test } from '@jest/globals';
import { OutputRecord } from '#src/core/output-record.js';
import { chooseView, type OutputView, type View } from '#src/core/output-view.js';

function recordOf(text: string, chunkBytes = 64): OutputRecord {
  const record = new OutputRecord({ headBytes: 1_000, tailBytes: 1_000_000 });
  const bytes = new TextEncoder().encode(text);
  for (let offset = 0; offset < bytes.length; offset += chunkBytes)
    record.append('stdout', offset, bytes.subarray(offset, offset + chunkBytes));
  return record;
}

function show({ parts }: OutputView): string {
  return parts
    .map((part) => {
      if (part.kind === 'omitted') return `<${part.why} ${part.offset}+${part.bytes}>`;
      const joined = part.pieces.flatMap((piece) => [...piece.bytes]);
      return new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(joined));
    })
    .join('');
}

const LINES = Array.from({ length: 100 }, (_, line) => `line ${String(line).padStart(3, '0')}\n`).join('');

describe('a view of an output', () => {
  test('that fits is the whole of it', () => {
    const view = chooseView(recordOf(LINES), {
      fromOffset: 0,
      maxBytes: 900,
      view: 'both',
      isComplete: true,
    });
    expect(show(view)).toBe(LINES);
    expect(view.nextOffset).toBe(900);
  });

  test.each<[View, string, number]>([
    ['both', `${LINES.slice(0, 45)}<size 45+711>${LINES.slice(756)}`, 900],
    ['head', `${LINES.slice(0, 198)}<size 198+702>`, 198],
    ['tail', `<size 0+702>${LINES.slice(702)}`, 900],
  ])('that does not fit is cut at line ends and says what it leaves out: %s', (kind, shown, next) => {
    const view = chooseView(recordOf(LINES), { fromOffset: 0, maxBytes: 200, view: kind, isComplete: true });
    expect(show(view)).toBe(shown);
    expect(view.nextOffset).toBe(next);
  });

  test('pages through everything by head, with no byte twice and none left out', () => {
    const record = recordOf(LINES, 7);
    let text = '';
    let fromOffset = 0;
    while (fromOffset < record.endOffset) {
      const view = chooseView(record, { fromOffset, maxBytes: 100, view: 'head', isComplete: true });
      text += show({ ...view, parts: view.parts.filter(({ kind }) => kind === 'shown') });
      expect(view.nextOffset).toBeGreaterThan(fromOffset);
      fromOffset = view.nextOffset;
    }
    expect(text).toBe(LINES);
  });

  test.each<View>(['both', 'head', 'tail'])('is never cut inside a code point: %s', (kind) => {
    const text = '€😀é'.repeat(500); // without a line end: 9 bytes each
    for (let maxBytes = 40; maxBytes < 60; maxBytes += 1) {
      const view = chooseView(recordOf(text, 1_000_000), {
        fromOffset: 0,
        maxBytes,
        view: kind,
        isComplete: true,
      });
      expect(show(view)).not.toContain('�'); // the decoder is fatal: it would have thrown
    }
  });

  test('leaves a code point that is not whole yet for the next read', () => {
    const record = new OutputRecord({ headBytes: 100, tailBytes: 100 });
    const [first, ...rest] = new TextEncoder().encode('€');
    record.append('stdout', 0, Uint8Array.of(0x61, first as number));
    const request = { fromOffset: 0, maxBytes: 1_024, view: 'both' } as const;
    const early = chooseView(record, { ...request, isComplete: false });
    expect([show(early), early.nextOffset]).toEqual(['a', 1]);
    record.append('stdout', 2, Uint8Array.from(rest));
    const late = chooseView(record, { ...request, fromOffset: early.nextOffset, isComplete: false });
    expect([show(late), late.nextOffset]).toEqual(['€', 4]);
  });

  test('says what was lost in its place, and counts it to what is left out where it stands there', () => {
    const record = new OutputRecord({ headBytes: 1_000, tailBytes: 10_000 });
    record.append('stdout', 0, new TextEncoder().encode('before\n'));
    record.append('stdout', 107, new TextEncoder().encode('after\n'));
    const all = chooseView(record, { fromOffset: 0, maxBytes: 1_024, view: 'both', isComplete: true });
    expect(show(all)).toBe('before\n<lost 7+100>after\n');
    const tail = chooseView(record, { fromOffset: 0, maxBytes: 6, view: 'tail', isComplete: true });
    expect(show(tail)).toBe('<size 0+107>after\n');
  });

  test('beyond the end is empty, and goes on at the end', () => {
    const view = chooseView(recordOf('abc'), {
      fromOffset: 99,
      maxBytes: 1_024,
      view: 'both',
      isComplete: false,
    });
    expect(view).toEqual({ parts: [], nextOffset: 3 });
  });
});
