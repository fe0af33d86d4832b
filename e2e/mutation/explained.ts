/** All mutants that were looked at and that no test can kill, each with the reason. */
import { AGENT_TOOLS_EXPLAINED } from './explained-agent-tools.js';
import { EXECUTOR_EXPLAINED } from './explained-executor.js';
import { MANAGER_EXPLAINED } from './explained-manager.js';
import { MCP_EXPLAINED } from './explained-mcp.js';
import { PROTOCOL_EXPLAINED } from './explained-protocol.js';
import { WORKER_EXPLAINED } from './explained-worker.js';
import { WORKER_BLOCKS_EXPLAINED } from './explained-worker-blocks.js';
import type { Explained } from './explanation.js';

export const EXPLAINED: readonly Explained[] = [
  ...PROTOCOL_EXPLAINED,
  ...AGENT_TOOLS_EXPLAINED,
  ...MCP_EXPLAINED,
  ...EXECUTOR_EXPLAINED,
  ...MANAGER_EXPLAINED,
  ...WORKER_EXPLAINED,
  ...WORKER_BLOCKS_EXPLAINED,
];
