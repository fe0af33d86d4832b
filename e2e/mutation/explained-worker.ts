/** Of the worker's core, but for the judging of blocks. */
import type { Explained } from './explanation.js';

export const MEASURED =
  'Of a value that is measured: which side it falls to where it meets the bound exactly is promised to nobody.';

const EARLY =
  'Of a timer that fires a little early: it is set again for what is left, in one step or in several.';

export const WORKER_EXPLAINED: readonly Explained[] = [
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
    file: 'apps/worker/src/core/containment/ready-kinds.ts',
    line: 'if (uses.size > policy.most || nowMs - usedAtMs > policy.maxAgeMs) uses.delete(other);',
    edits: ['> → >='],
    why: MEASURED,
  },
  {
    file: 'apps/worker/src/core/delivery.ts',
    line: "return 'more';",
    edits: ["'more' → ''"],
    why: 'It is asked whether it is one of the other two: the name is for who reads it.',
  },
  {
    file: 'apps/worker/src/core/drain.ts',
    line: "} else if (name === 'drain-flush') stopWorker(turn);",
    edits: ["name === 'drain-flush' → true"],
    why: 'There is no third timer that is not a task’s: it is named for who reads it.',
  },
  {
    file: 'apps/worker/src/core/drain.ts',
    line: "turn.state.drain = 'stopping';",
    edits: ["'stopping' → ''"],
    why: 'All that is asked is whether it is one of the others: the name is for who reads it.',
  },
  {
    file: 'apps/worker/src/core/held-output.ts',
    line: "return setTaskTimer(turn, task, 'orphaned-output', Math.ceil(ORPHANED_OUTPUT_AFTER_MS - lingeringMs));",
    edits: ['ceil → floor'],
    why: EARLY,
  },
  {
    file: 'apps/worker/src/core/held-output.ts',
    line: "if (waitMs > 0) setTaskTimer(turn, task, 'linger', Math.ceil(waitMs));",
    edits: ['ceil → floor'],
    why: EARLY,
  },
  {
    file: 'apps/worker/src/core/held-output.ts',
    line: "if (action === 'terminate' || lingeringMs >= task.command.lingerMs) sweep(turn, task);",
    edits: ['>= → >'],
    why: MEASURED,
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
    file: 'apps/worker/src/core/measure.ts',
    line: 'if (watches.unsent.size > state.tasks.size)',
    edits: ['watches.unsent.size > state.tasks.size → true', '> → >='],
    why: 'It only spares looking: who is gone is taken out when there are more than tasks, or sooner.',
  },
  {
    file: 'apps/worker/src/core/measure.ts',
    line: "const key = taskKey(state.sessions.get(sessionId)?.owner ?? '', taskId);",
    edits: ['?. → .'],
    why: 'Who is sent output is connected.',
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
    file: 'apps/worker/src/core/reading-pace.ts',
    line: 'return { isHeld: false, isBehind: false, shownOffset: 0, shownAtMs: 0 };',
    edits: ['false → true'],
    why: 'Whether it is behind is said anew with the first reader, and nothing is held before there is one.',
  },
  {
    file: 'apps/worker/src/core/reading.ts',
    line: "clearTaskTimer(turn, task, 'pace');",
    edits: ["'pace' → ''", "clearTaskTimer(turn, task, 'pace'); → ;"],
    why: 'Where the reading is not held the timer does nothing, and the next hold sets it anew.',
  },
  {
    file: 'apps/worker/src/core/reading.ts',
    line: 'if (!task.pace.isHeld) return;',
    edits: ['!task.pace.isHeld → false'],
    why: 'The timer is cleared with the hold: it never fires without one.',
  },
  {
    file: 'apps/worker/src/core/reading.ts',
    line: "if (leftMs > 0) return setTaskTimer(turn, task, 'pace', Math.ceil(leftMs));",
    edits: ['ceil → floor'],
    why: EARLY,
  },
  {
    file: 'apps/worker/src/core/retention.ts',
    line: 'const firstKept = log.chunks.length > MAX_CHUNKS ? log.chunks[CHUNKS_PER_CUT] : undefined;',
    edits: ['> → >='],
    why: 'There is one chunk less at the most.',
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
  {
    file: 'apps/worker/src/core/step.ts',
    line: 'turn.state.workspaces.get(tokenName)?.delete(workspace);',
    edits: ['?. → .'],
    why: 'Only a workspace that is there is asked to be removed.',
  },
];
