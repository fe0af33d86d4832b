/** Chooses what is done about a block, mildest first: the ladder. It does nothing itself. */
import type { OrderedRung } from './block-orders.js';
import type { BlockInfo, RecoveryRefusal, RecoveryRung } from './report.js';

/** The rungs, mildest first. */
export const RECOVERY_RUNGS: readonly RecoveryRung[] = [
  'report',
  'answer',
  'end_input',
  'continue',
  'terminate',
  'requeue',
  'restart_worker',
  'replace_worker',
  'give_up',
];

/** After so long a rung that did not make the block go away has not helped: the worker looks each half a second. */
export const RUNG_HELPS_WITHIN_MS = 5_000;
/** A task that was told to end is to have ended so long after its grace; then its worker is at fault. */
export const ENDING_MARGIN_MS = 5_000;
/** A handler that takes longer has no say. */
export const HANDLER_TIMEOUT_MS = 10_000;
/** A program that stops itself again and again is not let go on for ever. */
const MAX_CONTINUES = 3;

/** What there is to climb with, at this moment. */
export interface Means {
  /** The task runs at a worker that can be told what to do, and is not being ended. */
  readonly isReachable: boolean;
  readonly takesInput: boolean;
  readonly hasAnswer: boolean;
  /** How often this attempt was let go on. */
  readonly continues: number;
  readonly isIdempotent: boolean;
  readonly hasAttemptLeft: boolean;
  readonly hasOtherWorker: boolean;
  readonly isWorkerOurs: boolean;
  /** The worker has other tasks, that may not be started again. */
  readonly isWorkerShared: boolean;
  readonly hasRestartLeft: boolean;
}

export interface RungChoice {
  readonly rung: RecoveryRung;
  readonly why: string;
}

export const REFUSALS: Readonly<Record<RecoveryRefusal, string>> = {
  not_blocked: 'no task of the worker is blocked',
  unreachable: 'the task is being ended, or its worker is away',
  not_waiting_for_input: 'it does not wait for input',
  not_confirmed: 'only a confirmed prompt is answered',
  input_closed: 'its input is not open',
  no_answer: 'no answer is left that fits its prompt',
  password_prompt: 'a password prompt is answered only by an answer that says `password: true`',
  not_stopped: 'it is not stopped',
  stopped_by_terminal: 'it was stopped since it wants the terminal, and would be stopped again',
  continued_enough: `it was let go on ${MAX_CONTINUES} times already`,
  not_idempotent: 'it has run, and is not `idempotent`',
  no_attempt_left: 'it was started as often as `maxAttempts` allows',
  no_other_worker: 'there is no other worker that may take it',
  not_started_here: 'this manager did not start the worker',
  shared_worker: 'the worker has other tasks, which may not be started again',
  too_many_restarts: 'the worker was restarted five times within a minute',
};

const DEEDS: Readonly<Record<OrderedRung, string>> = {
  answer: 'its prompt is answered',
  end_input: 'its input is ended',
  continue: 'it is let go on by SIGCONT',
  terminate: 'it is ended',
  requeue: 'it is ended, and is to be started again elsewhere',
};

/**
 * The next rung for a block.
 * @param wanted What the caller allows, in any order.
 * @param tried What did not help since the block was told.
 */
export function chooseRung(
  block: BlockInfo,
  wanted: readonly OrderedRung[],
  tried: readonly RecoveryRung[],
  means: Means,
): RungChoice {
  let refusal: RecoveryRefusal | null = null;
  for (const rung of ['answer', 'end_input', 'continue', 'terminate'] as const) {
    const isWanted = wanted.includes(rung) || (rung === 'terminate' && wanted.includes('requeue'));
    if (!isWanted || tried.includes(rung)) continue;
    const fault = judgeWanted(rung, block, wanted, means);
    if (fault === null) return { rung, why: explain(rung, block) };
    refusal ??= fault;
  }
  const claim = `${block.reason} is ${block.confidence}`;
  const reason = refusal === null ? '' : `: ${REFUSALS[refusal]}`;
  if (tried.length === 0) return { rung: 'report', why: `${claim}, and nothing is done${reason}.` };
  return { rung: 'give_up', why: `${claim}, and ${tried.join(', ')} did not help${reason}.` };
}

/** To end what may be started elsewhere makes sense only where it may: its caller did not order its end. */
function judgeWanted(
  rung: OrderedRung,
  block: BlockInfo,
  wanted: readonly OrderedRung[],
  means: Means,
): RecoveryRefusal | null {
  const isForRequeue = rung === 'terminate' && !wanted.includes('terminate');
  if (isForRequeue && !means.isIdempotent) return 'not_idempotent';
  return judgeRung(rung, block, means);
}

/** Why a rung cannot be climbed now, or null. */
export function judgeRung(rung: RecoveryRung, block: BlockInfo, means: Means): RecoveryRefusal | null {
  switch (rung) {
    case 'report':
    case 'give_up':
      return null;
    case 'answer':
    case 'end_input':
      if (block.reason !== 'waiting_for_input') return 'not_waiting_for_input';
      if (rung === 'answer' && block.confidence !== 'confirmed') return 'not_confirmed';
      if (!means.isReachable) return 'unreachable';
      if (!means.takesInput) return 'input_closed';
      if (rung === 'end_input' || means.hasAnswer) return null;
      return block.evidence['password'] === true ? 'password_prompt' : 'no_answer';
    case 'continue':
      if (block.reason !== 'stopped') return 'not_stopped';
      if (['SIGTTIN', 'SIGTTOU'].includes(String(block.evidence['signal']))) return 'stopped_by_terminal';
      if (means.continues >= MAX_CONTINUES) return 'continued_enough';
      return means.isReachable ? null : 'unreachable';
    case 'terminate':
      return means.isReachable ? null : 'unreachable';
    case 'requeue':
      if (!means.isIdempotent) return 'not_idempotent';
      if (!means.hasAttemptLeft) return 'no_attempt_left';
      return means.hasOtherWorker ? null : 'no_other_worker';
    case 'restart_worker':
    case 'replace_worker':
      return judgeWorkerRung(rung, means);
  }
}

/** The same of a rung that is about a worker, with or without a block of one of its tasks. */
export function judgeWorkerRung(
  rung: 'restart_worker' | 'replace_worker',
  {
    isWorkerOurs,
    isWorkerShared,
    hasRestartLeft,
  }: Pick<Means, 'isWorkerOurs' | 'isWorkerShared' | 'hasRestartLeft'>,
): RecoveryRefusal | null {
  if (!isWorkerOurs) return 'not_started_here';
  if (isWorkerShared) return 'shared_worker';
  return rung === 'replace_worker' || hasRestartLeft ? null : 'too_many_restarts';
}

export function explain(rung: RecoveryRung, { reason, confidence }: BlockInfo): string {
  return `${reason} is ${confidence}: ${rung in DEEDS ? DEEDS[rung as OrderedRung] : `${rung} was asked for`}.`;
}
