/** The one list of checks of a manager. */
import { CONNECTING_CHECKS } from './connecting.js';
import type { ManagerCheck } from './manager-check.js';
import { RETURNING_CHECKS } from './returning.js';
import { RUNNING_CHECKS } from './running.js';

export const MANAGER_CHECKS: readonly ManagerCheck[] = [
  ...CONNECTING_CHECKS,
  ...RUNNING_CHECKS,
  ...RETURNING_CHECKS,
];
