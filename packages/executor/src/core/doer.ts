/** Who does a step: a sandbox, or the agent's own handler. */
import type { Doer } from './plan-state.js';
import { isSandboxTask, MIN_CONFIDENCE, type SandboxRules } from './sandbox-task.js';
import type { StepFacts } from './step-facts.js';

/** A step without a command whose description hardly means one is the handler's: no command is guessed for it. */
export function chooseDoer(step: StepFacts, rules: SandboxRules): Doer {
  const { isSandbox, confidence } = isSandboxTask(step, rules);
  return isSandbox && (step.command !== undefined || confidence >= MIN_CONFIDENCE) ? 'sandbox' : 'handler';
}
