/** Changes inputs that are known, and keeps each change that reaches something new in the decoders. */
import { encodeOutputFrame } from '@sandcrew/protocol';
import type { Input } from './corpus.js';
import { BlockCoverage } from './coverage.js';
import { VALID_FRAMES } from './inputs.js';
import type { Progress } from './progress.js';
import { checkAnswer } from './soundness.js';

/** The decoders, and the validators that are compiled from the schemas. */
const isDecoder = (url: string) => url.includes('/packages/protocol/dist/') || url === '';
const MAX_INPUT_BYTES = 4_096;
/** A look at the counts takes some milliseconds: so many inputs share one, and each has its own where it shows something. */
const BATCH = 64;
const TOKENS = [
  ...['"type":', '"taskId":', '"timestamp":1', '"__proto__":', '"encoding":"base64"', '"input":', '{}', '[]'],
  ...['[', ']', '{', '}', ',', ':', '"', '\\', '\\u0000', '\\ud800', 'null', 'true', '-1', '0.5', '1e999'],
  ...VALID_FRAMES.slice(0, 60).map(({ text }) => text.slice(1, 60)),
];

export interface GuidedResult {
  readonly tried: number;
  readonly reached: number;
  /** The inputs, known or found, that each reached something which none before it had. */
  readonly corpus: readonly Input[];
}

/** @throws {Error} with the input that a decoder did not stand. */
export async function runGuided(
  known: readonly Input[],
  count: number,
  seed: number,
  progress: Progress,
): Promise<GuidedResult> {
  const random = randomOf(seed);
  const coverage = new BlockCoverage(isDecoder);
  const pool: Input[] = [];
  const learn = (input: Input) => {
    tryInput(input);
    if (coverage.learn()) pool.push(input);
  };
  // Shorter ones first: what they reach, longer ones need not be kept for.
  const seeds = [...known, ...seedInputs()].toSorted((one, other) => one.bytes.length - other.bytes.length);
  for (const input of seeds) learn(input);
  let tried = 0;
  while (tried < count && !progress.isOver) {
    const batch = Array.from({ length: Math.min(BATCH, count - tried) }, () =>
      change(pick(pool, random), pool, random),
    );
    for (const input of batch) tryInput(input);
    if (coverage.hasNew()) for (const input of batch) learn(input);
    tried += batch.length;
    await progress.tell(`guided, ${pool.length} kept`, tried, count);
  }
  coverage.stop();
  return { tried, reached: coverage.reached, corpus: pool };
}

function tryInput({ target, bytes }: Input): void {
  try {
    checkAnswer(target, bytes);
  } catch (cause) {
    throw new Error(`${target} ${JSON.stringify(bytes.toString('base64'))} (base64): ${cause}`, { cause });
  }
}

function seedInputs(): Input[] {
  const chunk = { taskId: 't1', stream: 'stdout', offset: 1, data: Buffer.from('x') } as const;
  return [
    ...VALID_FRAMES.map(({ target, text }) => ({ target, bytes: Buffer.from(text) })),
    { target: 'binary', bytes: Buffer.from(encodeOutputFrame(chunk)) },
  ];
}

function change({ target, bytes }: Input, pool: readonly Input[], random: () => number): Input {
  let changed = bytes;
  for (let times = 1 + Math.floor(random() * 3); times > 0; times--) {
    const at = Math.floor(random() * (changed.length + 1));
    const end = Math.min(changed.length, at + Math.floor(random() ** 3 * 40));
    changed = Buffer.concat([
      changed.subarray(0, at),
      ...insertion(changed, pool, random),
      changed.subarray(end),
    ]);
  }
  return { target, bytes: changed.subarray(0, MAX_INPUT_BYTES) };
}

/** What stands in the place of what was taken out. */
function insertion(own: Buffer, pool: readonly Input[], random: () => number): Buffer[] {
  switch (Math.floor(random() * 6)) {
    case 0:
      return [];
    case 1:
      return [Buffer.from([Math.floor(random() * 256)])];
    case 2:
      return [sliceOf(own, random)]; // a part of itself again
    case 3:
      return [sliceOf(pick(pool, random).bytes, random)];
    default:
      return [Buffer.from(pick(TOKENS, random))];
  }
}

function sliceOf(bytes: Buffer, random: () => number): Buffer {
  const start = Math.floor(random() * bytes.length);
  return bytes.subarray(start, start + Math.floor(random() * 60));
}

function pick<Item>(items: readonly Item[], random: () => number): Item {
  return items[Math.floor(random() * items.length)] as Item;
}

/** Numbers from 0 to 1 that follow from the seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
