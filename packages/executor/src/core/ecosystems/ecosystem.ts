/** What is asked of each ecosystem: whether a workspace is one of its kind, what it needs, and its command for an intention. */
import type { Intention } from '../step-facts.js';
import type { WorkspaceFacts } from '../workspace-facts.js';

export const MEBIBYTE = 1_048_576;

/** A program that a worker must have. */
export interface Tool {
  readonly name: string;
  /** As the manifest writes it: a range, or the least version. Left out where it says none. */
  readonly version?: string;
}

export interface EcosystemNeeds {
  readonly language: string;
  /** The fewest that do: what brings another with it stands for it. */
  readonly tools: readonly Tool[];
  /** Memory below which it makes no sense to begin, bytes. */
  readonly memoryBytes: number;
  /** What in the workspace contradicts itself, and what was made of it: a sentence each. */
  readonly conflicts: readonly string[];
}

/** An argv, or why there is none. */
export type Choice = { readonly argv: readonly string[] } | { readonly refusal: string };

export interface Ecosystem {
  readonly name: string;
  /** The words of a description that name it, where a workspace is of several. */
  readonly words: readonly string[];
  /** Two words that name it where one of them alone would not. */
  readonly phrases?: readonly string[];
  isIn(workspace: WorkspaceFacts): boolean;
  needs(workspace: WorkspaceFacts): EcosystemNeeds;
  /** @param files Words of the argv, safe as such: none begins with `-`. */
  choose(intention: Intention, workspace: WorkspaceFacts, files: readonly string[]): Choice;
}

/** One argv for each intention that the ecosystem has; with files, only those that take some. */
export function chooseFrom(
  name: string,
  table: Partial<Record<Intention, readonly string[]>>,
  intention: Intention,
  files: readonly string[],
  takesFiles: readonly Intention[] = [],
): Choice {
  const argv = table[intention];
  if (argv === undefined)
    return { refusal: `${name} has no command to ${intention} here; give the step a \`command\`` };
  if (files.length === 0) return { argv };
  if (!takesFiles.includes(intention))
    return {
      refusal: `${name} takes no file names to ${intention}; give the step a \`command\`, or no \`files\``,
    };
  return { argv: [...argv, ...files] };
}

export function tool(name: string, version?: string): Tool {
  return version === undefined ? { name } : { name, version };
}
