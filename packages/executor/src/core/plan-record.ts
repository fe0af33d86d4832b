/** What a plan's caller keeps, so that another life of the agent can go on with it: plain JSON, and how it is judged. */
import type { StepFailure } from './step-end.js';

export type StepState = 'waiting' | 'running' | 'completed' | 'failed' | 'skipped' | 'cancelled';

export interface StepRecord {
  readonly state: StepState;
  /** How often it was begun. 0: never, and nothing of it was sent. */
  readonly runs: number;
  /** Where it runs or ran, as soon as that is known. */
  readonly workerId?: string;
  readonly failure?: StepFailure;
  /** Why it was skipped or cancelled. */
  readonly why?: string;
}

export interface PlanRecord {
  readonly version: 1;
  readonly planId: string;
  /** Of the manager whose tasks the steps are: a manager with the same id finds them again. */
  readonly managerId: string;
  readonly steps: Readonly<Record<string, StepRecord>>;
}

const STATES: readonly string[] = ['waiting', 'running', 'completed', 'failed', 'skipped', 'cancelled'];

/** One sentence for each thing that a record must have and does not. It may come from a file: nothing is taken for granted. */
export function faultsOfRecord(
  record: unknown,
  planId: string,
  stepIds: readonly string[],
  managerId: string,
): string[] {
  if (!isObject(record)) return ['record: expected an object, as `record` of a plan gives it'];
  if (record['version'] !== 1) return [`record.version: expected 1, got ${show(record['version'])}`];
  const { steps } = record;
  if (!isObject(steps)) return [`record.steps: expected an object, got ${show(steps)}`];
  const faults: string[] = [];
  if (record['planId'] !== planId)
    faults.push(`record.planId: expected "${planId}", got ${show(record['planId'])}`);
  if (
    record['managerId'] !== managerId &&
    Object.values(steps).some((each) => isObject(each) && each['state'] === 'running')
  )
    faults.push(
      `record.managerId: expected that of the manager ("${managerId}"), since steps are running, got ${show(record['managerId'])}`,
    );
  for (const [taskId, step] of Object.entries(steps)) {
    const where = `record.steps.${taskId}`;
    if (!stepIds.includes(taskId))
      faults.push(`${where}: expected a step of the plan, got one that it has not`);
    if (!isObject(step) || !STATES.includes(step['state'] as string))
      faults.push(
        `${where}.state: expected one of ${STATES.join(', ')}, got ${show(isObject(step) ? step['state'] : step)}`,
      );
    else if (!Number.isSafeInteger(step['runs']) || (step['runs'] as number) < 0)
      faults.push(`${where}.runs: expected a whole number from 0, got ${show(step['runs'])}`);
  }
  return faults;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}
