/**
 * Decoders under random frames: they answer, and never throw. The seed stands in the titles; `FUZZ_SEED` repeats it and
 * `FUZZ_MS` gives each property longer than its usual time.
 */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Compile } from 'typebox/compile';
import { findFault } from '#src/fault.js';
import {
  decodeOutputFrame,
  encodeOutputFrame,
  MALFORMED_CODES,
  MANAGER_MESSAGES,
  WORKER_MESSAGES,
} from '#src/index.js';
import { decode, encode, validFrames } from './fixtures.js';

const seed = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));
const timeMs = Number(process.env.FUZZ_MS ?? 800);
const valid = validFrames();

const limitMs = 2 * timeMs + 30_000;

function check<Values extends [unknown, ...unknown[]]>(property: fc.IProperty<Values>) {
  fc.assert(property, { seed, numRuns: 1e9, interruptAfterTimeLimit: timeMs, markInterruptAsFailure: false });
}

const sender = fc.constantFrom('manager' as const, 'worker' as const);
const frame = fc.constantFrom(...valid);
const oddKey = fc.constantFrom(
  '__proto__',
  'constructor',
  'toString',
  '',
  'taskId',
  'type',
  'offset',
  'a/b~c',
);
const oddValue = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>(
    null,
    '',
    [],
    {},
    -1,
    -0,
    0.5,
    1e300,
    2 ** 53,
    '\ud800',
    '\u0000',
    'x'.repeat(1_000),
    'stdout',
    'report',
  ),
);
const mutation = fc.record({
  pick: fc.nat(),
  key: fc.option(oddKey),
  value: fc.option(oddValue, { nil: undefined }),
});
type Mutation = { pick: number; key: string | null; value: unknown };

/** A copy of a message with one place of it changed, taken away, or added to. */
function mutate(message: unknown, { pick, key, value }: Mutation): unknown {
  const copy = structuredClone(message);
  const places = placesOf(copy);
  const place = places[pick % places.length];
  if (place === undefined) return value;
  Object.defineProperty(place.holder, key ?? place.key, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
  return copy;
}

function placesOf(value: unknown): { holder: object; key: string }[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [{ holder: value, key }, ...placesOf(inner)]);
}

/** What holds for the answer to any text at all. */
function expectSoundAnswer(from: 'manager' | 'worker', text: string) {
  const decoded = decode(from, text);
  if (decoded.ok) {
    const again = decode(from, encode(from, decoded.message));
    expect(again).toEqual(decoded);
    return;
  }
  const { code, message, path, taskId } = decoded.refusal;
  expect(MALFORMED_CODES).toContain(code);
  expect(message.length).toBeLessThanOrEqual(500);
  expect((path ?? '').length).toBeLessThanOrEqual(300);
  expect((taskId ?? '').length).toBeLessThanOrEqual(128);
  encode('worker', { type: 'protocol_error', ...decoded.refusal, workerId: 'w', timestamp: 1 });
}

describe(`with seed ${seed}`, () => {
  test(
    'any text is answered with a message or a refusal',
    () => {
      check(fc.property(sender, fc.oneof(fc.string({ unit: 'binary' }), fc.json()), expectSoundAnswer));
    },
    limitMs,
  );

  test(
    'a valid frame with its text cut, doubled or overwritten is answered',
    () => {
      const cut = fc.record({
        at: fc.nat(400),
        length: fc.nat(40),
        put: fc.string({ unit: 'binary', maxLength: 8 }),
      });
      check(
        fc.property(frame, cut, ({ from, text }, { at, length, put }) => {
          const start = at % (text.length + 1);
          expectSoundAnswer(from, text.slice(0, start) + put + text.slice(start + length));
        }),
      );
    },
    limitMs,
  );

  test(
    'a valid message with its fields changed is answered, and the fault finder agrees with the validator',
    () => {
      const schemas = Object.entries({ ...MANAGER_MESSAGES, ...WORKER_MESSAGES });
      const validators = new Map(
        schemas.map(([type, schema]) => [type, { schema, validator: Compile(schema) }]),
      );
      check(
        fc.property(
          frame,
          fc.array(mutation, { minLength: 1, maxLength: 3 }),
          ({ from, message }, mutations) => {
            const changed = mutations.reduce<unknown>(mutate, message);
            const text = JSON.stringify(changed) ?? 'null';
            expectSoundAnswer(from, text);
            const { schema, validator } = validators.get(message.type) ?? {};
            if (schema === undefined || validator === undefined) throw new Error(message.type);
            const value: unknown = JSON.parse(text);
            expect(findFault(schema, value) === null).toBe(validator.Check(value));
          },
        ),
      );
    },
    limitMs,
  );

  test(
    'any bytes are answered with a chunk or a refusal, and a chunk encodes to its bytes',
    () => {
      const head = fc.uint8Array({ minLength: 11, maxLength: 40 }).map((bytes) => {
        bytes.set([1, 1, 0, bytes[3] ?? 0].map((byte, n) => (n === 3 ? byte % 16 : byte)));
        return bytes;
      });
      check(
        fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), head), (bytes) => {
          const decoded = decodeOutputFrame(bytes);
          if (decoded.ok) expect(encodeOutputFrame(decoded.message)).toEqual(new Uint8Array(bytes));
          else expect(decoded.refusal.message.length).toBeLessThanOrEqual(500);
        }),
      );
    },
    limitMs,
  );
});
