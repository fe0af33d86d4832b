/** Keeps a task's output until it is acked: places new bytes, and lets go of what there is no room for. */
import type { Stream } from '@sandcrew/protocol';
import {
  appendInMemory,
  appendInSpool,
  dropBefore,
  markLost,
  moveToSpool,
  type OutputLog,
} from './output-log.js';
import { holdReading, noteRead } from './reading.js';
import { chooseDropOffset, choosePlace } from './retention.js';
import type { Task, WorkerState } from './state.js';
import { clearTaskTimer, TASK_TIMERS, type Turn } from './turn.js';

/** Takes bytes that were read from a command into its log. */
export function keepOutput(turn: Turn, task: Task, stream: Stream, data: Uint8Array): void {
  const { state } = turn;
  if (task.isForgotten) {
    task.log.endOffset += data.length;
    task.log.startOffset = task.log.endOffset;
    return;
  }
  if (state.kept.memoryBytes + data.length > state.policy.retention.memoryBytes) moveEndedToSpool(turn);
  counting(state, task.log, () => {
    if (choosePlace(task.log, data.length, state.kept, state.policy.retention) === 'memory')
      appendInMemory(task.log, stream, data);
    else
      spool(turn, task, task.log.endOffset, data, (segment, position) =>
        appendInSpool(task.log, stream, data.length, segment, position),
      );
  });
  letGo(turn, task, chooseDropOffset(task.log, state.policy.retention));
  keepWithinQuota(turn, task);
  holdReading(turn, task);
}

/** Drops a task's output before `offset`, and the spool files that held nothing else. */
export function letGo(turn: Turn, task: Task, offset: number): void {
  if (offset <= task.log.startOffset) return;
  const { minFreedBytes } = turn.state.policy.retention;
  counting(turn.state, task.log, () => {
    for (const { place } of dropBefore(task.log, offset))
      if (place.kind === 'memory' && place.data.length >= minFreedBytes)
        turn.effects.push({ type: 'free_output', taskKey: task.key, data: place.data });
  });
  noteRead(turn, task);
  if (task.log.spoolBytes === 0 && task.spool.position > 0) {
    task.spool.segment++;
    task.spool.position = 0;
  }
  const needed = firstNeededSegment(task);
  for (; task.spool.firstSegment < needed; task.spool.firstSegment++) {
    turn.effects.push({ type: 'delete_spool', taskKey: task.key, segment: task.spool.firstSegment });
  }
}

/** Not that of the first chunk: what an ended task moved to the spool stands in later files than what came after it. */
function firstNeededSegment({ log, spool }: Task): number {
  let needed = spool.segment;
  for (const { place } of log.chunks) if (place.kind === 'spool') needed = Math.min(needed, place.segment);
  return needed;
}

/** The spool could not write or read these bytes: they are told as a gap when their turn comes. */
export function loseOutput(turn: Turn, task: Task, offset: number, bytes: number): void {
  counting(turn.state, task.log, () => markLost(task.log, offset, bytes));
}

/** Removes an ended task and all that is kept of it. */
export function removeTask(turn: Turn, task: Task): void {
  if (!turn.state.tasks.delete(task.key)) return;
  const { kept } = turn.state;
  turn.state.kept = {
    memoryBytes: kept.memoryBytes - task.log.memoryBytes,
    spoolBytes: kept.spoolBytes - task.log.spoolBytes,
  };
  for (const timer of TASK_TIMERS) clearTaskTimer(turn, task, timer);
  if (task.spool.segment > 0 || task.spool.position > 0) {
    turn.effects.push({ type: 'delete_spool', taskKey: task.key, segment: 'all' });
  }
}

/** Ended tasks beyond the limit go, oldest first. */
export function keepFewEnded(turn: Turn): void {
  const ended = [...turn.state.tasks.values()].filter((task) => task.phase === 'ended');
  for (const task of ended.slice(0, Math.max(0, ended.length - turn.state.policy.retention.maxEndedTasks)))
    removeTask(turn, task);
}

function keepWithinQuota(turn: Turn, task: Task): void {
  const { state } = turn;
  const quota = state.policy.retention.spoolQuotaBytes;
  for (const other of state.tasks.values()) {
    if (state.kept.spoolBytes <= quota) return;
    if (other.phase === 'ended' && other.log.spoolBytes > 0) letGo(turn, other, other.log.endOffset); // its end is still told
  }
  for (const oldest of task.log.chunks.filter(({ place }) => place.kind === 'spool')) {
    const tooManyBytes = state.kept.spoolBytes - quota;
    if (tooManyBytes <= 0) return;
    letGo(turn, task, oldest.offset + Math.min(oldest.bytes, tooManyBytes));
  }
}

/** Makes room in memory for tasks that run: what ended ones keep waits as well on disk. */
function moveEndedToSpool(turn: Turn): void {
  for (const task of turn.state.tasks.values()) {
    if (task.phase !== 'ended' || task.log.memoryBytes === 0) continue;
    counting(turn.state, task.log, () => {
      for (const [index, chunk] of task.log.chunks.entries()) {
        if (chunk.place.kind !== 'memory') continue;
        spool(turn, task, chunk.offset, chunk.place.data, (segment, position) =>
          moveToSpool(task.log, index, segment, position),
        );
      }
    });
    return;
  }
}

function spool(
  turn: Turn,
  task: Task,
  offset: number,
  data: Uint8Array,
  place: (segment: number, position: number) => void,
): void {
  const { segmentBytes } = turn.state.policy.retention;
  if (task.spool.position > 0 && task.spool.position + data.length > segmentBytes) {
    task.spool.segment++;
    task.spool.position = 0;
  }
  const at = { segment: task.spool.segment, position: task.spool.position };
  turn.effects.push({ type: 'append_spool', taskKey: task.key, ...at, offset, data });
  place(at.segment, at.position);
  task.spool.position += data.length;
}

/** Runs a change of one log and carries it over into the totals. */
function counting(state: WorkerState, log: OutputLog, change: () => void): void {
  const { memoryBytes, spoolBytes } = log;
  change();
  state.kept = {
    memoryBytes: state.kept.memoryBytes + log.memoryBytes - memoryBytes,
    spoolBytes: state.kept.spoolBytes + log.spoolBytes - spoolBytes,
  };
}
