/** The inputs that are kept: each reached something in a decoder that none before it did. One line of JSON each. */
import { readFileSync, writeFileSync } from 'node:fs';
import { TARGETS, type Target } from './soundness.js';

export interface Input {
  readonly target: Target;
  readonly bytes: Buffer;
}

const FILE = new URL('../../fuzz/corpus/decoders.jsonl', import.meta.url);

/** `["manager","text"]`; bytes of a binary frame as base64. */
export function readCorpus(): Input[] {
  const lines = readFileSync(FILE, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  return lines.map((line) => {
    const [target, text] = JSON.parse(line) as [Target, string];
    if (!TARGETS.includes(target)) throw new Error(`expected one of ${TARGETS.join(', ')}, got ${target}`);
    return { target, bytes: Buffer.from(text, target === 'binary' ? 'base64' : 'utf8') };
  });
}

export function writeCorpus(inputs: readonly Input[]): void {
  const lines = inputs.map(({ target, bytes }) =>
    JSON.stringify([target, bytes.toString(target === 'binary' ? 'base64' : 'utf8')]),
  );
  writeFileSync(FILE, `${lines.join('\n')}\n`);
}
