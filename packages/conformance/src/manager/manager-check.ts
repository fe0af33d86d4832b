/** A check of a manager. */
import type { Check } from '../core/check.js';
import type { ManagerBench } from '../manager-bench.js';

export type ManagerCheck = Check<ManagerBench>;
