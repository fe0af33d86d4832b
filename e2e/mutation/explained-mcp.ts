/** Of the core of the MCP server. */
import type { Explained } from './explanation.js';

export const MCP_EXPLAINED: readonly Explained[] = [
  {
    file: 'apps/mcp/src/core/usage-error.ts',
    line: "override readonly name = 'UsageError';",
    edits: ["'UsageError' → ''"],
    why: 'Its sentence alone is shown, never its name.',
  },
];
