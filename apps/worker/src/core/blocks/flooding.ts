/** Whether a task floods its reader with the same few lines, for ever as it seems. */
import type { Claim, Look } from './look.js';
import { repeatedLinesOf } from './output-watch.js';

/** A flood is as fast as this, in bytes or in lines, */
const FLOOD_BYTES_PER_SECOND = 200_000;
const FLOOD_LINES_PER_SECOND = 500;
/** … for so long; */
const FLOOD_MS = 3_000;
/** … and has brought so much. Less is read in a moment, and may be meant. */
const FLOOD_BYTES = 4_194_304;
const FLOOD_LINES = 10_000;

export function judgeFlooding(look: Look): Claim | null {
  const { memory, nowMs } = look;
  const { output } = look.task;
  if (output.bytes === memory.outputBytes || output.repeatedLines === 0) {
    memory.flood = null; // it has paused, or has not ended a line yet
    return null;
  }
  const before = memory.flood;
  const isNew = before === null || output.repeatedSinceMs > before.sinceMs;
  if (isNew) {
    memory.flood = { sinceMs: nowMs, bytes: output.bytes, lines: output.repeatedLines };
    return null;
  }
  const seconds = (nowMs - before.sinceMs) / 1_000;
  const bytesPerSecond = Math.round((output.bytes - before.bytes) / seconds);
  const linesPerSecond = Math.round((output.repeatedLines - before.lines) / seconds);
  if (bytesPerSecond < FLOOD_BYTES_PER_SECOND && linesPerSecond < FLOOD_LINES_PER_SECOND) {
    memory.flood = null;
    return null;
  }
  if (seconds * 1_000 < FLOOD_MS) return null;
  const isLarge = output.repeatedBytes >= FLOOD_BYTES || output.repeatedLines >= FLOOD_LINES;
  const lines = repeatedLinesOf(output);
  const which = lines.length === 1 ? 'line' : `${lines.length} lines`;
  return {
    reason: 'output_flood',
    confidence: isLarge ? 'confirmed' : 'suspected',
    sinceMs: before.sinceMs,
    summary: `it writes ${Math.round(bytesPerSecond / 1_000)} kB a second, the same ${which} again and again: ${lines.map((line) => JSON.stringify(line)).join(', ')}`,
    processes: [],
    details: { bytesPerSecond, lines },
  };
}
