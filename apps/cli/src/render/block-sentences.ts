/**
 * Says to a person that a command cannot go on, why, and what to do: one sentence, true for the way in which the
 * command was started. Pure.
 */
import type { BlockInfo, BlockReason, SandboxError } from '@sandcrew/manager';
import { durationWords } from './sentences.js';

/** Who can answer a command that asks for something. */
export type Answerer =
  /** Nobody: it got a terminal, and neither our stdin nor our terminal leads there. */
  | 'nobody'
  /** Who writes to our stdin. */
  | 'stdin'
  /** Our stdin has ended, and its answers with it. */
  | 'spent-stdin'
  /** Somebody at our terminal, by whole lines. */
  | 'typist'
  /** Somebody at our terminal, which is joined to the command's. */
  | 'keys'
  /** Who started it, elsewhere: we only watch. */
  | 'starter';

/** Whether it is somebody at our keyboard, who sees the prompt and takes a while. */
export function isTyping(answerer: Answerer): boolean {
  return answerer === 'typist' || answerer === 'keys';
}

type Claim = Pick<BlockInfo, 'reason' | 'evidence'>;

/** Of a block that stands, as it is told at once. */
export function blockSentence(block: BlockInfo, answerer: Answerer): string {
  return `${certaintyOf(block)}: ${claimWords(block)}; ${nextWords(block, answerer)}.`;
}

export function blockClearedSentence(reason: BlockReason, durationMs: number): string {
  return `no longer blocked: ${reasonWords(reason)} is over after ${durationWords(durationMs)}.`;
}

/** Of a command that was ended because of it: the last word. */
export function blockEndSentence(claim: Claim, answerer: Answerer): string {
  return `blocked and ended: ${claimWords(claim)}; ${ADVICE[claim.reason](claim, answerer)}.`;
}

/** Beside another end that came while it stood. */
export function blockAsideSentence(block: BlockInfo): string {
  return `It was ${certaintyOf(block)}: ${claimWords(block)}.`;
}

/** What an end tells of a block that was told to nobody, or to another. */
export function claimOfError(
  reason: BlockReason,
  { message, next }: Pick<SandboxError, 'message' | 'next'>,
): Claim {
  const said = message.slice(0, message.length - next.length).replace(/[.\s]+$/, '');
  const start = `${reason}: `;
  return { reason, evidence: { summary: said.startsWith(start) ? said.slice(start.length) : said } };
}

export function isBlockReason(text: string): text is BlockReason {
  return Object.hasOwn(ADVICE, text);
}

function certaintyOf({ confidence }: BlockInfo): string {
  return confidence === 'confirmed' ? 'blocked' : 'perhaps blocked';
}

function claimWords({ reason, evidence }: Claim): string {
  const { prompt, process, pid, summary } = evidence;
  if (reason !== 'waiting_for_input' || typeof process !== 'string') {
    return typeof summary === 'string'
      ? `${reasonWords(reason)}: ${inOneLine(summary)}`
      : reasonWords(reason);
  }
  const what = isPassword(evidence) ? 'waiting for a password' : reasonWords(reason);
  const asked = typeof prompt === 'string' && prompt !== '' ? `: "${inOneLine(prompt)}"` : '';
  return `${what}${asked} (${inOneLine(process)}, pid ${pid})`;
}

function reasonWords(reason: BlockReason): string {
  return reason.replaceAll('_', ' ');
}

const MAX_LENGTH = 200;

/** What a program says of itself may hold anything; it neither ends our line nor steers a terminal, nor turns its writing round. */
function inOneLine(text: string): string {
  const line = text.replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]+/gu, ' ');
  return line.length <= MAX_LENGTH ? line : `${line.slice(0, MAX_LENGTH)}…`;
}

function nextWords(block: BlockInfo, answerer: Answerer): string {
  if (block.action === 'terminate') return 'it is being ended';
  if (block.action === 'end_input' && block.reason === 'waiting_for_input') return 'its input is ended';
  const advice = ADVICE[block.reason](block, answerer);
  return ENDS_BY_ITSELF.includes(block.reason) ? advice : `${advice}; ${endWords(block, answerer)}`;
}

/** Here nobody needs to end the command: an answer, or a moment, does. */
const ENDS_BY_ITSELF: readonly BlockReason[] = ['waiting_for_input', 'orphaned_output'];

function endWords({ taskId, confidence }: BlockInfo, answerer: Answerer): string {
  if (answerer === 'starter') return `\`sandcrew stop ${taskId}\` ends it`;
  const patience = confidence === 'suspected' ? ' --suspected-after 30s' : '';
  return `Ctrl-C ends it, and --on-block terminate${patience} does so by itself`;
}

const ADVICE: Readonly<Record<BlockReason, (claim: Claim, answerer: Answerer) => string>> = {
  waiting_for_input: ({ evidence }, answerer) =>
    isPassword(evidence) && answerer === 'nobody' ? GIVE_PASSWORD : ANSWER[answerer],
  deadlock: () => 'nothing can wake it, and --json tells where each thread stands',
  infinite_loop: () => HARD_WORK,
  livelock: () => HARD_WORK,
  stopped: ({ evidence: { signal } }) =>
    signal === 'SIGTTIN' || signal === 'SIGTTOU'
      ? 'it wants the terminal, so run it in the foreground'
      : 'only SIGCONT at the worker lets it go on',
  zombie: () => 'its parent will never take note of it',
  orphaned_output: () => 'what it left is ended in a moment, so redirect the output of a daemon',
  memory_exhausted: () => 'it needs a larger limit, or a larger worker',
  pids_exhausted: () => 'it needs a larger limit of processes',
  cpu_exhausted: () => 'it needs a larger CPU limit, or fewer tasks beside it',
  disk_full: () => 'make room there',
  output_flood: () => 'it says the same over and over',
  network_wait: () => 'look at that peer',
  lock_wait: () => 'look at what holds that lock',
  no_progress: () => 'where so long a silence is well, say so by --expect-quiet',
};

const HARD_WORK = 'it looks the same as hard work, and --json tells where its threads stand';
const ANSWER: Readonly<Record<Answerer, string>> = {
  nobody:
    'answer with --stdin, end its input with --on-block end-input, or run it with a flag that asks nothing',
  stdin:
    'write the answer to our stdin, end its input by closing that, or run it with a flag that asks nothing',
  'spent-stdin': 'our stdin has ended, so bring more answers on it, or run it with a flag that asks nothing',
  typist: 'type the answer, or end its input with Ctrl-D',
  keys: 'type the answer',
  starter: 'only who started it can answer it; `sandcrew stop` ends it',
};
const GIVE_PASSWORD =
  'give it with --stdin (from a file, not in the command), or use a key or a flag so that none is asked for';

function isPassword({ password }: BlockInfo['evidence']): boolean {
  return password === true;
}
