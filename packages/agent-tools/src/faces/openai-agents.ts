/** The tools for the OpenAI Agents SDK: `new Agent({ tools: sandcrewTools(agentTools), … })`. Needs `@openai/agents`. */
import { type FunctionTool, tool } from '@openai/agents';
import type { AgentTools } from '../agent-tools.js';
import { faultOf, ToolError } from '../tool-error.js';

/** A schema as the SDK's types have it where it is not to be strict. */
interface OpenSchema {
  readonly type: 'object';
  readonly properties: Record<string, Record<string, unknown>>;
  readonly required: string[];
  readonly additionalProperties: true;
}

/**
 * All tools. The answer is JSON; what a tool cannot do reaches the model as `{"error": {code, message, next}}`. Not strict:
 * strict schemas would make a model fill in each optional argument. A signal of the run cancels a call.
 */
export function sandcrewTools(agentTools: AgentTools): FunctionTool[] {
  return agentTools.definitions.map(({ name, description, inputSchema }) =>
    tool({
      name,
      description,
      // Said to be open, as the SDK wants it; the tools themselves refuse what they do not know, by its name.
      parameters: { required: [], ...inputSchema, additionalProperties: true } as unknown as OpenSchema,
      strict: false,
      execute: async (given, _runContext, details) => {
        const answer = await agentTools.call(name, given, { signal: details?.signal });
        if (answer.isError) throw new ToolError(answer.fault);
        return JSON.stringify(answer.value);
      },
      errorFunction: (_runContext, error) => JSON.stringify({ error: faultOf(error) }),
    }),
  ) as unknown as FunctionTool[];
}
