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
    file: 'apps/worker/src/core/blocks/exhaustion.ts',
    line: 'eager !== null && busy !== null && eager >= EAGER && (eager - busy) / eager > STARVED,',
    edits: ['> → >='],
    why: MEASURED,
  },
  {
    file: 'apps/worker/src/core/blocks/exhaustion.ts',
    line: 'nowMs - atMs <= CPU_WINDOW_MS || index === all.findLastIndex((one) => nowMs - one.atMs > CPU_WINDOW_MS),',
    edits: ['> → >='],
    why: MEASURED,
  },
  {
    file: 'apps/worker/src/core/blocks/exhaustion.ts',
    line: 'if (!hasKilled && share < FULL && growingMs < GROWING_MS) return null;',
    edits: ['< → <='],
    why: MEASURED,
  },
  {
    file: 'apps/worker/src/core/blocks/exhaustion.ts',
    line: 'if (share >= NEARLY && hasGrown) memory.memoryGrowingSinceMs ??= look.nowMs;',
    edits: ['>= → >'],
    why: MEASURED,
  },
  {
    file: 'apps/worker/src/core/blocks/exhaustion.ts',
    line: 'const isRecent = ({ atMs }: { atMs: number }) => look.nowMs - atMs <= 4 * GROWTH_WINDOW_MS;',
    edits: ['<= → <'],
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
    file: 'apps/worker/src/core/keeping.ts',
    line: 'if (offset <= task.log.startOffset) return;',
    edits: ['offset <= task.log.startOffset → false', '<= → <'],
    why: 'Where nothing is let go, what follows was done when something last was; or a file of which all is lost goes sooner.',
  },
  {
    file: 'apps/worker/src/core/keeping.ts',
    line: "if (place.kind === 'memory' && place.data.length >= minFreedBytes)",
    edits: ['>= → >'],
    why: 'What is not told to be free is freed by the engine: it is only made anew instead of used again.',
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
    edits: [
      'GATHERED.has(first.buffer) && room >= second.length → false',
      '>= → >',
      '{ const whole = new Uint8Array(first.buffer, first.byteOffse… → {}',
    ],
    why: 'It only spares a new buffer, which is no larger: the same bytes stand in it.',
  },
  {
    file: 'apps/worker/src/core/output-log.ts',
    line: 'GATHERED.add(buffer);',
    edits: ['GATHERED.add(buffer); → ;'],
    why: 'The same: its room is not used, and a new buffer is made instead.',
  },
  {
    file: 'apps/worker/src/core/output-log.ts',
    line: "if (last?.stream === stream && last.place.kind === 'memory' && last.bytes + data.length <= GATHER_BYTES) {",
    edits: ['<= → <'],
    why: 'Whether the last write that would just fill a buffer begins the next one is promised to nobody.',
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
    line: "if (task.phase === 'starting') task.awaitingStart.add(session.id);",
    edits: ["task.phase === 'starting' → true"],
    why: 'Once it has started nobody reads who awaited that.',
  },
  {
    file: 'apps/worker/src/core/task-messages.ts',
    line: 'task.subscriber.gaps = task.subscriber.gaps.filter((gap) => gap.offset + gap.bytes > task.ackedOffset);',
    edits: ['> → >='],
    why: 'A gap that ends at the ack is not counted, and goes with the next ack.',
  },
  {
    file: 'apps/worker/src/core/session.ts',
    line: "if (task.phase !== 'ended') setTaskTimer(turn, task, 'orphan', turn.state.policy.orphanTimeoutMs);",
    edits: ["task.phase !== 'ended' → true", "'ended' → ''"],
    why: 'Of a task that has ended this timer does nothing: one for each is spared.',
  },
  {
    file: 'apps/worker/src/core/session.ts',
    line: "if (session.kind === 'new') session.kind = 'plain';",
    edits: ["'plain' → ''"],
    why: 'All that is asked is whether it is new, or a manager: the name is for who reads it.',
  },
  {
    file: 'apps/worker/src/core/session.ts',
    line: "return send(turn, session, { type: 'pong', ...(message.id === undefined ? {} : { id: message.id }) });",
    edits: ['message.id === undefined → false'],
    why: 'An id that is undefined is not written.',
  },
  {
    file: 'apps/worker/src/core/task.ts',
    line: '...(command.pty === undefined ? {} : { pty: command.pty }),',
    edits: ['command.pty === undefined → false'],
    why: 'A terminal that is undefined is none.',
  },
  {
    file: 'apps/worker/src/core/task.ts',
    line: '...(command.workspace === undefined ? {} : { workspace: command.workspace }),',
    edits: ['command.workspace === undefined → false'],
    why: 'A workspace that is undefined is none.',
  },
  {
    file: 'apps/worker/src/core/task.ts',
    line: 'const terminal = detail === undefined ? failed : { ...failed, detail };',
    edits: ['detail === undefined → false'],
    why: 'A detail that is undefined is not written.',
  },
];
