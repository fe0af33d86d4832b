/** What a task's output looks like, for the judging of blocks: its pace, its last line, whether it only repeats itself. */
import type { Stream } from '@sandcrew/protocol';
import { PROMPT_BYTES, readPrompt } from '../prompts.js';
import { cutOf, textOf } from '../utf8.js';

export interface OutputWatch {
  bytes: number;
  /** When the last of it came, on the worker's clock. */
  lastAtMs: number;
  readonly tails: Record<Stream, Uint8Array>;
  lastStream: Stream;
  /** Lines, a character a byte, that were looked at since they began to repeat; more than `MAX_REPEATED` of them are no repetition. */
  readonly repeated: Set<string>;
  repeatedSinceMs: number;
  repeatedBytes: number;
  /** Lines that ended since they began to repeat, as far as they were looked at. */
  repeatedLines: number;
  /** When it said that a device has no space left. */
  noSpaceAtMs: number | null;
}

/** So few different lines again and again are a repetition. */
const MAX_REPEATED = 3;
const MAX_LINE_BYTES = 200;
const MAX_SHOWN_CHARACTERS = 80;
/** Of a large chunk only so many places are looked at. */
const PLACES = 4;
const LINES_A_PLACE = 4;
const LARGE_BYTES = 4_096;
const NEWLINE = 0x0a;
/** strerror(ENOSPC) and strerror(EDQUOT) of glibc and musl in English, which the tasks of a worker speak. */
const NO_SPACE = /No space left on device|Disk quota exceeded/;

export function createOutputWatch(nowMs: number): OutputWatch {
  const none = new Uint8Array(0);
  return {
    bytes: 0,
    lastAtMs: nowMs,
    tails: { stdout: none, stderr: none },
    lastStream: 'stdout',
    repeated: new Set(),
    repeatedSinceMs: nowMs,
    repeatedBytes: 0,
    repeatedLines: 0,
    noSpaceAtMs: null,
  };
}

export function watchOutput(watch: OutputWatch, stream: Stream, data: Uint8Array, nowMs: number): void {
  watch.bytes += data.length;
  watch.lastAtMs = nowMs;
  watch.lastStream = stream;
  const isAtLineStart = (watch.tails[stream].at(-1) ?? NEWLINE) === NEWLINE;
  watch.tails[stream] = tailOf(watch.tails[stream], data);
  watchLines(watch, data, isAtLineStart, nowMs);
}

/** The unfinished line that was written last. */
export function promptOf(watch: OutputWatch): string {
  const other = watch.lastStream === 'stdout' ? 'stderr' : 'stdout';
  return readPrompt(watch.tails[watch.lastStream]) || readPrompt(watch.tails[other]);
}

/** The lines that it repeats, for people: their first characters. */
export function repeatedLinesOf(watch: OutputWatch): string[] {
  return [...watch.repeated].map((line) =>
    textOf(Uint8Array.from(line, (character) => character.charCodeAt(0))).slice(0, MAX_SHOWN_CHARACTERS),
  );
}

function tailOf(before: Uint8Array, data: Uint8Array): Uint8Array {
  if (data.length >= PROMPT_BYTES) return data.slice(-PROMPT_BYTES);
  const kept = before.subarray(-(PROMPT_BYTES - data.length));
  const tail = new Uint8Array(kept.length + data.length);
  tail.set(kept);
  tail.set(data, kept.length);
  return tail;
}

function watchLines(watch: OutputWatch, data: Uint8Array, isAtLineStart: boolean, nowMs: number): void {
  watch.repeatedBytes += data.length;
  const places = data.length < LARGE_BYTES ? 1 : PLACES;
  const lines = places === 1 ? Number.POSITIVE_INFINITY : LINES_A_PLACE;
  for (let place = 0; place < places; place++) {
    let start = Math.floor((data.length * place) / places);
    // Where no line ends behind a place, none does behind the next: a flood without lines is searched once.
    if (place > 0 || !isAtLineStart) {
      const cut = data.indexOf(NEWLINE, start); // the first line began before it
      if (cut < 0) return;
      start = cut + 1;
    }
    for (let line = 0; line < lines; line++) {
      const end = data.indexOf(NEWLINE, start);
      if (end < 0) break;
      meetLine(watch, charactersOf(data.subarray(start, end)), nowMs);
      start = end + 1;
    }
  }
}

/** One for each byte of what a line begins with: lines that differ in a byte are different lines, whatever they are written in. */
function charactersOf(line: Uint8Array): string {
  const known = line.subarray(0, cutOf(line, MAX_LINE_BYTES));
  // Spread out, it takes seven times as long, which was most of a worker's time in a flood.
  return String.fromCharCode.apply(null, known as unknown as number[]);
}

function meetLine(watch: OutputWatch, line: string, nowMs: number): void {
  if (NO_SPACE.test(line)) watch.noSpaceAtMs = nowMs;
  watch.repeatedLines++;
  watch.repeated.add(line);
  if (watch.repeated.size <= MAX_REPEATED) return;
  watch.repeated.clear();
  watch.repeated.add(line);
  watch.repeatedSinceMs = nowMs;
  watch.repeatedBytes = 0;
  watch.repeatedLines = 1;
}
