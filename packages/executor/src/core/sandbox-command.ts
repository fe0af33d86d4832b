/**
 * The command of a step: its own, or an argv from the templates of what its workspace holds. Of a step's words only file names
 * ever become part of an argv, each as one word; a description only chooses.
 */
import { chooseEcosystem } from './ecosystem-choice.js';
import { chooseForFiles } from './ecosystems/loose-files.js';
import { chooseIntention } from './intention.js';
import type { Intention, StepFacts } from './step-facts.js';
import { EMPTY_WORKSPACE, type WorkspaceFacts } from './workspace-facts.js';

export type SandboxCommand =
  | {
      /** As the step gives it; else an argv. */
      readonly command: string | readonly string[];
      /** Null where the step gives its command itself. */
      readonly intention: Intention | null;
      /** What it is of: `node`, `cargo`, `files`, …; null where the step gives it. */
      readonly ecosystem: string | null;
    }
  | {
      /** Why there is none, and what to do, in a sentence. */
      readonly refusal: string;
    };

export function generateSandboxCommand(
  step: StepFacts,
  workspace: WorkspaceFacts = EMPTY_WORKSPACE,
): SandboxCommand {
  if (step.command !== undefined) return { command: step.command, intention: null, ecosystem: null };
  const chosen = chooseIntention(step);
  if ('refusal' in chosen) return refuse(chosen.refusal);
  const { intention } = chosen;
  const given = step.files ?? [];
  const faulty = given.find((name) => name === '' || name.includes('\0'));
  if (faulty !== undefined)
    return refuse(`expected file names without NUL and not empty, got ${JSON.stringify(faulty)}`);
  const files = given.map(asOperand);
  const { ecosystem } = chooseEcosystem(step.description, workspace);
  if (ecosystem === null && files.length === 0)
    return refuse('its workspace has no manifest that is known; give it a `command`, or `files`');
  const choice = ecosystem?.choose(intention, workspace, files) ?? chooseForFiles(intention, files);
  if ('refusal' in choice) return refuse(choice.refusal);
  return { command: choice.argv, intention, ecosystem: ecosystem?.name ?? 'files' };
}

/** A name that begins with `-` would be taken for an option, and by some tools one with `@` for a file of options. */
function asOperand(name: string): string {
  return /^[-@]/.test(name) ? `./${name}` : name;
}

function refuse(why: string): SandboxCommand {
  return { refusal: `No command can be made for it: ${why}.` };
}
