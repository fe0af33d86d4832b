/** `@sandcrew/agent-tools`: Sandcrew as the tools of an agent. */
export {
  AgentTools,
  type AgentToolsOptions,
  type JsonSchema,
  type ToolAnswer,
  type ToolDefinition,
} from './agent-tools.js';
export type { LedgerEntry, TaskEnd, TaskLedger } from './task-ledger.js';
export type { CallContext, Progress } from './task-wait.js';
export type { ToolAnnotations } from './tool.js';
export { ToolError, type ToolFault } from './tool-error.js';
