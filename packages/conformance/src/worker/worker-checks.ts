/** The one list of checks of a worker. */
import { COMMAND_CHECKS } from './commands.js';
import { END_CHECKS } from './ends.js';
import { FRAME_CHECKS } from './frames.js';
import { HELLO_CHECKS } from './hello.js';
import { INPUT_CHECKS } from './input.js';
import { OUTPUT_CHECKS } from './output.js';
import { OWNER_CHECKS } from './owners.js';
import { RESUME_CHECKS } from './resume.js';
import { TERMINAL_CHECKS } from './terminals.js';
import { UPGRADE_CHECKS } from './upgrade.js';
import type { WorkerCheck } from './worker-check.js';

export const WORKER_CHECKS: readonly WorkerCheck[] = [
  ...UPGRADE_CHECKS,
  ...FRAME_CHECKS,
  ...HELLO_CHECKS,
  ...COMMAND_CHECKS,
  ...END_CHECKS,
  ...INPUT_CHECKS,
  ...OUTPUT_CHECKS,
  ...RESUME_CHECKS,
  ...TERMINAL_CHECKS,
  ...OWNER_CHECKS,
];
