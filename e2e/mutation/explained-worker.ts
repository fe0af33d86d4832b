/** Of the worker's core. */
import type { Explained } from './explanation.js';

const MEASURED =
  'Of a value that is measured: which side it falls to where it meets the bound exactly is promised to nobody.';

export const WORKER_EXPLAINED: readonly Explained[] = [
  {
    file: 'apps/worker/src/core/block-watch.ts',
    line: 'const hasWorkedSince = claim.sinceMs > blocks.askedForProofAtMs + PROOF_NOISE_MS;',
    edits: ['> → >='],
    why: MEASURED,
  },
  {
    file: 'apps/worker/src/core/block-watch.ts',
    line: 'const isFresh = open.some(({ sinceMs }) => sinceMs > blocks.lookedCloserAtMs);',
    edits: ['> → >='],
    why: MEASURED,
  },
  {
    file: 'apps/worker/src/core/block-watch.ts',
    line: "if (claim.confidence === 'unsure') return;",
    edits: ["claim.confidence === 'unsure' → false", "'unsure' → ''"],
    why: 'Nobody tells of what he is unsure of: it is for the compiler.',
  },
  {
    file: 'apps/worker/src/core/blocks/exhaustion.ts',
    line: 'const earlier = memory.memoryUse.findLast(({ atMs }) => look.nowMs - atMs >= GROWTH_WINDOW_MS);',
    edits: ['>= → >'],
    why: MEASURED,
  },
  {
    file: 'apps/worker/src/core/blocks/exhaustion.ts',
    line: 'const hasGrown = earlier !== undefined && usedBytes - earlier.bytes > GROWTH * use.maxBytes;',
    edits: ['> → >='],
    why: MEASURED,
  },
  {
    file: 'apps/worker/src/core/blocks/exhaustion.ts',
    line: 'if (directory === null || look.nowMs - failedAtMs > COMPLAINT_MS) {',
    edits: ['> → >='],
    why: MEASURED,
  },
  {
    file: 'apps/worker/src/core/blocks/flooding.ts',
    line: 'const isLarge = output.repeatedBytes >= FLOOD_BYTES || output.repeatedLines >= FLOOD_LINES;',
    edits: ['>= → >'],
    why: MEASURED,
  },
  {
    file: 'apps/worker/src/core/blocks/look.ts',
    line: "return { pid, name: look.evidence.processes.find((process) => process.pid === pid)?.name ?? '?' };",
    edits: ["'?' → ''", '?. → .'],
    why: 'Who is named is of the processes of the same look.',
  },
  {
    file: 'apps/worker/src/core/blocks/quiet.ts',
    line: '(evidence.usage?.cpu ?? 0) > IDLE * 100 ||',
    edits: ['> → >='],
    why: MEASURED,
  },
  {
    file: 'apps/worker/src/core/blocks/quiet.ts',
    line: 'const ioBytes = evidence.processes.reduce((sum, process) => sum + process.ioBytes, 0);',
    edits: ['+ → -'],
    why: 'It is only compared with what it was before.',
  },
  {
    file: 'apps/worker/src/core/blocks/standstill.ts',
    line: 'const claims = stopped.length > 0 ? [judgeStopped(look, stopped, stillMs, sources)] : [];',
    edits: ['> → >='],
    why: 'None that is stopped has been so for long enough.',
  },
  {
    file: 'apps/worker/src/core/containment/filter-program.ts',
    line: "if (machine === 'x64') {",
    edits: ["machine === 'x64' → true"],
    why: 'No call of arm64 has a number so high.',
  },
  {
    file: 'apps/worker/src/core/containment/ready-kinds.ts',
    line: 'const recent = [...uses].filter(([, usedAtMs]) => nowMs - usedAtMs <= policy.maxAgeMs);',
    edits: ['<= → <'],
    why: MEASURED,
  },
  {
    file: 'apps/worker/src/core/delivery.ts',
    line: 'if (!(found instanceof Uint8Array)) subscriber.primers.push({ stream, ...found });',
    edits: ['!(found instanceof Uint8Array) → false'],
    why: 'What stands before the offset of a resume is acked by it, and dropped: none of it is in the spool any more.',
  },
  {
    file: 'apps/worker/src/core/delivery.ts',
    line: "if (turn.state.sessions.get(sessionId)?.output !== 'text') return;",
    edits: ['?. → .'],
    why: 'Its callers have just had the session.',
  },
  {
    file: 'apps/worker/src/core/keeping.ts',
    line: 'if (offset <= task.log.startOffset) return;',
    edits: ['offset <= task.log.startOffset → false'],
    why: 'Where nothing is let go, what follows was done when something last was; or a file of which all is lost goes sooner.',
  },
  {
    file: 'apps/worker/src/core/measure.ts',
    line: 'return askedAtMs === undefined',
    edits: ['askedAtMs === undefined → false'],
    why: 'No process starts that was not asked for.',
  },
  {
    file: 'apps/worker/src/core/output-log.ts',
    line: 'if (GATHERED.has(first.buffer) && room >= second.length) {',
    edits: ['GATHERED.has(first.buffer) && room >= second.length → false'],
    why: 'It only spares a new buffer: the same bytes stand in it.',
  },
  {
    file: 'apps/worker/src/core/output-log.ts',
    line: 'if (found.length === LOOKBACK_BYTES) return found;',
    edits: ['found.length === LOOKBACK_BYTES → false'],
    why: 'It only spares looking for more than the last three, which are kept of all that is found.',
  },
  {
    file: 'apps/worker/src/core/reading.ts',
    line: "clearTaskTimer(turn, task, 'pace');",
    edits: ["'pace' → ''"],
    why: 'Where the reading is not held the timer does nothing, and the next hold sets it anew.',
  },
  {
    file: 'apps/worker/src/core/reading.ts',
    line: 'if (!task.pace.isHeld) return;',
    edits: ['!task.pace.isHeld → false'],
    why: 'The timer is cleared with the hold: it never fires without one.',
  },
  {
    file: 'apps/worker/src/core/same-command.ts',
    line: "if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;",
    edits: ['|| → &&'],
    why: 'No field of a command may be an object in one and something else with as many keys in another, or null.',
  },
  {
    file: 'apps/worker/src/core/task-messages.ts',
    line: 'task.subscriber.gaps = task.subscriber.gaps.filter((gap) => gap.offset + gap.bytes > offset);',
    edits: ['.filter((gap) => gap.offset + gap.bytes > offset) → nothing'],
    why: 'What lies before an ack is not counted anyhow: it keeps the list short.',
  },
  {
    file: 'apps/worker/src/core/task.ts',
    line: '...(command.pty === undefined ? {} : { pty: command.pty }),',
    edits: ['command.pty === undefined → false'],
    why: 'A terminal that is undefined is none.',
  },
];
