/** Judges what an agent says of its executor. */
import { isObject, isTimeout, mismatch } from './plan-check.js';
import { STEP_TYPES } from './step-facts.js';

const FIELDS = ['manager', 'handler', 'maxConcurrent', 'budgets', 'rules', 'workerTypes', 'directory'];
const BUDGETS = ['queueMs', 'runMs', 'recoveryMs'];
const RULES = ['types', 'neverTypes', 'words'];

/** One sentence for each fault. `isManager`: what a manager is, others know. */
export function faultsOfOptions(options: unknown, isManager: (value: unknown) => boolean): string[] {
  if (!isObject(options)) return [mismatch('the options', 'an object', options)];
  const { manager, handler, maxConcurrent, directory, budgets = {}, rules = {}, workerTypes = {} } = options;
  const faults = unknownIn(options, FIELDS, '');
  if (!isManager(manager)) faults.push(mismatch('manager', 'a SandboxManager', manager));
  if (handler !== undefined && typeof handler !== 'function')
    faults.push(mismatch('handler', 'a function', handler));
  if (maxConcurrent !== undefined && !(Number.isSafeInteger(maxConcurrent) && (maxConcurrent as number) >= 1))
    faults.push(mismatch('maxConcurrent', 'a whole number from 1', maxConcurrent));
  if (directory !== undefined && (typeof directory !== 'string' || directory === ''))
    faults.push(mismatch('directory', 'a path', directory));
  if (!isObject(workerTypes)) faults.push(mismatch('workerTypes', 'an object of strings', workerTypes));
  return [...faults, ...faultsOfBudgets(budgets), ...faultsOfRules(rules)];
}

function faultsOfBudgets(budgets: unknown): string[] {
  if (!isObject(budgets)) return [mismatch('budgets', 'an object', budgets)];
  const wrong = BUDGETS.filter((name) => budgets[name] !== undefined && !isTimeout(budgets[name]));
  return [
    ...unknownIn(budgets, BUDGETS, 'budgets.'),
    ...wrong.map((name) =>
      mismatch(`budgets.${name}`, 'a whole number of milliseconds from 10', budgets[name]),
    ),
  ];
}

function faultsOfRules(rules: unknown): string[] {
  if (!isObject(rules)) return [mismatch('rules', 'an object', rules)];
  const faults = unknownIn(rules, RULES, 'rules.');
  for (const name of RULES) {
    const given = rules[name];
    if (given === undefined) continue;
    const isSound = (each: unknown) =>
      typeof each === 'string' && (name === 'words' || (STEP_TYPES as readonly string[]).includes(each));
    if (!(Array.isArray(given) && given.every(isSound)))
      faults.push(
        mismatch(`rules.${name}`, name === 'words' ? 'an array of words' : 'an array of step types', given),
      );
  }
  return faults;
}

function unknownIn(given: object, known: readonly string[], where: string): string[] {
  return Object.entries(given)
    .filter(([name, value]) => value !== undefined && !known.includes(name))
    .map(([name]) => `${where}${name}: unknown; expected one of ${known.join(', ')}`);
}
