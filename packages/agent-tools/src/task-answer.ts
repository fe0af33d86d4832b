/** Puts together what a tool answers about a task, so that it fits into a model's context. */
import type { BlockInfo, BlockReason } from '@sandcrew/manager';
import type { Static } from 'typebox';
import { chooseView, type Omission, type View } from './core/output-view.js';
import { readChoices } from './core/prompt-choices.js';
import { textOf } from './io/output-text.js';
import type { Match } from './output-search.js';
import { DEFAULT_OUTPUT_BYTES, type TaskAnswer } from './task-schemas.js';
import type { TrackedTask } from './tracked-task.js';

type Answer = Static<typeof TaskAnswer>;

export interface OutputRequest {
  readonly cursor?: number | undefined;
  readonly maxBytes?: number | undefined;
  readonly view?: View | undefined;
  readonly raw?: boolean | undefined;
}

export function answerOf(
  task: TrackedTask,
  because: Answer['because'],
  output: OutputRequest,
  match: Match | null = null,
): Answer {
  const { end, fault } = task;
  const block = task.blocks[0];
  return {
    taskId: task.taskId,
    state: task.condition,
    because,
    exitCode: end?.exitCode ?? null,
    signal: end?.signal ?? null,
    error: plainFault(end?.error ?? fault),
    block: block === undefined ? null : showBlock(block, task.entry.takesInput),
    match: match === null ? null : { ...match },
    output: showOutput(task, output),
    durationMs: end?.durationMs ?? null,
    leftover: end?.leftover ?? null,
    hint: hintOf(task),
  };
}

function showBlock(block: BlockInfo, takesInput: boolean): NonNullable<Answer['block']> {
  const { summary, prompt, password } = block.evidence;
  const asked = typeof prompt === 'string' && prompt !== '' ? prompt : null;
  return {
    reason: block.reason,
    confidence: block.confidence,
    summary: typeof summary === 'string' ? summary : block.reason,
    prompt: asked,
    isPassword: password === true,
    choices: asked === null ? [] : readChoices(asked),
    stoodMs: block.durationMs,
    advice: adviceFor(block.reason, takesInput),
  };
}

const ADVICE: Partial<Record<BlockReason, string>> = {
  deadlock: 'It will not go on: end it with terminate.',
  infinite_loop: 'It may never end: wait_for it with blocks none if it is meant to compute, else terminate.',
  livelock: 'It may never end: wait_for it with blocks none if it is meant to compute, else terminate.',
  stopped: 'Let it go on with signal SIGCONT, or end it with terminate.',
  zombie: 'It will not go on: end it with terminate.',
  memory_exhausted: 'End it with terminate, and run it so that it needs less memory.',
  pids_exhausted: 'End it with terminate, and run it so that it starts fewer processes.',
  disk_full: 'Make room with another command, or end it with terminate.',
  output_flood: 'End it with terminate, unless so much output is what it is for.',
  orphaned_output: 'Nothing: what it left behind is ended soon. Redirect the output of a daemon.',
};

function adviceFor(reason: BlockReason, takesInput: boolean): string {
  if (reason === 'waiting_for_input')
    return takesInput
      ? 'Answer with send_input (or end its input there), or terminate it and run it with a flag that asks nothing.'
      : 'It takes no input: terminate it, and run it with input "pipe" or "terminal", or with a flag that asks nothing.';
  return ADVICE[reason] ?? 'Wait on with wait_for, or end it with terminate.';
}

function showOutput(task: TrackedTask, request: OutputRequest): Answer['output'] {
  const { cursor = 0, maxBytes = DEFAULT_OUTPUT_BYTES, view = 'both', raw = false } = request;
  const from = Math.min(cursor, task.record.endOffset);
  const { parts, nextOffset } = chooseView(task.record, {
    fromOffset: from,
    maxBytes,
    view,
    isComplete: task.end !== null,
  });
  const omissions: Omission[] = [];
  let text = '';
  for (const part of parts) {
    if (part.kind === 'shown') text += textOf(part.pieces, raw);
    else {
      omissions.push(part);
      text += `${text === '' || text.endsWith('\n') ? '' : '\n'}[${omissionSentence(part)}]\n`;
    }
  }
  return {
    text,
    from,
    next: nextOffset,
    end: task.record.endOffset,
    omitted: omissions.map(({ offset, bytes, why }) => ({ cursor: offset, bytes, why })),
  };
}

function omissionSentence({ offset, bytes, why }: Omission): string {
  const what = `${bytes} bytes left out here`;
  if (why === 'size') return `${what}; read_output with cursor ${offset} shows them`;
  return why === 'dropped'
    ? `${what}: more was written than is kept; let the command write to a file`
    : `${what}: they are lost`;
}

function hintOf(task: TrackedTask): string | null {
  if (task.condition === 'ended' || task.blocks.length > 0) return null;
  if (task.condition === 'unreachable') return 'Its worker cannot be reached now. Try again later.';
  return 'It goes on: wait_for tells when it exits, blocks, or writes something you name; terminate ends it.';
}

function plainFault(fault: Answer['error'] | undefined): Answer['error'] {
  return fault === null || fault === undefined ? null : { ...fault };
}
