/** Judges what a caller says of a plan and its steps, field by field. What only the manager reads is judged by the manager. */
import { faultsOfGraph } from './plan-graph.js';
import { INTENTIONS, STEP_TYPES } from './step-facts.js';

/** Together with a run's number they are a manager's task id, which has 128 characters at most. */
const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$/;
const ID_WORDS = '1 to 60 of A-Z a-z 0-9 . _ -, the first a letter or digit';
const MAX_TIMER_MS = 2_147_483_647;
const MAX_SHOWN_CHARACTERS = 80;

/** One sentence for each fault of a plan. Empty: it is sound. `stepFields`: those that a step may have. */
export function faultsOfPlan(plan: unknown, stepFields: readonly string[]): string[] {
  if (!isObject(plan)) return [mismatch('plan', 'an object', plan)];
  const { planId, steps, workspace, ...rest } = plan;
  const faults = [
    ...faultsOfPlanId(planId),
    ...faultsOfUnknown(rest, ['planId', 'steps', 'workspace'], 'plan'),
  ];
  if (workspace !== undefined && typeof workspace !== 'string')
    faults.push(mismatch('plan.workspace', 'a string', workspace));
  if (!Array.isArray(steps) || steps.length === 0)
    return [...faults, mismatch('plan.steps', 'an array of one step or more', steps)];
  const ofSteps = steps.flatMap((each, index) => faultsOfStep(each, stepFields, `steps[${index}]`));
  if (ofSteps.length > 0) return [...faults, ...ofSteps];
  return [...faults, ...faultsOfGraph(steps)];
}

export function faultsOfPlanId(planId: unknown): string[] {
  return typeof planId === 'string' && ID.test(planId) ? [] : [mismatch('planId', ID_WORDS, planId)];
}

export function faultsOfStep(step: unknown, fields: readonly string[], where: string): string[] {
  if (!isObject(step)) return [mismatch(where, 'an object', step)];
  const faults: string[] = [];
  const expect = (
    field: string,
    isSound: (value: unknown) => boolean,
    expected: string,
    isNeeded = false,
  ) => {
    const value = step[field];
    if (value === undefined ? isNeeded : !isSound(value))
      faults.push(mismatch(`${where}.${field}`, expected, value));
  };
  expect('taskId', (value) => typeof value === 'string' && ID.test(value), ID_WORDS, true);
  expect('type', (value) => isOneOf(value, STEP_TYPES), `one of ${STEP_TYPES.join(', ')}`, true);
  expect('description', isText, 'a string', true);
  expect('dependsOn', isTexts, 'an array of taskIds');
  expect('priority', Number.isSafeInteger, 'a whole number');
  expect('command', (value) => isText(value) || isTexts(value), 'a string, or an array of strings');
  expect('idempotent', (value) => typeof value === 'boolean', 'true or false');
  expect('intention', (value) => isOneOf(value, INTENTIONS), `one of ${INTENTIONS.join(', ')}`);
  expect('files', isTexts, 'an array of file names');
  expect('workspace', isText, 'a string');
  expect('cwd', isText, 'a string');
  expect('env', isObject, 'an object of strings');
  expect('requirements', isObject, 'an object');
  expect('timeoutMs', isTimeout, `a whole number from 10 to ${MAX_TIMER_MS}`);
  return [...faults, ...faultsOfUnknown(step, fields, where)];
}

function faultsOfUnknown(given: object, known: readonly string[], where: string): string[] {
  return Object.entries(given)
    .filter(([name, value]) => value !== undefined && !known.includes(name))
    .map(([name]) => `${where}.${name}: unknown; expected one of ${known.join(', ')}`);
}

/** As in `steps[0].priority: expected a whole number, got 1.5`. */
export function mismatch(field: string, expected: string, got: unknown): string {
  return `${field}: expected ${expected}, got ${show(got)}`;
}

function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value === 'function') return 'a function';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > MAX_SHOWN_CHARACTERS ? `${text.slice(0, MAX_SHOWN_CHARACTERS)}…` : text;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(isText);
}

function isOneOf(value: unknown, words: readonly string[]): boolean {
  return isText(value) && words.includes(value);
}

/** Whether milliseconds that three budgets can be cut of, and a timer can be set to. */
export function isTimeout(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 10 && (value as number) <= MAX_TIMER_MS;
}
