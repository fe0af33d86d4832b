/** Whether a task has long shown no sign of work: it waits for timers alone, or says the same thing over and over. */
import { type Claim, type Look, listNames, nameOf } from './look.js';
import { repeatedLinesOf } from './output-watch.js';
import { SOURCE, type WakeSources } from './wake-sources.js';

/** Silence of a batch task is suspected after so long, where its caller does not say what to expect. */
const SILENCE_MS = 180_000;
/** The same line so many times, over so long, is no progress either. */
const REPETITIONS = 12;
const REPEATING_MS = 12_000;
/** Less CPU than this is no work. */
const IDLE = 0.02;

export function judgeQuiet(look: Look, sources: WakeSources): Claim | null {
  if (look.task.kind === 'service' || (sources.all & SOURCE.serving) !== 0) return null;
  return judgeSilence(look) ?? judgeRepetition(look, sources);
}

/** Call it at each look, before anything is judged. */
export function rememberWork(look: Look): void {
  const { memory, evidence, nowMs } = look;
  const ioBytes = evidence.processes.reduce((sum, process) => sum + process.ioBytes, 0);
  const isBusy =
    (evidence.usage?.cpu ?? 0) > IDLE * 100 ||
    look.threads.some(({ busy, wait }) => (busy ?? 0) > IDLE || wait.on === 'nothing');
  const met = evidence.processes.filter(({ pid }) => !memory.met.has(pid));
  if (met.length > 0) memory.metAtMs = nowMs;
  memory.met = new Set(evidence.processes.map(({ pid }) => pid));
  if (isBusy || ioBytes !== memory.ioBytes || look.task.output.bytes !== memory.outputBytes)
    memory.quietSinceMs = nowMs;
  memory.ioBytes = ioBytes;
}

function judgeSilence(look: Look): Claim | null {
  const quietMs = look.nowMs - look.memory.quietSinceMs;
  if (quietMs < (look.task.expectQuietMs ?? SILENCE_MS)) return null;
  const processes = [...new Set(look.threads.map(({ pid }) => pid))].map((pid) => nameOf(look, pid));
  return {
    reason: 'no_progress',
    confidence: 'suspected',
    sinceMs: look.memory.quietSinceMs,
    summary: `${listNames(processes) || 'it'} has neither written nor read nor computed for ${Math.round(quietMs / 1_000)} s`,
    processes,
  };
}

function judgeRepetition(look: Look, sources: WakeSources): Claim | null {
  const { output } = look.task;
  const repeatingMs = output.lastAtMs - output.repeatedSinceMs;
  const isTimed = (sources.all & SOURCE.time) !== 0;
  if (!isTimed || output.repeatedLines < REPETITIONS || repeatingMs < REPEATING_MS) return null;
  const lines = repeatedLinesOf(output);
  return {
    reason: 'no_progress',
    confidence: 'suspected',
    sinceMs: output.repeatedSinceMs,
    summary: `it has written nothing but ${JSON.stringify(lines[0] ?? '')} for ${Math.round(repeatingMs / 1_000)} s`,
    processes: [],
    details: { lines },
  };
}
