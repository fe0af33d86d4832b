/** What a tool is: data that a model and its client read, and the one function that does it. */
import type { SandboxManager } from '@sandcrew/manager';
import type { Static, TObject } from 'typebox';
import type { TaskRegistry } from './task-registry.js';
import type { CallContext } from './task-wait.js';

/** As MCP has them: what a client may think of a tool before it asks its user. */
export interface ToolAnnotations {
  /** It changes nothing. */
  readonly readOnlyHint: boolean;
  /** It may undo or end something. */
  readonly destructiveHint: boolean;
  /** Called again with the same arguments, it does nothing more. */
  readonly idempotentHint: boolean;
  /** What it does reaches beyond the sandbox, as a command on a network does. */
  readonly openWorldHint: boolean;
}

/** What the tools work on. */
export interface Desk {
  readonly manager: SandboxManager;
  readonly registry: TaskRegistry;
  /** How long a call waits at most, milliseconds. */
  readonly yieldMs: number;
}

export interface Tool<Input extends TObject = TObject> {
  readonly name: string;
  readonly title: string;
  /** For the model. */
  readonly description: string;
  readonly annotations: ToolAnnotations;
  readonly input: Input;
  readonly output: TObject;
  /** @throws what `faultOf` knows to tell. */
  handle(given: Static<Input>, desk: Desk, context: CallContext): Promise<object>;
}

/** Keeps the types of a tool's arguments where it is written, and gives them up where all tools are one list. */
export function defineTool<Input extends TObject>(tool: Tool<Input>): Tool {
  return tool as unknown as Tool;
}

export const LOOKS: ToolAnnotations = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
};
