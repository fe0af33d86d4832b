/** Measures how deep a JSON text nests without parsing it, so that a hostile one never reaches a parser's recursion. */

/** Whether arrays and objects of `text` nest deeper than `maxDepth`. Linear, and stops at the first that does. */
export function isDeeperThan(text: string, maxDepth: number): boolean {
  // A text with few brackets cannot nest deep, wherever they stand: that settles nearly every frame at native speed.
  const half = maxDepth / 2;
  if (!hasMoreThan(half, '{', text) && !hasMoreThan(half, '[', text)) return false;
  return nestsDeeperThan(maxDepth, text);
}

function hasMoreThan(max: number, bracket: string, text: string): boolean {
  let count = 0;
  for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) {
    count++;
    if (count > max) return true;
  }
  return false;
}

function nestsDeeperThan(maxDepth: number, text: string): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case QUOTE:
        i = endOfString(text, i);
        if (i < 0) return false; // the string never ends, so nothing opens behind it
        break;
      case OPEN_BRACE:
      case OPEN_BRACKET:
        depth++;
        if (depth > maxDepth) return true;
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        depth--;
    }
  }
  return false;
}

/** Where the string that opens at `start` closes, or -1. Searched natively: output is mostly long strings. */
function endOfString(text: string, start: number): number {
  let quote = text.indexOf('"', start + 1);
  while (quote >= 0 && isEscaped(text, quote)) quote = text.indexOf('"', quote + 1);
  return quote;
}

function isEscaped(text: string, index: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(index - 1 - backslashes) === BACKSLASH) backslashes++;
  return backslashes % 2 === 1;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
