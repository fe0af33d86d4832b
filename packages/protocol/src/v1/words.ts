/** Fields that take one of a few words. Each word has its meaning beside it, once, for the schema and the page. */
import Type, { type TLiteral, type TUnion } from 'typebox';

/** A field that takes one of the words of `meanings`. */
export function oneWordOf<Word extends string>(
  meanings: Readonly<Record<Word, string>>,
  description: string,
): WordField<Word> {
  const branches = wordsOf(meanings).map((word) => Type.Literal(word, { description: meanings[word] }));
  return Type.Union(branches, { description }) as unknown as WordField<Word>;
}

/** A field that takes one of `names`, which need no explaining. */
export function oneNameOf<Name extends string>(names: readonly Name[], description: string): WordField<Name> {
  const branches = names.map((name) => Type.Literal(name));
  return Type.Union(branches, { description }) as unknown as WordField<Name>;
}

// From an array of branches typebox infers `never`; from a tuple of one it infers every word of that one.
type WordField<Word extends string> = TUnion<[TLiteral<Word>]>;

/** The words of `meanings`, in the order written. */
export function wordsOf<Word extends string>(meanings: Readonly<Record<Word, string>>): readonly Word[] {
  return Object.keys(meanings) as Word[];
}
