/** Of the worker's core: the judging of blocks. */
import { MEASURED } from './explained-worker.js';
import type { Explained } from './explanation.js';

export const WORKER_BLOCKS_EXPLAINED: readonly Explained[] = [
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
    file: 'apps/worker/src/core/blocks/flooding.ts',
    line: 'if (bytesPerSecond < FLOOD_BYTES_PER_SECOND && linesPerSecond < FLOOD_LINES_PER_SECOND) {',
    edits: ['< → <='],
    why: MEASURED,
  },
  {
    file: 'apps/worker/src/core/blocks/look.ts',
    line: "return { pid, name: look.evidence.processes.find((process) => process.pid === pid)?.name ?? '?' };",
    edits: ["'?' → ''", '?. → .'],
    why: 'Who is named is of the processes of the same look.',
  },
  {
    file: 'apps/worker/src/core/blocks/output-watch.ts',
    line: 'let start = Math.floor((data.length * place) / places);',
    edits: ['floor → ceil'],
    why: 'At which byte of a large chunk it is looked is promised to nobody.',
  },
  {
    file: 'apps/worker/src/core/blocks/output-watch.ts',
    line: 'for (let place = 0; place < places; place++) {',
    edits: ['< → <='],
    why: 'Behind the end of a chunk no line begins.',
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
    file: 'apps/worker/src/core/blocks/waiting-for-input.ts',
    line: "return polledMs >= POLLED_SUSPECTED_MS ? describe(look, thread, 'suspected', polling.sinceMs) : null;",
    edits: ['>= → >'],
    why: MEASURED,
  },
  {
    file: 'apps/worker/src/core/blocks/spinning.ts',
    line: 'if (process === undefined) continue;',
    edits: ['process === undefined → false'],
    why: 'Whose thread runs is of the processes of the same look.',
  },
  {
    file: 'apps/worker/src/core/blocks/spinning.ts',
    line: 'const limitMs = faults < FAULTS_OF_WORK ? SPINNING_MS : WORKING_MS;',
    edits: ['< → <='],
    why: MEASURED,
  },
  {
    file: 'apps/worker/src/core/blocks/spinning.ts',
    line: 'return eager !== null && eager >= WARM && switchesPerSecond >= WARM_SWITCHES;',
    edits: ['>= → >'],
    why: MEASURED,
  },
  {
    file: 'apps/worker/src/core/blocks/spinning.ts',
    line: 'return [...shares.values()].filter((sum) => sum / looks >= WARM).length;',
    edits: ['>= → >'],
    why: MEASURED,
  },
];
