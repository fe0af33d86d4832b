/** A plan as its agent writes it. Shapes and defaults only; `core/plan-check` judges them. */
import type { TaskRequest } from '@sandcrew/manager';
import type { StepFacts } from './core/step-facts.js';

/** How the command of a step is to run: as the manager's `TaskRequest` has it. */
const RUN_FIELDS = [
  'stdin',
  'pty',
  'limits',
  'network',
  'allowEnv',
  'kind',
  'expectQuietMs',
  'lingerMs',
  'blockPolicy',
  'onBlock',
  'graceMs',
] as const satisfies readonly (keyof TaskRequest)[];

/** One step of a plan. */
export interface TaskStep extends StepFacts, Pick<TaskRequest, (typeof RUN_FIELDS)[number]> {
  /** Whatever the agent's handler is to have of it. */
  readonly data?: unknown;
}

export interface TaskPlan {
  /** Names this run of the plan: 1 to 60 of A-Z a-z 0-9 . _ -, the first a letter or digit. A new run has a new one; a resumed one keeps it. */
  readonly planId: string;
  readonly steps: readonly TaskStep[];
  /** The workspace of steps that name none. */
  readonly workspace?: string;
}

/** As a record, so that none that the type has can be missing. */
const FIELDS: Readonly<Record<keyof TaskStep, true>> = {
  taskId: true,
  type: true,
  description: true,
  dependsOn: true,
  priority: true,
  command: true,
  cwd: true,
  env: true,
  idempotent: true,
  intention: true,
  files: true,
  workspace: true,
  requirements: true,
  timeoutMs: true,
  stdin: true,
  pty: true,
  limits: true,
  network: true,
  allowEnv: true,
  kind: true,
  expectQuietMs: true,
  lingerMs: true,
  blockPolicy: true,
  onBlock: true,
  graceMs: true,
  data: true,
};
export const STEP_FIELDS: readonly string[] = Object.keys(FIELDS);

/** Those of a step that the manager's request takes over as they are. */
export function runFieldsOf(step: TaskStep): Pick<TaskRequest, (typeof RUN_FIELDS)[number]> {
  const given = [...RUN_FIELDS, 'cwd' as const, 'env' as const, 'priority' as const, 'idempotent' as const];
  return Object.fromEntries(
    given.map((name) => [name, step[name]]).filter(([, value]) => value !== undefined),
  );
}
