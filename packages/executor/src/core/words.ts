/** Words of a text: whole ones, in any case. What runs inside another word ("latest", "runtime") is none. */

/** In lower case, in their order. A word is letters, digits and `_`, and may end with `++`; what joins two of them ("re-run") makes them one. */
export function wordsOf(text: string): string[] {
  return (
    text
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{N}_]+(?:['’-][\p{L}\p{N}_]+)*(?:\+\+)?/gu) ?? []
  ).map((word) => word.replace(/['’]s$/, ''));
}
