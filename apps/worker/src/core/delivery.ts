/** Sends each task's output to its one reader: in order, within its credit, fairly among a session's tasks. */
import { MAX_CHUNK_BYTES, type Stream } from '@sandcrew/protocol';
import { bytesBetween, judgeCredit } from './credit.js';
import { letGo } from './keeping.js';
import { chunkAt, lookBack } from './output-log.js';
import type { Session, Subscriber, Task } from './state.js';
import type { Turn } from './turn.js';

/** What a frame costs in a socket beside its bytes, roughly: many tiny chunks must not pass for nothing. */
const FRAME_COST_BYTES = 256;

/** Makes `session` the reader of `task` from `offset` on. */
export function subscribe(turn: Turn, task: Task, session: Session, offset: number): void {
  const subscriber: Subscriber = {
    sessionId: session.id,
    sentOffset: offset,
    reading: null,
    primers: [],
    gaps: [],
    isTerminalSent: false,
  };
  task.subscriber = subscriber;
  task.pace.isBehind = false; // whoever reads now has yet to show how fast
  if (session.output === 'text') {
    turn.effects.push({ type: 'begin_text', sessionId: session.id, taskId: task.taskId });
    for (const stream of ['stdout', 'stderr'] as const) {
      const found = lookBack(task.log, stream, offset);
      if (!(found instanceof Uint8Array)) subscriber.primers.push({ stream, ...found });
      else if (found.length > 0) primeText(turn, session, task, stream, found);
    }
  }
  // What is gone already is told at once: the reader may wait for nothing else.
  if (offset < task.log.startOffset) sendGap(turn, task, subscriber, task.log.startOffset - offset);
  deliver(turn, task);
}

/** Sends what can be sent of a task now. Call it whenever there is more output, more credit, or the end. */
export function deliver(turn: Turn, task: Task): void {
  if (task.subscriber === null) return;
  const session = turn.state.sessions.get(task.subscriber.sessionId);
  if (session === undefined || session.isClosing) return;
  session.hungry.add(task.key);
  deliverHungry(turn, session);
}

/** Lets a session's tasks send in turn, a chunk each, until its socket has enough. */
export function deliverHungry(turn: Turn, session: Session): void {
  for (const key of session.hungry) {
    session.hungry.delete(key);
    const task = turn.state.tasks.get(key);
    if (task?.subscriber?.sessionId !== session.id) continue;
    const outcome = sendNext(turn, task, task.subscriber, session);
    if (outcome !== 'done') session.hungry.add(key); // behind the others; the iteration comes back to it
    if (outcome === 'socket_full') return;
  }
}

/**
 * Takes spooled bytes that came back, if their reader still waits for them. Those that were let go or found lost
 * meanwhile are not sent: they are a gap.
 */
export function receiveSpooled(turn: Turn, task: Task, offset: number, data: Uint8Array): void {
  const subscriber = task.subscriber;
  if (subscriber?.reading?.offset !== offset) return;
  const { primes } = subscriber.reading;
  subscriber.reading = null;
  const session = turn.state.sessions.get(subscriber.sessionId);
  const chunk = chunkAt(task.log, offset);
  if (session === undefined) return;
  if (primes !== null) primeText(turn, session, task, primes, data);
  else if (chunk?.place.kind === 'spool' && chunk.offset <= offset) {
    const bytes = Math.min(data.length, chunk.offset + chunk.bytes - offset);
    sendChunk(turn, task, subscriber, session, chunk.stream, data.subarray(0, bytes));
  }
  deliver(turn, task);
}

function sendNext(
  turn: Turn,
  task: Task,
  subscriber: Subscriber,
  session: Session,
): 'more' | 'done' | 'socket_full' {
  if (subscriber.reading !== null) return 'done';
  const primer = subscriber.primers.shift();
  if (primer !== undefined) {
    readSpooled(turn, task, subscriber, primer.offset, primer.bytes, primer.stream);
    return 'more'; // which waits for the bytes, unless they are gone meanwhile
  }
  const { log } = task;
  const credit = judgeCredit(
    {
      unsentBytes: log.endOffset - Math.max(subscriber.sentOffset, log.startOffset),
      unackedBytes: bytesBetween(task.ackedOffset, subscriber.sentOffset, subscriber.gaps),
      isWindowed: session.kind === 'manager',
      waitingBytes: session.waitingBytes,
    },
    turn.state.policy.credit,
  );
  const chunk = chunkAt(log, Math.max(subscriber.sentOffset, log.startOffset));
  const isSocketFull = session.waitingBytes >= turn.state.policy.credit.socketBytes;
  // A gap uses no window, yet it waits for one: it may still grow while its reader does not read.
  if (chunk !== null && credit === 0) return isSocketFull ? 'socket_full' : 'done';
  if (subscriber.sentOffset < log.startOffset && (chunk !== null || task.terminal !== null)) {
    sendGap(turn, task, subscriber, log.startOffset - subscriber.sentOffset);
    return 'more';
  }
  if (chunk === null) {
    sendTerminal(turn, task, subscriber, session);
    return 'done';
  }
  const rest = chunk.offset + chunk.bytes - subscriber.sentOffset;
  if (chunk.place.kind === 'lost') {
    sendGap(turn, task, subscriber, rest);
    return 'more';
  }
  const bytes = Math.min(rest, credit, MAX_CHUNK_BYTES);
  const start = subscriber.sentOffset - chunk.offset;
  if (chunk.place.kind === 'spool') {
    readSpooled(turn, task, subscriber, subscriber.sentOffset, bytes, null);
    return 'done';
  }
  sendChunk(turn, task, subscriber, session, chunk.stream, chunk.place.data.subarray(start, start + bytes));
  return 'more';
}

function sendChunk(
  turn: Turn,
  task: Task,
  subscriber: Subscriber,
  session: Session,
  stream: Stream,
  data: Uint8Array,
): void {
  const cost = data.length + FRAME_COST_BYTES;
  const frame = { taskId: task.taskId, stream, offset: subscriber.sentOffset, data };
  turn.effects.push({ type: 'send_output', sessionId: session.id, encoding: session.output, frame, cost });
  session.waitingBytes += cost;
  advance(task, subscriber, data.length);
  // Nobody can ask for a plain client's output again, so what its socket was given need not be kept.
  if (session.kind !== 'manager') letGo(turn, task, subscriber.sentOffset);
}

function sendGap(turn: Turn, task: Task, subscriber: Subscriber, bytes: number): void {
  const gap = { offset: subscriber.sentOffset, bytes };
  finishText(turn, task, subscriber, gap.offset); // a code point is not put together from both sides of a gap
  turn.effects.push({
    type: 'send',
    sessionId: subscriber.sessionId,
    message: { type: 'output_gap', taskId: task.taskId, ...gap },
  });
  subscriber.gaps.push(gap);
  advance(task, subscriber, bytes);
}

function advance(task: Task, subscriber: Subscriber, bytes: number): void {
  subscriber.sentOffset += bytes;
  task.sentOffset = Math.max(task.sentOffset, subscriber.sentOffset);
}

function sendTerminal(turn: Turn, task: Task, subscriber: Subscriber, session: Session): void {
  if (task.terminal === null || subscriber.isTerminalSent) return;
  subscriber.isTerminalSent = true;
  finishText(turn, task, subscriber, task.log.endOffset);
  turn.effects.push({ type: 'send', sessionId: session.id, message: task.terminal });
}

function readSpooled(
  turn: Turn,
  task: Task,
  subscriber: Subscriber,
  offset: number,
  bytes: number,
  primes: Stream | null,
): void {
  const chunk = chunkAt(task.log, offset);
  if (chunk?.place.kind !== 'spool') return;
  subscriber.reading = { offset, primes };
  const position = chunk.place.position + offset - chunk.offset;
  turn.effects.push({
    type: 'read_spool',
    taskKey: task.key,
    segment: chunk.place.segment,
    position,
    offset,
    bytes,
  });
}

function finishText(turn: Turn, task: Task, { sessionId }: Subscriber, offset: number): void {
  if (turn.state.sessions.get(sessionId)?.output !== 'text') return;
  turn.effects.push({ type: 'finish_text', sessionId, taskId: task.taskId, offset });
}

function primeText(turn: Turn, session: Session, task: Task, stream: Stream, data: Uint8Array): void {
  turn.effects.push({ type: 'prime_text', sessionId: session.id, taskId: task.taskId, stream, data });
}
