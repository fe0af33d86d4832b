/** The phases of a task's life on a worker, and what leads from one to the next. */

/**
 * starting: asked for, not running yet · running: the command lives · lingering: it exited, its output is held open ·
 * sweeping: what it left behind is being ended · ended: nothing of it lives, its end is known.
 */
export type Phase = 'starting' | 'running' | 'lingering' | 'sweeping' | 'ended';
export type PhaseTrigger = 'started' | 'start_failed' | 'exited' | 'sweep' | 'tree_ended';

const TRANSITIONS: Readonly<Record<Phase, Readonly<Partial<Record<PhaseTrigger, Phase>>>>> = {
  starting: { started: 'running', start_failed: 'ended' },
  running: { exited: 'lingering' },
  lingering: { sweep: 'sweeping' },
  sweeping: { tree_ended: 'ended' },
  ended: {},
};

/** @throws {Error} where the trigger cannot come in this phase: whoever reports it breaks its contract. */
export function nextPhase(phase: Phase, trigger: PhaseTrigger): Phase {
  const next = TRANSITIONS[phase][trigger];
  if (next === undefined) throw new Error(`${trigger} cannot come while a task is ${phase}`);
  return next;
}
