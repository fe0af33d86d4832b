/** What a step of a plan says, as far as decisions rest on it. How its command is to run in detail is no business of core. */

/** The types of an agent's steps. */
export const STEP_TYPES = [
  'code-execution',
  'file-operation',
  'git-operation',
  'deployment',
  'analysis',
  'custom',
  'sandbox-execution',
  'compilation',
  'build',
  'test',
] as const;
export type TaskStepType = (typeof STEP_TYPES)[number];

/** What a command is to do, whatever the ecosystem. */
export const INTENTIONS = ['install', 'compile', 'build', 'lint', 'test', 'run'] as const;
export type Intention = (typeof INTENTIONS)[number];

/** What a worker must have to be given a step. */
export interface StepRequirements {
  /** The worker's `--type`. */
  readonly type?: string;
  /** Labels that it must have, with these values. */
  readonly labels?: Readonly<Record<string, string>>;
  /** The one worker that may have it, by id or by URL. */
  readonly worker?: string;
  /** Memory that must be free on its host, bytes. */
  readonly memoryBytes?: number;
}

export interface StepFacts {
  /** Names the step in its plan: 1 to 60 of A-Z a-z 0-9 . _ -, the first a letter or digit. */
  readonly taskId: string;
  readonly type: TaskStepType;
  /** In words. It is data: words of it choose among known commands, and none of it ever becomes part of one. */
  readonly description: string;
  /** Steps that must have completed before. */
  readonly dependsOn?: readonly string[];
  /** Of the steps that are ready, the higher goes first; equals in the plan's order. A whole number, default 0. */
  readonly priority?: number;
  /** A string is for the shell of the worker; an array is an argv. Default: what `generateSandboxCommand` makes of the step. */
  readonly command?: string | readonly string[];
  /** Relative to the workspace, and inside it. */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Whether it may be begun again where it is not known whether it ran: its worker was lost, or the agent died. Default false. */
  readonly idempotent?: boolean;
  /** What a generated command is to do. Default: what the type and the description say. */
  readonly intention?: Intention;
  /** Files that a generated command is about: each becomes one word of its argv. */
  readonly files?: readonly string[];
  /** A directory of the worker that outlives the step; the same name, the same worker. Default: the plan's. */
  readonly workspace?: string;
  /** Replaces, field by field, what `determineWorkerRequirements` says. */
  readonly requirements?: StepRequirements;
  /** All that the step may take: queue, run and recovery together, milliseconds. Default 300 000. */
  readonly timeoutMs?: number;
}
