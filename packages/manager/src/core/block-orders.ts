/** What is to be done about the blocks of a task, as its caller ordered it: which order holds for a block, which answer fits a prompt. */
import type { BlockReason } from '@sandcrew/protocol';
import type { BlockInfo, RecoveryRung } from './report.js';

/** The rungs that a caller may order beforehand; the rest of the ladder follows from them. */
export type OrderedRung = Extract<
  RecoveryRung,
  'answer' | 'end_input' | 'continue' | 'terminate' | 'requeue'
>;

export interface Answer {
  /** A text fits every prompt that holds it; null fits any. */
  readonly prompt: RegExp | string | null;
  /** With its line end. */
  readonly text: string;
  /** Whether it may answer a prompt that asks for a password. */
  readonly password: boolean;
  /** How often it may be given in one attempt. */
  readonly times: number;
}

/** What may be done about one sort of block. */
export interface BlockPlan {
  readonly rungs: readonly OrderedRung[];
  readonly answers: readonly Answer[];
  /** A suspicion is acted upon once it has stood for so long; null = never. */
  readonly suspectedAfterMs: number | null;
}

/** `handler`: a function of the caller's is asked about each block. */
export type BlockOrders =
  | { readonly by: 'handler' }
  | {
      readonly by: 'table';
      readonly plans: Readonly<Partial<Record<BlockReason | 'default', BlockPlan>>>;
      /** They hold for `waiting_for_input`, whatever its plan. */
      readonly answers: readonly Answer[];
    };

/** A prompt is a line; a worker that says more of it than this is not to cost a pattern's time. */
const MAX_PROMPT_CHARACTERS = 1_000;

const NOTHING: BlockPlan = { rungs: [], answers: [], suspectedAfterMs: null };

/** What was ordered for a reason beforehand. */
export function planFor(orders: BlockOrders | null, reason: BlockReason): BlockPlan {
  if (orders === null || orders.by === 'handler') return NOTHING;
  const plan = orders.plans[reason] ?? orders.plans.default ?? NOTHING;
  if (reason !== 'waiting_for_input' || orders.answers.length === 0) return plan;
  return { ...plan, rungs: ['answer', ...plan.rungs], answers: [...orders.answers, ...plan.answers] };
}

/**
 * The first answer that fits what a block's program asks, and was not given often enough; null for none.
 * @param answered The prompt that was answered last: in a pipe, where no answer is echoed, the next stands on the same line.
 */
export function chooseAnswer(
  { evidence }: BlockInfo,
  answers: readonly Answer[],
  given: ReadonlyMap<Answer, number>,
  answered = '',
): Answer | null {
  const asked = promptOf(evidence);
  const fresh = asked.startsWith(answered) ? asked.slice(answered.length).trimStart() : asked;
  const isPassword = evidence['password'] === true;
  return (
    answers.find(
      (answer) =>
        (answer.password || !isPassword) &&
        (given.get(answer) ?? 0) < answer.times &&
        fits(answer.prompt, fresh === '' ? asked : fresh),
    ) ?? null
  );
}

/** What its program has on the screen, '' for nothing. */
export function promptOf({ prompt }: BlockInfo['evidence']): string {
  return typeof prompt === 'string' ? prompt.slice(-MAX_PROMPT_CHARACTERS) : '';
}

function fits(pattern: Answer['prompt'], asked: string): boolean {
  if (pattern === null) return true;
  return typeof pattern === 'string' ? asked.includes(pattern) : pattern.test(asked);
}
