/** What the tasks of a run stand on. */
import type { SandboxManager } from '@sandcrew/manager';
import type { Fleet } from './fleet.js';

/** What a run gives to each of its tasks. */
export interface Ground {
  readonly manager: SandboxManager;
  readonly fleet: Fleet;
  /** Where each start of a command leaves a line. */
  readonly directory: string;
  /** In the environment of each of its processes. */
  readonly mark: string;
}
