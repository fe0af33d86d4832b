/** The machine of a plan as a story: what happens to it, and what it tells and begins. */
import { expect } from '@jest/globals';
import type { PlanRecord } from '#src/core/plan-record.js';
import { openPlan, type PlanState, recordOf } from '#src/core/plan-state.js';
import { type PlanEvent, step } from '#src/core/step.js';
import type { StepEnd } from '#src/core/step-end.js';
import type { StepFacts } from '#src/core/step-facts.js';

export type Given = Partial<StepFacts> & { readonly taskId: string };
const COMPLETED: StepEnd = { end: 'completed' };
export const FAILED: StepEnd = { end: 'failed', failure: { code: 'EXIT_CODE', message: 'no', detail: '1' } };
export const LOST: StepEnd = { end: 'failed', failure: { code: 'UNKNOWN_TASK', message: 'nobody keeps it' } };

/** A plan, and what is told and begun, as words in their order. */
export class Story {
  readonly state: PlanState;

  constructor(
    steps: readonly Given[],
    maxConcurrent = 9,
    record: PlanRecord | null = null,
    retryFailed = false,
  ) {
    this.state = openPlan({
      planId: 'p',
      managerId: 'm',
      maxConcurrent,
      steps: steps.map((given) => ({
        facts: { type: 'custom', description: '', ...given },
        doer: 'sandbox',
      })),
      record,
      retryFailed,
    });
  }

  happen(event: PlanEvent): string[] {
    return step(this.state, event).flatMap((effect) => {
      if (effect.type === 'write_record') return [];
      if (effect.type === 'begin_step')
        return [`${effect.adopt ? 'adopt' : 'begin'} ${effect.taskId}${effect.run > 1 ? ' again' : ''}`];
      if (effect.type === 'stop_step') return [`stop ${effect.taskId}`];
      if (effect.type === 'end_plan') return [`plan ${effect.state}`];
      expect(effect.type).toBe('tell_step_ended');
      const ended = this.state.steps.get(effect.taskId);
      return [`${effect.taskId} ${ended?.state}`];
    });
  }

  open = () => this.happen({ type: 'plan_opened' });
  end = (taskId: string, end: StepEnd = COMPLETED) => this.happen({ type: 'step_ended', taskId, end });
  cancel = () => this.happen({ type: 'cancel_asked', why: 'Enough.' });
  why = (taskId: string) => this.state.steps.get(taskId)?.why;
  /** As it comes back from where it was kept. */
  record = (): PlanRecord => JSON.parse(JSON.stringify(recordOf(this.state)));
}

export const DIAMOND: Given[] = [
  { taskId: 'install' },
  { taskId: 'lint', dependsOn: ['install'] },
  { taskId: 'build', dependsOn: ['install'] },
  { taskId: 'ship', dependsOn: ['lint', 'build'] },
];
