/** Judges whether a step belongs in a sandbox: by its command, its type, and the words of its description. */
import type { StepFacts, TaskStepType } from './step-facts.js';
import { wordsOf } from './words.js';

export interface SandboxVerdict {
  readonly isSandbox: boolean;
  /** In a sentence. */
  readonly reason: string;
  /** How sure it is, from 0 to 1. */
  readonly confidence: number;
}

/** What the judgement goes by. Each field left out is the default's. */
export interface SandboxRules {
  /** Types whose steps always run in a sandbox. Default: sandbox-execution, compilation, build, test, code-execution. */
  readonly types?: readonly TaskStepType[];
  /** Types whose steps never do, whatever their words; a `command` still does. Default: none. */
  readonly neverTypes?: readonly TaskStepType[];
  /**
   * Words of a description that say so, whole and in any case, also as "tests" and "rebuild" or "re-run". Default:
   * compile, build, test, run.
   */
  readonly words?: readonly string[];
}

export const DEFAULT_SANDBOX_RULES: Required<SandboxRules> = {
  types: ['sandbox-execution', 'compilation', 'build', 'test', 'code-execution'],
  neverTypes: [],
  words: ['compile', 'build', 'test', 'run'],
};

/** Types whose steps work on something themselves: a word in their description may be about that ("edit the test"). */
const HANDS_ON: readonly TaskStepType[] = ['file-operation', 'git-operation', 'analysis'];

const BY_COMMAND = 0.95;
const BY_TYPE = 1;
/** Code is executed, but some agents mean an interpreter of their own. */
const BY_EXECUTION = 0.9;
/** "Run the tests": an order. */
const BY_FIRST_WORD = 0.9;
/** "Please run the tests", "the tests that we build". */
const BY_WORD = 0.6;
/** "Rename the build directory" as a file operation: the words are there, and hardly mean it. */
const BY_WORD_HANDS_ON = 0.3;
const BY_NOTHING = 0.8;

/** Below it, a step without a command is given to the agent's handler rather than to a guessed command. */
export const MIN_CONFIDENCE = 0.5;

export function isSandboxTask(step: StepFacts, rules: SandboxRules = {}): SandboxVerdict {
  const { types, neverTypes, words } = { ...DEFAULT_SANDBOX_RULES, ...rules };
  const { type, description, command } = step;
  if (types.includes(type))
    return sandbox(`its type is ${type}`, type === 'code-execution' ? BY_EXECUTION : BY_TYPE);
  if (command !== undefined) return sandbox('it has a command', BY_COMMAND);
  if (neverTypes.includes(type))
    return { isSandbox: false, reason: `Not for a sandbox: its type is ${type}.`, confidence: BY_TYPE };
  const said = wordsOf(description);
  const meant = words.map((word) => word.toLowerCase());
  const found = said.find((word) => meant.some((each) => isFormOf(word, each)));
  if (found === undefined) {
    const reason = `Not for a sandbox: its type is ${type}, it has no command, and its description has none of the words ${meant.join(', ')}.`;
    return { isSandbox: false, reason, confidence: BY_NOTHING };
  }
  if (HANDS_ON.includes(type) && found !== said[0])
    return sandbox(
      `its description has the word "${found}", though a ${type} may only be about it`,
      BY_WORD_HANDS_ON,
    );
  return sandbox(`its description has the word "${found}"`, found === said[0] ? BY_FIRST_WORD : BY_WORD);
}

function isFormOf(word: string, plain: string): boolean {
  return [plain, `${plain}s`, `re${plain}`, `re-${plain}`].includes(word);
}

function sandbox(why: string, confidence: number): SandboxVerdict {
  return { isSandbox: true, reason: `For a sandbox: ${why}.`, confidence };
}
