/** What a step is to do: as it says itself, by its type, or by the words of its description. What tells two things is refused. */
import type { Intention, StepFacts, TaskStepType } from './step-facts.js';
import { wordsOf } from './words.js';

const BY_TYPE: Partial<Record<TaskStepType, Intention>> = {
  compilation: 'compile',
  build: 'build',
  test: 'test',
};

const WORDS: Readonly<Record<Intention, readonly string[]>> = {
  install: ['install', 'installs', 'reinstall'],
  compile: ['compile', 'compiles', 'recompile', 'compilation', 'transpile', 'typecheck', 'type-check'],
  build: ['build', 'builds', 'rebuild', 're-build', 'assemble'],
  lint: ['lint', 'lints', 'linter', 'linting', 'eslint', 'clippy', 'rubocop', 'checkstyle', 'ruff'],
  test: ['test', 'tests', 'retest', 're-test', 'testing', 'pytest', 'jest', 'vitest', 'rspec', 'phpunit'],
  run: ['run', 'runs', 'rerun', 're-run', 'start', 'execute', 'launch', 'serve'],
};

/** An order stands at the beginning, or after one of these: "build and test" are two. */
const JOINTS = ['and', 'then', 'please'];

export type IntentionChoice = { readonly intention: Intention } | { readonly refusal: string };

export function chooseIntention({ intention, type, description }: StepFacts): IntentionChoice {
  const told = intention ?? BY_TYPE[type];
  if (told !== undefined) return { intention: told };
  const words = wordsOf(description);
  const said = distinct(words.map(intentionOf));
  const orders = distinct(
    words.map((word, index) =>
      index === 0 || JOINTS.includes(words[index - 1] as string) ? intentionOf(word) : null,
    ),
  );
  if (orders.length > 1) return refuseSeveral(orders);
  const [order] = orders;
  if (order !== undefined && order !== 'run') return { intention: order };
  // "Run the tests" is about the tests: the word "run" tells only where no other does.
  const others = said.filter((each) => each !== 'run');
  if (others.length > 1) return refuseSeveral(others);
  const found = others[0] ?? said[0] ?? (isExecution(type) ? 'run' : undefined);
  if (found !== undefined) return { intention: found };
  return {
    refusal:
      'neither its type nor its description says what it is to do; give it an `intention`, or a `command`',
  };
}

function refuseSeveral(several: readonly Intention[]): IntentionChoice {
  return {
    refusal: `its description says ${several.join(' and ')}; make it several steps, or give it an \`intention\` or a \`command\``,
  };
}

function distinct(intentions: readonly (Intention | null)[]): Intention[] {
  return [...new Set(intentions.filter((each) => each !== null))];
}

function intentionOf(word: string): Intention | null {
  const found = Object.entries(WORDS).find(([, words]) => words.includes(word));
  return (found?.[0] as Intention | undefined) ?? null;
}

function isExecution(type: TaskStepType): boolean {
  return type === 'code-execution' || type === 'sandbox-execution';
}
