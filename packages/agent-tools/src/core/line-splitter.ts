/** Cuts one stream's text into lines as it comes, each of bounded length. The unfinished last one is shown as it grows. */

/** A longer line is given in pieces that overlap, so that what is searched for is in one of them. */
const MAX_LINE_CHARACTERS = 4_096;
const OVERLAP_CHARACTERS = 256;

export class LineSplitter {
  #rest = '';

  /** The line that has no end yet. */
  get unfinished(): string {
    return this.#rest;
  }

  /** @returns the lines, or long pieces of one, that `text` finishes. */
  push(text: string): string[] {
    const lines = `${this.#rest}${text}`.split(/[\r\n]/);
    this.#rest = lines.pop() ?? '';
    const whole = lines.flatMap(cut);
    const pieces = cut(this.#rest);
    this.#rest = pieces.pop() ?? '';
    return [...whole, ...pieces];
  }
}

function cut(line: string): string[] {
  const step = MAX_LINE_CHARACTERS - OVERLAP_CHARACTERS;
  const pieces: string[] = [];
  let start = 0;
  for (; line.length - start > MAX_LINE_CHARACTERS; start += step)
    pieces.push(line.slice(start, start + MAX_LINE_CHARACTERS));
  return [...pieces, line.slice(start)];
}
