/**
 * Reads from a prompt what it takes for an answer: `[y/N]`, `(yes/no)`, `Press Enter to continue`. It is a reading of
 * words: where it finds nothing, the prompt may still have a fixed set of answers.
 */
export interface PromptChoice {
  /** What to send, without its line end. */
  readonly input: string;
  /** Whether an empty line means this one; told by a capital among small letters. */
  readonly isDefault: boolean;
}

/** The wider ones first: `(yes/no/[fingerprint])`. */
const BRACKETED = [/\(([^()]{1,80})\)/g, /\[([^\][]{1,80})\]/g] as const;
const WORD = /^[A-Za-z0-9][A-Za-z0-9 _-]{0,23}$/;
const ENTER = /\b(?:press|hit)\b.{0,12}\b(?:enter|return)\b/i;
const MAX_CHOICES = 12;

export function readChoices(prompt: string): PromptChoice[] {
  for (const brackets of BRACKETED) {
    for (const [, inside = ''] of prompt.matchAll(brackets)) {
      const choices = choicesOf(inside.replaceAll(/[[\]]/g, ''));
      if (choices.length > 0) return choices;
    }
  }
  return ENTER.test(prompt) ? [{ input: '', isDefault: true }] : [];
}

/** `y/N`, `yes/no/always`, `a|b|c`. One word alone is a default value or a remark, not a choice. */
function choicesOf(inside: string): PromptChoice[] {
  const words = inside.split(/[/|]/).map((word) => word.trim());
  if (words.length < 2 || words.length > MAX_CHOICES || !words.every((word) => WORD.test(word))) return [];
  const capitals = words.filter((word) => /^[A-Z]/.test(word));
  const hasDefault = capitals.length === 1;
  return words.map((word) => ({ input: word, isDefault: hasDefault && word === capitals[0] }));
}
