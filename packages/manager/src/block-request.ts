/** Judges what a caller orders about the blocks of a task, in a table or as a function's answer, and makes plans of it. */
import { BLOCK_REASONS, type BlockReason } from '@sandcrew/protocol';
import type { Answer, BlockOrders, BlockPlan, OrderedRung } from './core/block-orders.js';
import { faultsOfUnknown, isObject, mismatch } from './core/field-words.js';
import { invalidTask } from './message-check.js';
import type {
  BlockLadder,
  BlockReaction,
  BlockTable,
  PromptAnswer,
  RecoveryOptions,
  Reply,
  TaskRequest,
} from './options.js';

const REPLY_FIELDS: Readonly<Record<keyof Reply, true>> = { reply: true, password: true, times: true };
const ANSWER_FIELDS: Readonly<Record<keyof PromptAnswer, true>> = { ...REPLY_FIELDS, prompt: true };
const LADDER_FIELDS: Readonly<Record<keyof BlockLadder, true>> = { ladder: true, suspectedAfterMs: true };
const RUNGS: readonly OrderedRung[] = ['answer', 'end_input', 'continue', 'terminate', 'requeue'];
const REACTIONS = ['report', ...RUNGS].join(', ');
const MAX_TIMER_MS = 2_147_483_647;

/** @throws {SandboxError} INVALID_TASK */
export function readOrders(onBlock: TaskRequest['onBlock'], isIdempotent: boolean): BlockOrders | null {
  if (onBlock === undefined) return null;
  if (typeof onBlock === 'function') return { by: 'handler' };
  if (!isObject(onBlock)) throw invalid('onBlock', 'a function or a table', onBlock);
  const unknown = faultsOfUnknown(onBlock, ['answers', 'default', ...BLOCK_REASONS], 'onBlock.');
  if (unknown.length > 0) throw invalidTask(unknown.join('; '));
  const { answers: given = [], ...entries } = onBlock;
  if (!Array.isArray(given)) throw invalid('onBlock.answers', 'an array', given);
  const answers = given.map((answer, index) => readAnswer(answer, `onBlock.answers[${index}]`));
  const plans: Partial<Record<BlockReason | 'default', BlockPlan>> = {};
  for (const [reason, entry] of Object.entries(entries) as [BlockReason, BlockTable['default']][]) {
    if (entry === undefined) continue;
    const plan = readEntry(entry, `onBlock.${reason}`);
    if (plan.rungs.includes('requeue') && !isIdempotent)
      throw invalid(`onBlock.${reason}`, 'requeue for an `idempotent: true` task alone', isIdempotent);
    if (plan.rungs.includes('answer') && plan.answers.length + answers.length === 0)
      throw invalid(`onBlock.${reason}`, 'answer beside `answers`', undefined);
    plans[reason] = plan;
  }
  return { by: 'table', plans, answers };
}

/** What a caller's function said of one block. @throws {SandboxError} INVALID_TASK */
export function readReactions(said: unknown): BlockPlan {
  if (said === undefined) return { rungs: [], answers: [], suspectedAfterMs: null };
  const plan = readPlan(said as BlockReaction, 'onBlock');
  if (plan.rungs.includes('answer') && plan.answers.length === 0)
    throw invalid('onBlock', '{ reply } of a function, which has no `answers`', 'answer');
  return plan;
}

/** The answer that `recoverFromBlock` is given. @throws {SandboxError} INVALID_TASK */
export function readReply({ reply, password }: RecoveryOptions): Answer | null {
  if (reply === undefined && password === undefined) return null;
  return readText(
    { reply: reply as string, ...(password === undefined ? {} : { password }) },
    null,
    'options',
  );
}

function readEntry(entry: NonNullable<BlockTable['default']>, field: string): BlockPlan {
  if (!isObject(entry) || !('ladder' in entry)) return readPlan(entry as BlockReaction, field);
  const unknown = faultsOfUnknown(entry, Object.keys(LADDER_FIELDS), `${field}.`);
  if (unknown.length > 0) throw invalidTask(unknown.join('; '));
  const { ladder, suspectedAfterMs = null } = entry as BlockLadder;
  const isTime =
    suspectedAfterMs === null ||
    (Number.isSafeInteger(suspectedAfterMs) && suspectedAfterMs >= 0 && suspectedAfterMs <= MAX_TIMER_MS);
  if (!isTime)
    throw invalid(`${field}.suspectedAfterMs`, `a whole number from 0 to ${MAX_TIMER_MS}`, suspectedAfterMs);
  return { ...readPlan(ladder, `${field}.ladder`), suspectedAfterMs };
}

function readPlan(given: BlockReaction | readonly BlockReaction[], field: string): BlockPlan {
  const reactions = Array.isArray(given) ? (given as readonly BlockReaction[]) : [given as BlockReaction];
  const rungs: OrderedRung[] = [];
  const answers: Answer[] = [];
  for (const reaction of reactions) {
    if (isObject(reaction)) {
      const unknown = faultsOfUnknown(reaction, Object.keys(REPLY_FIELDS), `${field}.`);
      if (unknown.length > 0) throw invalidTask(unknown.join('; '));
      rungs.push('answer');
      answers.push(readText(reaction, null, field));
    } else if (RUNGS.includes(reaction as OrderedRung)) rungs.push(reaction as OrderedRung);
    else if (reaction !== 'report') throw invalid(field, `one of ${REACTIONS}, or { reply }`, reaction);
  }
  return { rungs, answers, suspectedAfterMs: null };
}

function readAnswer(given: PromptAnswer, field: string): Answer {
  if (!isObject(given)) throw invalid(field, 'an object', given);
  const unknown = faultsOfUnknown(given, Object.keys(ANSWER_FIELDS), `${field}.`);
  if (unknown.length > 0) throw invalidTask(unknown.join('; '));
  const { prompt } = given;
  if (prompt instanceof RegExp)
    // Those that remember where they were would not fit the same prompt twice.
    return readText(given, new RegExp(prompt.source, prompt.flags.replace(/[gy]/g, '')), field);
  if (typeof prompt !== 'string' || prompt === '')
    throw invalid(`${field}.prompt`, 'a RegExp, or a text that is not empty', prompt);
  return readText(given, prompt, field);
}

function readText(
  { reply, password = false, times = 1 }: Reply,
  prompt: Answer['prompt'],
  field: string,
): Answer {
  if (typeof reply !== 'string') throw invalid(`${field}.reply`, 'a string', reply);
  if (typeof password !== 'boolean') throw invalid(`${field}.password`, 'true or false', password);
  if (!Number.isSafeInteger(times) || times < 1)
    throw invalid(`${field}.times`, 'a whole number from 1', times);
  return { prompt, text: reply.endsWith('\n') ? reply : `${reply}\n`, password, times };
}

function invalid(field: string, expected: string, got: unknown) {
  return invalidTask(mismatch(field, expected, got));
}
