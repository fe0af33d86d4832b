/** A check of a worker. */
import type { Check } from '../core/check.js';
import type { WorkerBench } from '../worker-bench.js';

export type WorkerCheck = Check<WorkerBench>;
