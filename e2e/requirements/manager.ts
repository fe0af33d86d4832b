/** The manager library: its queue, its pool, and what a caller holds. */
import type { Requirement } from './requirement.js';

export const MANAGER_REQUIREMENTS: readonly Requirement[] = [];
