/** The tools over one manager: their list, and the one way to call them. Each face (MCP, an SDK) is a thin layer over this. */
import type { SandboxManager } from '@sandcrew/manager';
import { compileCheck } from './argument-check.js';
import type { TaskLedger } from './task-ledger.js';
import { TaskRegistry } from './task-registry.js';
import type { CallContext } from './task-wait.js';
import type { Desk, Tool, ToolAnnotations } from './tool.js';
import { faultOf, type ToolFault, toolError } from './tool-error.js';
import { getFiles } from './tools/get-files.js';
import { health } from './tools/health.js';
import { listTasks } from './tools/list-tasks.js';
import { putFiles } from './tools/put-files.js';
import { readOutput } from './tools/read-output.js';
import { run } from './tools/run.js';
import { sendInput } from './tools/send-input.js';
import { signal } from './tools/signal.js';
import { terminate } from './tools/terminate.js';
import { waitFor } from './tools/wait-for.js';

const TOOLS: readonly Tool[] = [
  run,
  waitFor,
  readOutput,
  sendInput,
  signal,
  terminate,
  listTasks,
  putFiles,
  getFiles,
  health,
];

/** MCP clients give a call up after 60 s, as a rule. */
const DEFAULT_YIELD_MS = 45_000;

export interface AgentToolsOptions {
  /** Whose commands they run. It is its maker's to close. */
  readonly manager: SandboxManager;
  /** How long a call waits, by default and at most, milliseconds. Default 45 000. */
  readonly yieldMs?: number;
  /** Where tasks are written down so that they are found again after a restart. Default: nowhere. */
  readonly ledger?: TaskLedger;
  /** The worker at which tasks outlive this process, where `ledger` is given and there is one. */
  readonly stayingWorkerUrl?: string;
}

/** A tool as plain data. `inputSchema` and `outputSchema` are JSON Schema. */
export interface ToolDefinition {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly annotations: ToolAnnotations;
  readonly inputSchema: JsonSchema;
  readonly outputSchema: JsonSchema;
}

export type JsonSchema = { readonly type: 'object'; readonly [keyword: string]: unknown };

/** A value that fits the tool's `outputSchema`, or why there is none. */
export type ToolAnswer =
  | { readonly isError: false; readonly value: Readonly<Record<string, unknown>> }
  | { readonly isError: true; readonly fault: ToolFault };

export class AgentTools {
  readonly definitions: readonly ToolDefinition[];
  readonly #desk: Desk;
  readonly #registry: TaskRegistry;
  readonly #callables: ReadonlyMap<string, (given: unknown, context: CallContext) => Promise<object>>;

  constructor({ manager, yieldMs = DEFAULT_YIELD_MS, ledger, stayingWorkerUrl }: AgentToolsOptions) {
    this.#registry = new TaskRegistry({
      manager,
      ledger: ledger ?? null,
      stayingWorkerUrl: stayingWorkerUrl ?? null,
    });
    this.#desk = { manager, registry: this.#registry, yieldMs };
    this.definitions = TOOLS.map(defineFor);
    this.#callables = new Map(
      TOOLS.map((tool) => {
        const check = compileCheck(tool.input);
        return [tool.name, async (given, context) => tool.handle(check(given), this.#desk, context)];
      }),
    );
  }

  /** Calls a tool. It never throws: what went wrong is told as a fault. */
  async call(name: string, given: unknown, context: CallContext = {}): Promise<ToolAnswer> {
    try {
      const callable = this.#callables.get(name);
      if (callable === undefined) {
        const known = [...this.#callables.keys()].join(', ');
        throw toolError('UNKNOWN_TOOL', `Expected one of ${known}, got "${name}".`);
      }
      const value = await callable(given, context);
      return { isError: false, value: value as Readonly<Record<string, unknown>> };
    } catch (error) {
      return { isError: true, fault: faultOf(error) };
    }
  }

  /** Lets go of the manager. Tasks go on until it is closed. */
  close(): void {
    this.#registry.close();
  }
}

function defineFor({ name, title, description, annotations, input, output }: Tool): ToolDefinition {
  return {
    name,
    title,
    description,
    annotations,
    inputSchema: plainSchema(input),
    outputSchema: plainSchema(output),
  };
}

/** Without what the schema's library keeps beside the keywords. */
function plainSchema(schema: object): JsonSchema {
  return JSON.parse(JSON.stringify(schema)) as JsonSchema;
}
