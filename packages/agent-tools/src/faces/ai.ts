/** The tools for the Vercel AI SDK: `generateText({ tools: sandcrewTools(agentTools), … })`. Needs the package `ai`. */
import { type JSONSchema7, jsonSchema, type ToolSet, tool } from 'ai';
import type { AgentTools, ToolAnswer } from '../agent-tools.js';
import { ToolError } from '../tool-error.js';

/**
 * All tools by name. What a tool cannot do is thrown as a `ToolError` and reaches the model as a tool error: its code, what
 * was expected and came, and what to do. An `abortSignal` of the call cancels it.
 */
export function sandcrewTools(agentTools: AgentTools): ToolSet {
  const entries = agentTools.definitions.map(({ name, title, description, inputSchema }) => [
    name,
    tool({
      title,
      description,
      // Judged by the tools themselves, which name every fault at once.
      inputSchema: jsonSchema<unknown>(inputSchema as JSONSchema7),
      execute: async (given, { abortSignal }) =>
        valueIn(await agentTools.call(name, given, { signal: abortSignal })),
    }),
  ]);
  return Object.fromEntries(entries) as ToolSet;
}

function valueIn(answer: ToolAnswer): Readonly<Record<string, unknown>> {
  if (answer.isError) throw new ToolError(answer.fault);
  return answer.value;
}
