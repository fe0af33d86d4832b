/** Of the core of the agents' tools. */
import type { Explained } from './explanation.js';

export const AGENT_TOOLS_EXPLAINED: readonly Explained[] = [
  {
    file: 'packages/agent-tools/src/core/output-record.ts',
    line: "const dropped = this.#dropped === null ? [] : [{ ...this.#dropped, why: 'dropped' as const }];",
    edits: ['this.#dropped === null → false'],
    why: 'Without an offset it lies in no range.',
  },
  {
    file: 'packages/agent-tools/src/core/output-record.ts',
    line: 'const grown = new Uint8Array(Math.min(PIECE_BYTES, Math.max(256, used * 2)));',
    edits: ['min → max'],
    why: 'It only decides how large a buffer is taken: what stands in it is the same.',
  },
  {
    file: 'packages/agent-tools/src/core/output-record.ts',
    line: 'if (gone === 0) return;',
    edits: ['gone === 0 → false'],
    why: 'Where nothing goes, what was dropped before is written down as it is, or a hole of no bytes, which lies in no range.',
  },
  {
    file: 'packages/agent-tools/src/core/output-record.ts',
    line: 'if (toHead > 0) this.#keep(this.#head, stream, fresh.subarray(0, toHead));',
    edits: ['> → >=', 'toHead > 0 → true'],
    why: 'A piece of no bytes is shown to nobody: only memory differs, which no result tells of.',
  },
  {
    file: 'packages/agent-tools/src/core/output-record.ts',
    line: 'if (used > piece.data.length) {',
    edits: ['used > piece.data.length → true', '> → >='],
    why: 'It only decides when a larger buffer is taken: what stands in it is the same.',
  },
  {
    file: 'packages/agent-tools/src/core/output-record.ts',
    line: 'outer !== null && hole.offset >= outer.offset && hole.offset + hole.bytes <= outer.offset + outer.bytes',
    edits: ['>= → >', '+ → -'],
    why: 'What is dropped begins and ends where a piece does, so that a gap between two pieces lies in it whole or not at all.',
  },
  {
    file: 'packages/agent-tools/src/core/output-view.ts',
    line: '.filter((hole) => !cuts.some((cut) => hole.offset >= cut.offset && hole.offset < cut.offset + cut.bytes));',
    edits: ['< → <='],
    why: 'Where a cut ends a piece begins, and no hole.',
  },
  {
    file: 'packages/agent-tools/src/core/output-view.ts',
    line: 'const before = rest.filter((piece) => piece.offset < hole.offset);',
    edits: ['< → <='],
    why: 'No piece begins where a hole does.',
  },
];
