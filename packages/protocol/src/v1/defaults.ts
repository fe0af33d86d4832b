/** What a field of `execute_command` or `terminate_task` means where it is left out. Source: docs/protocol.md. */

/** Wall clock of a task from `execution_started`, milliseconds. 0 = none. */
export const DEFAULT_TIMEOUT_MS = 300_000;

/** From SIGTERM to SIGKILL, milliseconds. */
export const DEFAULT_GRACE_MS = 5_000;

/** How long output is read on after the command's exit while something holds it open, milliseconds. */
export const DEFAULT_LINGER_MS = 2_000;

/** When output still held open after the command's exit is reported as `orphaned_output`, milliseconds. */
export const ORPHANED_OUTPUT_AFTER_MS = 1_500;
