import { describe, expect, test } from '@jest/globals';
import type { Stream } from '@sandcrew/protocol';
import fc from 'fast-check';
import {
  appendInMemory,
  appendInSpool,
  chunkAt,
  createOutputLog,
  dropBefore,
  lookBack,
  markLost,
  moveToSpool,
  type OutputLog,
} from '#src/core/output-log.js';

const bytesOf = (text: string) => new TextEncoder().encode(text);

function logOf(...parts: [Stream, string][]): OutputLog {
  const log = createOutputLog();
  for (const [stream, text] of parts) appendInMemory(log, stream, bytesOf(text));
  return log;
}

test('small writes to one stream are gathered, and a reader that holds an earlier view keeps its bytes', () => {
  const log = logOf(['stdout', 'ab']);
  appendInMemory(log, 'stdout', bytesOf('cd'));
  const early = chunkAt(log, 0);
  for (let index = 0; index < 100; index++) appendInMemory(log, 'stdout', bytesOf('x'));
  expect(log.chunks).toHaveLength(1);
  expect(early?.place).toEqual({ kind: 'memory', data: bytesOf('abcd') });
});

test('writes of a byte that are gathered take no more memory than their number asks for', () => {
  const log = createOutputLog();
  const sizes: number[] = [];
  for (let count = 1; count <= 20_000; count++) {
    appendInMemory(log, 'stdout', Uint8Array.of(count));
    const place = log.chunks.at(-1)?.place;
    if (place?.kind === 'memory') sizes.push(place.data.buffer.byteLength);
  }
  expect(sizes[1]).toBeLessThanOrEqual(64);
  expect(Math.max(...sizes)).toBe(16_384);
});

test('gathering never writes into a buffer that the log did not make', () => {
  const shared = new Uint8Array(64).fill(7);
  const log = createOutputLog();
  appendInMemory(log, 'stdout', shared.subarray(0, 4));
  appendInMemory(log, 'stdout', bytesOf('abc'));
  expect(shared.every((byte) => byte === 7)).toBe(true);
});

test('streams keep the order in which they were read', () => {
  const log = logOf(['stdout', 'a'], ['stderr', 'b'], ['stdout', 'c']);
  expect(log.chunks.map(({ offset, stream }) => [offset, stream])).toEqual([
    [0, 'stdout'],
    [1, 'stderr'],
    [2, 'stdout'],
  ]);
});

test('spooled chunks that follow each other in one file are one', () => {
  const log = createOutputLog();
  appendInSpool(log, 'stdout', 10, 0, 0);
  appendInSpool(log, 'stdout', 10, 0, 10);
  appendInSpool(log, 'stdout', 10, 1, 0);
  expect(log.chunks.map(({ bytes }) => bytes)).toEqual([20, 10]);
});

describe('a look back', () => {
  test.each([
    [
      'passes over the other stream',
      dropped(logOf(['stdout', 'a'], ['stderr', 'x'], ['stdout', 'b'], ['stderr', 'y'], ['stdout', 'cd']), 5),
      5,
      'abc',
    ],
    ['finds nothing at the start', logOf(['stdout', 'abc']), 0, ''],
    ['finds nothing before what is kept: a gap stands there', dropped(logOf(['stdout', 'abcdef']), 4), 2, ''],
    [
      'finds the last three bytes of the stream that were dropped',
      dropped(logOf(['stdout', 'abcdef']), 4),
      4,
      'bcd',
    ],
    [
      'puts together what was dropped at several times',
      dropped(dropped(logOf(['stdout', 'abcdef']), 4), 5),
      5,
      'cde',
    ],
    ['finds what stands before the spool', dropped(beforeSpool('abc'), 3), 3, 'abc'],
    ['stops where bytes are lost', dropped(lost(logOf(['stdout', 'abcdef']), 2, 2), 5), 5, 'e'],
  ])('%s', (_, log, offset, expected) => {
    expect(lookBack(log, 'stdout', offset)).toEqual(bytesOf(expected));
  });
});

describe('what is let go', () => {
  const spooled = () => {
    const log = createOutputLog();
    appendInSpool(log, 'stdout', 10, 2, 30);
    return log;
  };

  test('of a spooled chunk leaves the rest where it stands in its file', () => {
    const log = dropped(spooled(), 4);
    expect(log.chunks).toEqual([
      { offset: 4, bytes: 6, stream: 'stdout', place: { kind: 'spool', segment: 2, position: 34 } },
    ]);
    expect(log).toMatchObject({ startOffset: 4, spoolBytes: 6 });
  });

  test('of a lost chunk leaves a lost one', () => {
    const log = dropped(lost(spooled(), 0, 10), 4);
    expect(log.chunks).toEqual([{ offset: 4, bytes: 6, stream: 'stdout', place: { kind: 'lost' } }]);
    expect(log.spoolBytes).toBe(0);
  });

  test('from the spool is not remembered: what a reader would put together is not there', () => {
    const log = logOf(['stdout', 'abc']);
    appendInSpool(log, 'stdout', 3, 0, 0);
    appendInMemory(log, 'stdout', bytesOf('xyz'));
    expect(lookBack(dropped(log, 6), 'stdout', 6)).toEqual(bytesOf(''));
    expect(lookBack(dropped(log, 7), 'stdout', 7)).toEqual(bytesOf('x'));
  });

  test('twice, or beyond the end, is no more than there is', () => {
    const log = dropped(dropped(logOf(['stdout', 'abc']), 2), 1);
    expect(log).toMatchObject({ startOffset: 2, endOffset: 3, memoryBytes: 1 });
    expect(dropped(log, 99)).toMatchObject({ startOffset: 3, memoryBytes: 0, chunks: [] });
  });
});

describe('what the spool lost', () => {
  test('in the middle of a chunk leaves both sides where they stand', () => {
    const log = createOutputLog();
    appendInSpool(log, 'stdout', 10, 2, 30);
    markLost(log, 3, 4);
    expect(log.chunks).toEqual([
      { offset: 0, bytes: 3, stream: 'stdout', place: { kind: 'spool', segment: 2, position: 30 } },
      { offset: 3, bytes: 4, stream: 'stdout', place: { kind: 'lost' } },
      { offset: 7, bytes: 3, stream: 'stdout', place: { kind: 'spool', segment: 2, position: 37 } },
    ]);
    expect(log.spoolBytes).toBe(6);
  });

  test('over several chunks, of which some are in memory, is all of it and no byte more', () => {
    const log = logOf(['stdout', 'abcd'], ['stderr', 'efgh']);
    appendInSpool(log, 'stdout', 4, 0, 0);
    markLost(log, 2, 8);
    expect(log.chunks.map(({ offset, bytes, place }) => [offset, bytes, place.kind])).toEqual([
      [0, 2, 'memory'],
      [2, 2, 'lost'],
      [4, 4, 'lost'],
      [8, 2, 'lost'],
      [10, 2, 'spool'],
    ]);
    expect(log.chunks[0]?.place).toEqual({ kind: 'memory', data: bytesOf('ab') });
    expect(log).toMatchObject({ memoryBytes: 2, spoolBytes: 2 });
  });

  test('and was let go meanwhile is nothing', () => {
    const log = dropped(logOf(['stdout', 'abcd']), 4);
    markLost(log, 0, 4);
    expect(log.chunks).toEqual([]);
    appendInMemory(log, 'stdout', bytesOf('ef'));
    markLost(log, 0, 4);
    expect(log.chunks).toMatchObject([{ offset: 4, bytes: 2, place: { kind: 'memory' } }]);
  });
});

function dropped(log: OutputLog, offset: number): OutputLog {
  dropBefore(log, offset);
  return log;
}

function beforeSpool(text: string): OutputLog {
  const log = logOf(['stdout', text]);
  appendInSpool(log, 'stdout', 3, 0, 0);
  return log;
}

function lost(log: OutputLog, offset: number, bytes: number): OutputLog {
  markLost(log, offset, bytes);
  return log;
}

/** The log as a plain list of bytes, each with where it stands. */
class Model {
  readonly cells: { stream: Stream; byte: number; place: 'memory' | 'spool' | 'lost' }[] = [];
  start = 0;

  move(at: number, place: 'spool' | 'lost'): void {
    const cell = this.cells[at];
    if (cell !== undefined) cell.place = place;
  }

  count(place: string): number {
    return this.cells.slice(this.start).filter((cell) => cell.place === place).length;
  }
}

const action = fc.oneof(
  fc.record({
    kind: fc.constantFrom('memory' as const, 'spool' as const),
    stream: fc.constantFrom<Stream>('stdout', 'stderr'),
    bytes: fc.integer({ min: 1, max: 40 }),
  }),
  fc.record({
    kind: fc.constantFrom('drop' as const, 'lose' as const, 'move' as const),
    at: fc.nat(400),
    bytes: fc.nat(60),
  }),
);

test('whatever is appended, dropped, moved and lost: offsets are contiguous, every byte is where it should be, totals are exact', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
      const log = createOutputLog();
      const model = new Model();
      for (const act of actions) {
        const end = model.cells.length;
        if (act.kind === 'memory' || act.kind === 'spool') {
          const data = Uint8Array.from({ length: act.bytes }, (_, index) => (end + index) % 251);
          if (act.kind === 'memory') appendInMemory(log, act.stream, data);
          else appendInSpool(log, act.stream, act.bytes, 0, end);
          for (const byte of data) model.cells.push({ stream: act.stream, byte, place: act.kind });
        } else if (act.kind === 'drop') {
          dropBefore(log, act.at);
          model.start = Math.max(model.start, Math.min(act.at, end));
        } else if (act.kind === 'lose') {
          markLost(log, act.at, act.bytes);
          for (let at = Math.max(act.at, model.start); at < Math.min(act.at + act.bytes, end); at++)
            model.move(at, 'lost');
        } else {
          const index = log.chunks.findIndex(({ place }) => place.kind === 'memory');
          const chunk = log.chunks[index];
          if (chunk === undefined) continue;
          moveToSpool(log, index, 0, chunk.offset);
          for (let at = chunk.offset; at < chunk.offset + chunk.bytes; at++) model.move(at, 'spool');
        }
        expect([log.startOffset, log.endOffset]).toEqual([model.start, model.cells.length]);
        expect([log.memoryBytes, log.spoolBytes]).toEqual([model.count('memory'), model.count('spool')]);
        expectSame(log, model);
      }
    }),
    { numRuns: 300 },
  );
});

function expectSame(log: OutputLog, model: Model): void {
  let at = log.startOffset;
  for (const chunk of log.chunks) {
    expect(chunk.offset).toBe(at);
    if (chunk.place.kind === 'spool') expect(chunk.place.position).toBe(at); // each byte was spooled at its own offset
    for (let index = 0; index < chunk.bytes; index++, at++) {
      const cell = model.cells[at];
      if (cell?.stream !== chunk.stream || cell.place !== chunk.place.kind)
        throw new Error(`byte ${at} stands in the wrong place`);
      if (chunk.place.kind === 'memory' && chunk.place.data[index] !== cell.byte)
        throw new Error(`byte ${at} is another`);
    }
  }
  expect(at).toBe(log.endOffset);
}
