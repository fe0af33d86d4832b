/** What is kept of a task's output, and what is said of the rest. */
import { describe, expect, test } from '@jest/globals';
import { OutputRecord } from '#src/core/output-record.js';

const bytes = (text: string) => new TextEncoder().encode(text);
const textOf = (record: OutputRecord, from: number, to: number) =>
  record
    .piecesBetween(from, to)
    .map((piece) => new TextDecoder().decode(piece.bytes))
    .join('');

describe('a record of output', () => {
  test('gives back each range of what came, both streams in their order', () => {
    const record = new OutputRecord({ headBytes: 4, tailBytes: 10_000 });
    record.append('stdout', 0, bytes('abc'));
    record.append('stderr', 3, bytes('defg'));
    record.append('stdout', 7, bytes('hi'));
    expect(record.endOffset).toBe(9);
    expect(textOf(record, 0, 9)).toBe('abcdefghi');
    expect(textOf(record, 2, 8)).toBe('cdefgh');
    expect(record.piecesBetween(2, 8).map(({ stream, offset }) => [stream, offset])).toEqual([
      ['stdout', 2],
      ['stderr', 3],
      ['stderr', 4],
      ['stdout', 7],
    ]);
    expect(record.holesBetween(0, 9)).toEqual([]);
  });

  test('keeps the beginning and the end of a long output, and says which bytes it dropped', () => {
    const record = new OutputRecord({ headBytes: 100, tailBytes: 40_000 });
    const line = bytes('x'.repeat(999).concat('\n'));
    for (let offset = 0; offset < 1_000_000; offset += line.length) record.append('stdout', offset, line);
    const [hole, ...others] = record.holesBetween(0, record.endOffset);
    expect(others).toEqual([]);
    expect(hole).toMatchObject({ offset: 100, why: 'dropped' });
    const kept = record
      .piecesBetween(0, record.endOffset)
      .reduce((sum, piece) => sum + piece.bytes.length, 0);
    expect(kept + (hole?.bytes ?? 0)).toBe(1_000_000);
    expect(kept).toBeLessThanOrEqual(100 + 40_000);
    expect(kept).toBeGreaterThan(20_000);
    expect(record.piecesBetween(0, 100)[0]?.bytes.length).toBe(100);
    expect(textOf(record, 999_000, 1_000_000)).toBe(new TextDecoder().decode(line));
  });

  test('is bounded also where both streams write a byte in turn', () => {
    const record = new OutputRecord({ headBytes: 0, tailBytes: 12_800 });
    for (let offset = 0; offset < 10_000; offset += 1)
      record.append(offset % 2 === 0 ? 'stdout' : 'stderr', offset, bytes('x'));
    expect(record.piecesBetween(0, 10_000).length).toBeLessThanOrEqual(100);
  });

  test('tells a jump of the offset as lost bytes, and takes no byte twice', () => {
    const record = new OutputRecord({ headBytes: 100, tailBytes: 100 });
    record.append('stdout', 0, bytes('ab'));
    record.append('stdout', 7, bytes('hi'));
    record.append('stdout', 7, bytes('hijk'));
    expect(record.holesBetween(0, 11)).toEqual([{ offset: 2, bytes: 5, why: 'lost' }]);
    expect(record.holesBetween(4, 6)).toEqual([{ offset: 4, bytes: 2, why: 'lost' }]);
    expect(textOf(record, 0, 11)).toBe('abhijk');
  });

  test('has nothing but what was lost, where it begins late', () => {
    const record = new OutputRecord({ headBytes: 100, tailBytes: 100 });
    record.skipTo(5_000);
    expect(record.piecesBetween(0, 5_000)).toEqual([]);
    expect(record.holesBetween(0, 5_000)).toEqual([{ offset: 0, bytes: 5_000, why: 'lost' }]);
  });
});
