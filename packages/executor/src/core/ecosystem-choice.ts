/** Which ecosystem a step is of: what the workspace holds, and among several the one that the description names. */
import { CMAKE } from './ecosystems/cmake.js';
import type { Ecosystem } from './ecosystems/ecosystem.js';
import { GO } from './ecosystems/go.js';
import { GRADLE } from './ecosystems/gradle.js';
import { MAKE } from './ecosystems/make.js';
import { MAVEN } from './ecosystems/maven.js';
import { NODE } from './ecosystems/node.js';
import { PHP } from './ecosystems/php.js';
import { PYTHON } from './ecosystems/python.js';
import { RUBY } from './ecosystems/ruby.js';
import { RUST } from './ecosystems/rust.js';
import { wordsOf } from './words.js';
import type { WorkspaceFacts } from './workspace-facts.js';

/** What comes first wins; a Makefile stands beside many of them, and is last. */
const ECOSYSTEMS: readonly Ecosystem[] = [NODE, RUST, GO, PYTHON, MAVEN, GRADLE, CMAKE, RUBY, PHP, MAKE];

export interface EcosystemChoice {
  /** Null where the workspace holds none that is known. */
  readonly ecosystem: Ecosystem | null;
  /** Where the workspace is of several and none was named: a sentence each. */
  readonly conflicts: readonly string[];
}

export function chooseEcosystem(description: string, workspace: WorkspaceFacts): EcosystemChoice {
  const present = ECOSYSTEMS.filter((each) => each.isIn(workspace));
  const words = wordsOf(description);
  const named = present.filter((each) => isNamed(each, words));
  const ecosystem = named[0] ?? present[0] ?? null;
  if (ecosystem === null || named.length > 0) return { ecosystem, conflicts: [] };
  const conflicts = present
    .filter((each) => each !== ecosystem && each !== MAKE)
    .map(
      (each) =>
        `the workspace is of ${ecosystem.name} and of ${each.name}, and the step names neither: ${ecosystem.name} is used`,
    );
  return { ecosystem, conflicts };
}

function isNamed({ words: own, phrases = [] }: Ecosystem, words: readonly string[]): boolean {
  const pairs = words.map((word, index) => `${word} ${words[index + 1] ?? ''}`);
  return own.some((word) => words.includes(word)) || phrases.some((phrase) => pairs.includes(phrase));
}
