/** Lends a manager for as long as a command needs one, and closes it in time, however that went. */
import { setTimeout as delay } from 'node:timers/promises';
import { type CloseOptions, type ManagerOptions, SandboxError, SandboxManager } from '@sandcrew/manager';

/** What a command does to the tasks of its manager. */
export interface Lease {
  readonly closing: CloseOptions;
  /** Whether it may be done again where another `sandcrew` of the same manager id took over its connection. */
  readonly isRepeatable: boolean;
}

/** It looks at tasks that stay. */
export const LOOKING: Lease = { closing: { leaveTasks: true }, isRepeatable: true };
/** It changes something, and leaves its tasks running. */
export const LEAVING: Lease = { closing: { leaveTasks: true }, isRepeatable: false };
/** Its tasks end with it. */
export const OWNING: Lease = { closing: { graceMs: 0 }, isRepeatable: false };

/** The process ends after this, whatever a worker that does not answer still holds open. */
const CLOSE_MS = 10_000;
const MAX_TAKEOVERS = 10;
const TAKEOVER_PAUSE_MS = 500;

export async function withManager<T>(
  options: ManagerOptions,
  lease: Lease,
  use: (manager: SandboxManager) => Promise<T>,
): Promise<T> {
  for (let takeovers = 0; ; takeovers += 1) {
    const manager = new SandboxManager(options);
    try {
      return await use(manager);
    } catch (error) {
      const isTakenOver = error instanceof SandboxError && error.code === 'CONNECTION_REPLACED';
      if (!isTakenOver || !lease.isRepeatable || takeovers === MAX_TAKEOVERS) throw error;
    } finally {
      await Promise.race([manager.close(lease.closing), delay(CLOSE_MS, undefined, { ref: false })]);
    }
    await delay(TAKEOVER_PAUSE_MS); // the other one is done by then, as a rule
  }
}
