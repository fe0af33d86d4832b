/** Whether a task waits for input that nobody gives: by the call and the descriptor that it sits in, never by its silence. */

import type { ProcessHabits, Surroundings, ThreadEvidence, Wait } from './evidence.js';
import { type Claim, type Look, listNames, nameOf } from './look.js';
import { promptOf } from './output-watch.js';
import { SOURCE, type WakeSources } from './wake-sources.js';

/** Nobody types faster than this at a prompt that just appeared. */
const UNFED_MS = 1_000;
/** A feeder that is attached may think for so long. */
const UNFED_INTERACTIVE_MS = 5_000;
const GAPS = 3;
/** A poll that has run out once and is entered again, with a prompt on the screen, has waited at least so long. */
const POLLED_MS = 5_000;
const POLLED_SUSPECTED_MS = 3_000;
/** Input and something else are waited for: which of them it is cannot be told. */
const MIXED_MS = 5_000;

export function judgeInputWait(look: Look, sources: WakeSources): Claim | null {
  const waiting = look.threads.filter(isWaiting);
  forgetPolling(look, waiting);
  if (!look.task.input.isOpen) return null;
  const claims = waiting
    .map((thread) => judgeThread(look, thread, sources))
    .filter((claim) => claim !== null);
  const rank = { confirmed: 0, unsure: 1, suspected: 2 };
  return claims.sort((a, b) => rank[a.confidence] - rank[b.confidence])[0] ?? null;
}

interface WaitingThread extends ThreadEvidence {
  readonly wait: Extract<Wait, { on: 'descriptors' }>;
}

function isWaiting(thread: ThreadEvidence): thread is WaitingThread {
  const { wait } = thread;
  return (
    wait.on === 'descriptors' && wait.towards === 'read' && wait.targets.some(({ kind }) => kind === 'input')
  );
}

function judgeThread(look: Look, thread: WaitingThread, sources: WakeSources): Claim | null {
  const others = sources.ofProcess(thread.pid);
  if ((others & SOURCE.serving) !== 0) return null;
  // A terminal can be set so that a read runs out by itself: that is a poll too, by its coming back.
  const untimed = thread.wait.timeoutMs === null ? judgeUntimed(look, thread, others) : null;
  return untimed ?? judgePolled(look, thread, others);
}

function judgeUntimed(look: Look, thread: ThreadEvidence, sources: number): Claim | null {
  const { surroundings } = look.evidence;
  const unfedMs = Math.min(thread.stillMs, look.nowMs - look.task.input.fedAtMs);
  const sinceMs = look.nowMs - unfedMs;
  const isAlone = (sources & ~(SOURCE.input | SOURCE.signal)) === 0;
  const claim = (confidence: Claim['confidence']) => describe(look, thread, confidence, sinceMs);
  if (unfedMs >= unfedLimitMs(look)) {
    // Without the surroundings it is not known who holds the other things that it may wait for.
    if (surroundings === null) return claim('unsure');
    if (isAlone && !isTimed(look, surroundings, thread.pid)) return claim('confirmed');
  }
  // With a prompt on the screen a timer beside it is more likely a runtime's than the program's.
  const mayElse = promptOf(look.task.output) === '' ? SOURCE.running | SOURCE.time : SOURCE.running;
  if (unfedMs < MIXED_MS || (sources & mayElse) !== 0) return null;
  return claim(surroundings === null ? 'unsure' : 'suspected'); // whether it asks for a password is not known before
}

/** A poll that runs out may be a program that goes on without an answer, or one that only looks up now and then. */
function judgePolled(look: Look, thread: ThreadEvidence, sources: number): Claim | null {
  const prompt = promptOf(look.task.output);
  // A peer may be what it waits for as well: a connection that is kept open, or the other side of a remote shell.
  const others = sources & ~(SOURCE.input | SOURCE.time | SOURCE.signal);
  const isBesidePeer = (others & ~(SOURCE.outside | SOURCE.unknown)) === 0;
  if (prompt === '' || !isBesidePeer) return null;
  const { bytes } = look.task.output;
  const known = look.memory.polling.get(thread.tid);
  const isSame =
    known !== undefined && known.outputBytes === bytes && known.sinceMs >= look.task.input.fedAtMs;
  const polling = isSame ? known : { sinceMs: look.nowMs, outputBytes: bytes, returns: 0 };
  if (isSame && thread.stillMs === 0) polling.returns++;
  look.memory.polling.set(thread.tid, polling);
  const polledMs = look.nowMs - polling.sinceMs;
  if (polledMs >= Math.max(POLLED_MS, unfedLimitMs(look)) && polling.returns > 0) {
    const { surroundings } = look.evidence;
    if (surroundings === null) return describe(look, thread, 'unsure', polling.sinceMs);
    if (others === 0 && !isTimedBeside(look, thread) && !isTimed(look, surroundings, thread.pid))
      return describe(look, thread, 'confirmed', polling.sinceMs);
  }
  return polledMs >= POLLED_SUSPECTED_MS ? describe(look, thread, 'suspected', polling.sinceMs) : null;
}

/** Whether another thread of its process goes on by the clock: the poll may only be for a key that need never come. */
function isTimedBeside(look: Look, polling: ThreadEvidence): boolean {
  return look.threads.some(
    ({ pid, tid, wait }) =>
      pid === polling.pid &&
      tid !== polling.tid &&
      (wait.on === 'time' ||
        (wait.on === 'futex' && wait.isTimed) ||
        (wait.on === 'descriptors' && wait.timeoutMs !== null)),
  );
}

function forgetPolling(look: Look, waiting: readonly ThreadEvidence[]): void {
  const tids = new Set(waiting.map(({ tid }) => tid));
  for (const tid of look.memory.polling.keys()) if (!tids.has(tid)) look.memory.polling.delete(tid);
}

function unfedLimitMs({ task }: Look): number {
  const isExpected = task.kind === 'interactive' || task.input.isFeederThere;
  const least = isExpected ? UNFED_INTERACTIVE_MS : UNFED_MS;
  return Math.max(least, GAPS * task.input.longestGapMs);
}

/**
 * A program that catches the alarm may have set one, which the kernel does not show. One that catches SIGTERM too
 * catches whatever would end it, to clean up, as editors and password prompts do: that says nothing of an alarm.
 */
function mayBeAlarmed(habits: ProcessHabits | undefined): boolean {
  return habits !== undefined && habits.caughtSignals.includes('SIGALRM') && !habits.catchesTermination;
}

/** Whether a timer may end the wait without any input: an alarm, or something above it, as `timeout` is. */
function isTimed(look: Look, { habits }: Surroundings, pid: number): boolean {
  const { processes } = look.evidence;
  const parentOf = (child: number) => processes.find((process) => process.pid === child)?.parentPid;
  if (mayBeAlarmed(habits[pid])) return true;
  for (let at = parentOf(pid); at !== undefined; at = parentOf(at))
    if (habits[at]?.hasTimers === true || mayBeAlarmed(habits[at])) return true;
  return false;
}

function describe(
  look: Look,
  thread: ThreadEvidence,
  confidence: Claim['confidence'],
  sinceMs: number,
): Claim {
  const reader = nameOf(look, thread.pid);
  const prompt = promptOf(look.task.output);
  const { terminal } = look.evidence;
  const isPassword = terminal?.isCanonical === true && !terminal.echoes;
  const what = isPassword ? 'a password' : 'input';
  return {
    reason: 'waiting_for_input',
    confidence,
    sinceMs,
    summary: `${listNames([reader])} waits for ${what}${prompt === '' ? '' : ` at the prompt ${JSON.stringify(prompt)}`}`,
    processes: [reader],
    details: { prompt, password: isPassword, process: reader.name, pid: reader.pid },
  };
}
