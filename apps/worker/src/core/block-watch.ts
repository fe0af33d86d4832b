/**
 * The blocks of one task over its life: each is told once, withdrawn when its evidence goes, and acted upon as the
 * task's policy says. Which there are is judged elsewhere (`judge-block`), and what is told of one too (`block-news`).
 */
import type { BlockAction, BlockReason } from '@sandcrew/protocol';
import { measureUsage, tellBlock, tellCleared } from './block-news.js';
import type { Evidence } from './blocks/evidence.js';
import type { Claim } from './blocks/look.js';
import { provesDeadlock } from './blocks/runtime-standstill.js';
import { CLOSER_BACKOFF_MS, type ResourceUsage, type StackReport, type Standing } from './blocks/watch.js';
import { beginEnd } from './ending.js';
import { chooseBlockAction, judgeBlocks, ownThreads } from './judge-block.js';
import type { Task } from './state.js';
import type { Turn } from './turn.js';

const MAX_CLOSER_BACKOFF_MS = 60_000;
const PROOF_BACKOFF_MS = 15_000;
/** To be asked keeps a runtime busy for up to so long: what it does meanwhile is not its program's work. */
const PROOF_NOISE_MS = 5_000;
const MAX_PROOF_BACKOFF_MS = 3_600_000;
/** What helps to mend these is where the program stands. */
const WANTS_STACKS: readonly BlockReason[] = ['deadlock', 'infinite_loop', 'livelock', 'zombie'];

export function onSampled(turn: Turn, task: Task, evidence: Evidence): void {
  if ((task.phase !== 'running' && task.phase !== 'lingering') || task.cause !== null) return;
  const claims = judgeTask(turn, task, evidence);
  withdraw(turn, task, new Set(claims.map(({ reason }) => reason)));
  if (evidence.surroundings !== null) task.blocks.lookedCloserAtMs = turn.nowMs;
  const usage = measureUsage(evidence);
  for (const claim of claims) meetClaim(turn, task, claim, usage);
  actOnSuspicions(turn, task);
  wantCloserLook(turn, task, claims, evidence.surroundings !== null);
}

/** The stacks for a claim are here: it is told, if it still stands. */
export function onStacksCollected(
  turn: Turn,
  task: Task,
  reason: BlockReason,
  stacks: readonly StackReport[],
  usage: ResourceUsage,
): void {
  const claim = task.blocks.awaitingStacks.get(reason);
  task.blocks.awaitingStacks.delete(reason);
  if (claim === undefined || task.phase !== 'running' || task.cause !== null) return;
  if (claim.proof === undefined) return stand(turn, task, claim, usage, stacks);
  if (provesDeadlock(stacks)) stand(turn, task, { ...claim, confidence: 'confirmed' }, usage, stacks);
}

/** A block that the clock tells rather than a sample. */
export function claimBlock(turn: Turn, task: Task, claim: Claim, usage: ResourceUsage): void {
  if (!task.blocks.standing.has(claim.reason)) stand(turn, task, claim, usage, []);
}

/** Input came, or its end: what was told to wait for it does no more, however long it is until the next look. */
export function endInputWait(turn: Turn, task: Task): void {
  const block = task.blocks.standing.get('waiting_for_input');
  if (block !== undefined) clear(turn, task, block);
}

/**
 * SIGCONT was sent. A manager waits only so long for the block to go, and with many tasks the next look may be as far away: it is
 * looked at now, so that one that goes on is not taken for one that SIGCONT did not help.
 */
export function lookWhetherItGoesOn(turn: Turn, task: Task): void {
  const block = task.blocks.standing.get('stopped');
  if (block === undefined || block.hasBeenLetGoOn) return;
  block.hasBeenLetGoOn = true;
  turn.effects.push({ type: 'look_closer', taskKey: task.key });
}

function judgeTask(turn: Turn, task: Task, evidence: Evidence): Claim[] {
  const { command, blocks } = task;
  const claims = judgeBlocks({
    nowMs: turn.nowMs,
    evidence,
    threads: ownThreads(evidence),
    memory: blocks.memory,
    task: {
      kind: command.kind,
      expectQuietMs: command.expectQuietMs === 0 ? null : command.expectQuietMs,
      output: blocks.output,
      input: {
        isOpen: task.input.isOpen,
        isFeederThere: blocks.isFeederThere,
        fedAtMs: blocks.fedAtMs,
        longestGapMs: blocks.longestFeedGapMs,
      },
    },
  });
  // Once the command has exited, what it left is judged by its linger alone; what it used up is still true.
  if (task.phase === 'lingering') return claims.filter(({ reason }) => reason.endsWith('_exhausted'));
  return claims;
}

function withdraw(turn: Turn, task: Task, claimed: ReadonlySet<BlockReason>): void {
  const { standing, awaitingStacks } = task.blocks;
  // To ask a runtime wakes it for a moment: that is no sign that its program goes on.
  for (const [reason, { proof }] of awaitingStacks)
    if (!claimed.has(reason) && proof === undefined) awaitingStacks.delete(reason);
  for (const [reason, block] of standing) {
    // What a runtime has proved, or an exit has made so, does not pass with a quiet moment.
    if (claimed.has(reason) || reason === 'orphaned_output' || block.claim.proof !== undefined) continue;
    clear(turn, task, block);
  }
}

function clear(turn: Turn, task: Task, block: Standing): void {
  const { reason } = block.claim;
  task.blocks.standing.delete(reason);
  tellCleared(turn, task, block);
}

function meetClaim(turn: Turn, task: Task, claim: Claim, usage: ResourceUsage): void {
  const { standing, awaitingStacks } = task.blocks;
  if (claim.proof === 'stacks') return wantProof(turn, task, claim, usage);
  if (claim.confidence === 'unsure') return;
  const before = standing.get(claim.reason);
  const isNew =
    before === undefined || (before.confidence === 'suspected' && claim.confidence === 'confirmed');
  if (!isNew || awaitingStacks.has(claim.reason)) return;
  // Where one thing is sure, what merely looks so beside it says nothing more.
  const isSure = [...standing.values()].some(({ confidence }) => confidence === 'confirmed');
  if (claim.confidence === 'suspected' && isSure) return;
  if (WANTS_STACKS.includes(claim.reason)) collectStacks(turn, task, claim, usage);
  else stand(turn, task, claim, usage, []);
}

/** A runtime is asked seldom: each time it stops its program for a moment. */
function wantProof(turn: Turn, task: Task, claim: Claim, usage: ResourceUsage): void {
  const { blocks } = task;
  if (blocks.standing.has(claim.reason) || blocks.awaitingStacks.has(claim.reason)) return;
  const hasWorkedSince = claim.sinceMs > blocks.askedForProofAtMs + PROOF_NOISE_MS;
  if (hasWorkedSince) blocks.proofBackoffMs = PROOF_BACKOFF_MS;
  else if (turn.nowMs - blocks.askedForProofAtMs < blocks.proofBackoffMs) return;
  blocks.askedForProofAtMs = turn.nowMs;
  blocks.proofBackoffMs = Math.min(blocks.proofBackoffMs * 4, MAX_PROOF_BACKOFF_MS);
  collectStacks(turn, task, claim, usage);
}

function collectStacks(turn: Turn, task: Task, claim: Claim, usage: ResourceUsage): void {
  task.blocks.awaitingStacks.set(claim.reason, claim);
  const pids = claim.processes.map(({ pid }) => pid);
  turn.effects.push({ type: 'collect_stacks', taskKey: task.key, reason: claim.reason, pids, usage });
}

function stand(
  turn: Turn,
  task: Task,
  claim: Claim,
  usage: ResourceUsage,
  stacks: readonly StackReport[],
): void {
  if (claim.confidence === 'unsure') return;
  const { action } = chooseBlockAction(claim.reason, task.command.blockPolicy);
  const block: Standing = {
    confidence: claim.confidence,
    claim,
    usage,
    stacks,
    toldAtMs: turn.nowMs,
    action: claim.confidence === 'confirmed' ? action : 'report',
    hasActed: false,
    hasBeenLetGoOn: false,
  };
  task.blocks.standing.set(claim.reason, block);
  tellBlock(turn, task, block);
  if (block.confidence === 'confirmed') act(turn, task, block, action);
}

function actOnSuspicions(turn: Turn, task: Task): void {
  for (const [reason, block] of task.blocks.standing) {
    const { action, suspectedAfterMs } = chooseBlockAction(reason, task.command.blockPolicy);
    if (block.confidence !== 'suspected' || suspectedAfterMs === null) continue;
    if (turn.nowMs - block.toldAtMs >= suspectedAfterMs) act(turn, task, block, action);
  }
}

function act(turn: Turn, task: Task, block: Standing, action: BlockAction): void {
  if (block.hasActed) return;
  block.hasActed = true;
  if (action === 'end_input') {
    if (task.command.pty === undefined) task.input.isOpen = false;
    turn.effects.push({ type: 'end_input', taskKey: task.key });
  } else if (action === 'terminate') {
    const { reason, summary } = block.claim;
    beginEnd(turn, task, { kind: 'blocked', message: `${reason}: ${summary}`, reason });
  }
}

function wantCloserLook(turn: Turn, task: Task, claims: readonly Claim[], wasCloser: boolean): void {
  const { blocks } = task;
  const open = claims.filter(
    ({ reason, confidence, proof }) =>
      confidence === 'unsure' &&
      proof === undefined &&
      blocks.standing.get(reason)?.confidence !== 'confirmed',
  );
  if (wasCloser) {
    blocks.closerBackoffMs = Math.min(blocks.closerBackoffMs * 2, MAX_CLOSER_BACKOFF_MS);
    return;
  }
  if (open.length === 0) {
    blocks.closerBackoffMs = CLOSER_BACKOFF_MS;
    return;
  }
  const waitedMs = turn.nowMs - blocks.lookedCloserAtMs;
  // What has become ripe since the last look was not there to be seen by it.
  const isFresh = open.some(({ sinceMs }) => sinceMs > blocks.lookedCloserAtMs);
  if (isFresh || waitedMs >= blocks.closerBackoffMs)
    turn.effects.push({ type: 'look_closer', taskKey: task.key });
}
