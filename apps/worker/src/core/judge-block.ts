/** Whether a task is blocked, and why, from all that is known of it. Pure: evidence and policy in, verdicts out. */
import {
  type BlockAction,
  type BlockPolicy,
  type BlockReason,
  ORPHANED_OUTPUT_AFTER_MS,
} from '@sandcrew/protocol';
import type { Evidence, ThreadEvidence } from './blocks/evidence.js';
import { judgeExhaustion } from './blocks/exhaustion.js';
import { judgeFlooding } from './blocks/flooding.js';
import type { Claim, Look } from './blocks/look.js';
import { judgeQuiet, rememberWork } from './blocks/quiet.js';
import { javaMachines, judgeRuntimeStandstill } from './blocks/runtime-standstill.js';
import { judgeSpinning } from './blocks/spinning.js';
import { judgeStandstill } from './blocks/standstill.js';
import { judgeInputWait } from './blocks/waiting-for-input.js';
import { findWakeSources } from './blocks/wake-sources.js';

/** Everything that speaks for a block now. The rules remember in `look.memory`, so each look is judged once, in order. */
export function judgeBlocks(look: Look): Claim[] {
  rememberWork(look);
  const sources = findWakeSources(look.evidence, look.threads);
  const claims = [
    judgeInputWait(look, sources),
    ...judgeStandstill(look, sources),
    judgeRuntimeStandstill(look, sources),
    ...judgeExhaustion(look),
    judgeFlooding(look),
    judgeSpinning(look),
    judgeQuiet(look, sources),
  ].filter((claim) => claim !== null);
  look.memory.outputBytes = look.task.output.bytes;
  // An open world confirms nothing.
  if (look.evidence.unreadable.length === 0) return claims;
  return claims.map((claim) =>
    claim.confidence === 'confirmed' && !isMeasured(claim.reason) ? asSuspected(claim, look.evidence) : claim,
  );
}

/** What does not rest on every process having been read. */
function isMeasured(reason: BlockReason): boolean {
  return (
    reason === 'memory_exhausted' ||
    reason === 'pids_exhausted' ||
    reason === 'disk_full' ||
    reason === 'output_flood'
  );
}

function asSuspected(claim: Claim, { unreadable }: Evidence): Claim {
  return {
    ...claim,
    confidence: 'suspected',
    summary: `${claim.summary}; ${unreadable[0]} could not be looked into`,
  };
}

/**
 * Threads that the JVM keeps for itself: they wake up by the clock or wait for ever, whatever the program does.
 * From the names that HotSpot gives them (os::set_native_thread_name), as the kernel cuts them.
 */
const JVM_THREADS =
  /^(VM Thread|VM Periodic Tas|GC Thread#|G1 |C[12] CompilerThre|Signal Dispatch|Common-Cleaner|Reference Handl|Finalizer|Service Thread|Monitor Deflati|Sweeper thread|Notification T|Attach Listener|process reaper)/;

/** The threads that count. */
export function ownThreads({ threads }: Evidence): ThreadEvidence[] {
  const machines = javaMachines(threads);
  return threads.filter(({ pid, name }) => !(machines.has(pid) && JVM_THREADS.test(name)));
}

/** Whether a command that has exited is blocked by what holds its output open. */
export function isOutputOrphaned(lingeringMs: number): boolean {
  return lingeringMs >= ORPHANED_OUTPUT_AFTER_MS;
}

/** Whether the wall clock, the one backstop for what cannot be decided, has run out. */
export function isTimedOut(runningMs: number, timeoutMs: number): boolean {
  return timeoutMs > 0 && runningMs >= timeoutMs;
}

/** What the worker itself does about a block, and from when on a suspicion counts; null = never. */
export function chooseBlockAction(
  reason: BlockReason,
  policy: BlockPolicy,
): { readonly action: BlockAction; readonly suspectedAfterMs: number | null } {
  const entry = policy[reason] ?? policy.default ?? 'report';
  const { action, suspectedAfterMs } =
    typeof entry === 'string' ? { action: entry, suspectedAfterMs: null } : entry;
  return {
    action: action === 'end_input' && reason !== 'waiting_for_input' ? 'report' : action,
    suspectedAfterMs,
  };
}

/** Whether something short of ending the task may let it go on. */
export function isRecoverable(reason: BlockReason): boolean {
  return RECOVERABLE[reason];
}

const RECOVERABLE: Readonly<Record<BlockReason, boolean>> = {
  waiting_for_input: true,
  stopped: true,
  disk_full: true,
  cpu_exhausted: true,
  network_wait: true,
  lock_wait: true,
  no_progress: true,
  deadlock: false,
  infinite_loop: false,
  livelock: false,
  zombie: false,
  orphaned_output: false,
  memory_exhausted: false,
  pids_exhausted: false,
  output_flood: false,
};
