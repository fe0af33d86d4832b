/** The command-line tool. */
import type { Requirement } from './requirement.js';

export const CLI_REQUIREMENTS: readonly Requirement[] = [];
