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
    session,
    sentOffset: offset,
    readingOffset: null,
    gaps: [],
    isTerminalSent: false,
  };
  task.subscriber = subscriber;
  task.pace.isBehind = false; // whoever reads now has yet to show how fast
  if (session.output === 'text') {
    turn.effects.push({ type: 'begin_text', sessionId: session.id, taskId: task.taskId });
    for (const stream of ['stdout', 'stderr'] as const) {
      const data = lookBack(task.log, stream, offset);
      if (data.length > 0)
        turn.effects.push({ type: 'prime_text', sessionId: session.id, taskId: task.taskId, stream, data });
    }
  }
  // What is gone already is told at once: the reader may wait for nothing else.
  if (offset < task.log.startOffset) sendDropped(turn, task, subscriber);
  deliver(turn, task);
}

/** Sends what can be sent of a task now. Call it whenever there is more output, more credit, or the end. */
export function deliver(turn: Turn, task: Task): void {
  if (task.subscriber === null) return;
  const { session } = task.subscriber;
  if (session.isClosing) return;
  session.hungry.add(task.key);
  deliverHungry(turn, session);
}

/** Lets a session's tasks send in turn, a chunk each, until its socket has enough. */
export function deliverHungry(turn: Turn, session: Session): void {
  for (const key of session.hungry) {
    session.hungry.delete(key);
    const task = turn.state.tasks.get(key);
    if (!task?.subscriber) continue; // forgotten meanwhile
    const outcome = sendNext(turn, task, task.subscriber);
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
  if (subscriber?.readingOffset !== offset) return;
  subscriber.readingOffset = null;
  const chunk = chunkAt(task.log, offset);
  if (chunk?.place.kind === 'spool' && chunk.offset <= offset) {
    const bytes = Math.min(data.length, chunk.offset + chunk.bytes - offset);
    sendChunk(turn, task, subscriber, chunk.stream, data.subarray(0, bytes));
  }
  deliver(turn, task);
}

function sendNext(turn: Turn, task: Task, subscriber: Subscriber): 'more' | 'done' | 'socket_full' {
  const { session } = subscriber;
  if (subscriber.readingOffset !== null) return 'done';
  const { log } = task;
  const chunk = chunkAt(log, Math.max(subscriber.sentOffset, log.startOffset));
  if (chunk === null) {
    sendTerminal(turn, task, subscriber);
    return 'done';
  }
  const credit = judgeCredit(
    {
      unackedBytes: bytesBetween(task.ackedOffset, subscriber.sentOffset, subscriber.gaps),
      isWindowed: session.kind === 'manager',
      waitingBytes: session.waitingBytes,
    },
    turn.state.policy.credit,
  );
  if (credit === 'socket_full') return credit;
  // A gap uses no window, yet it waits for one: it may still grow while its reader does not read.
  if (credit === 0) return 'done';
  const rest = chunk.offset + chunk.bytes - subscriber.sentOffset;
  const bytes = Math.min(rest, credit, MAX_CHUNK_BYTES);
  const start = subscriber.sentOffset - chunk.offset;
  if (subscriber.sentOffset < log.startOffset) sendDropped(turn, task, subscriber);
  else if (chunk.place.kind === 'lost') sendGap(turn, task, subscriber, rest);
  else if (chunk.place.kind === 'spool') {
    const { segment, position } = chunk.place;
    const offset = subscriber.sentOffset;
    subscriber.readingOffset = offset;
    const at = { segment, position: position + start };
    turn.effects.push({ type: 'read_spool', taskKey: task.key, ...at, offset, bytes });
  } else {
    const data = chunk.place.data.subarray(start, start + bytes);
    sendChunk(turn, task, subscriber, chunk.stream, data);
  }
  return 'more';
}

function sendChunk(turn: Turn, task: Task, subscriber: Subscriber, stream: Stream, data: Uint8Array): void {
  const { session } = subscriber;
  const cost = data.length + FRAME_COST_BYTES;
  const frame = { taskId: task.taskId, stream, offset: subscriber.sentOffset, data };
  turn.effects.push({ type: 'send_output', sessionId: session.id, encoding: session.output, frame, cost });
  session.waitingBytes += cost;
  advance(task, subscriber, data.length);
  // Nobody can ask for a plain client's output again, so what its socket was given need not be kept.
  if (session.kind !== 'manager') letGo(turn, task, subscriber.sentOffset);
}

/** What was let go before it was sent. */
function sendDropped(turn: Turn, task: Task, subscriber: Subscriber): void {
  sendGap(turn, task, subscriber, task.log.startOffset - subscriber.sentOffset);
}

function sendGap(turn: Turn, task: Task, subscriber: Subscriber, bytes: number): void {
  const gap = { offset: subscriber.sentOffset, bytes };
  finishText(turn, task, subscriber, gap.offset); // a code point is not put together from both sides of a gap
  turn.effects.push({
    type: 'send',
    sessionId: subscriber.session.id,
    message: { type: 'output_gap', taskId: task.taskId, ...gap },
  });
  subscriber.gaps.push(gap);
  advance(task, subscriber, bytes);
}

function advance(task: Task, subscriber: Subscriber, bytes: number): void {
  subscriber.sentOffset += bytes;
  task.sentOffset = Math.max(task.sentOffset, subscriber.sentOffset);
}

function sendTerminal(turn: Turn, task: Task, subscriber: Subscriber): void {
  if (task.terminal === null || subscriber.isTerminalSent) return;
  subscriber.isTerminalSent = true;
  if (subscriber.sentOffset < task.log.startOffset) sendDropped(turn, task, subscriber);
  finishText(turn, task, subscriber, task.log.endOffset);
  turn.effects.push({ type: 'send', sessionId: subscriber.session.id, message: task.terminal });
}

function finishText(turn: Turn, task: Task, { session }: Subscriber, offset: number): void {
  if (session.output !== 'text') return;
  turn.effects.push({ type: 'finish_text', sessionId: session.id, taskId: task.taskId, offset });
}
