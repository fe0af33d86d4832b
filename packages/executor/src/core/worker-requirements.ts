/** What a worker must have for a step: language, tool chain, memory and type, as the workspace's manifests tell. */
import { chooseEcosystem } from './ecosystem-choice.js';
import { type EcosystemNeeds, MEBIBYTE, type Tool } from './ecosystems/ecosystem.js';
import { needsOfFiles } from './ecosystems/loose-files.js';
import type { StepFacts } from './step-facts.js';
import { EMPTY_WORKSPACE, type WorkspaceFacts } from './workspace-facts.js';

export interface StepNeeds {
  /** Null where neither manifests nor `files` tell one. */
  readonly language: string | null;
  /** The fewest programs that do. */
  readonly toolchain: readonly Tool[];
  /** Memory below which it makes no sense to begin, bytes. */
  readonly memoryBytes: number;
  /** The `--type` of its workers. Null: any. */
  readonly type: string | null;
  readonly labels: Readonly<Record<string, string>>;
  /** What contradicts itself in the workspace, and what was made of it: a sentence each. */
  readonly conflicts: readonly string[];
}

/** Worker types by language, where a pool has workers that are for one: `{ rust: 'builder' }`. */
export type WorkerTypes = Readonly<Record<string, string>>;

/** A shell and what it starts. */
const DEFAULT_MEMORY_BYTES = 128 * MEBIBYTE;

export function determineWorkerRequirements(
  step: StepFacts,
  workspace: WorkspaceFacts = EMPTY_WORKSPACE,
  workerTypes: WorkerTypes = {},
): StepNeeds {
  const { ecosystem, conflicts } = chooseEcosystem(step.description, workspace);
  const found = ecosystem?.needs(workspace) ?? needsOfFiles(step.files ?? []);
  const { requirements = {} } = step;
  return {
    language: found?.language ?? null,
    toolchain: found?.tools ?? [],
    memoryBytes: requirements.memoryBytes ?? found?.memoryBytes ?? DEFAULT_MEMORY_BYTES,
    type: requirements.type ?? typeFor(found, workerTypes),
    labels: requirements.labels ?? {},
    conflicts: [...faultsOf(workspace), ...conflicts, ...(found?.conflicts ?? [])],
  };
}

function typeFor(needs: EcosystemNeeds | null, workerTypes: WorkerTypes): string | null {
  if (needs === null || !Object.hasOwn(workerTypes, needs.language)) return null;
  return workerTypes[needs.language] ?? null;
}

function faultsOf(workspace: WorkspaceFacts): string[] {
  return [...workspace.manifests].flatMap(([name, { fault }]) =>
    fault === undefined ? [] : [`${name}: ${fault}`],
  );
}
