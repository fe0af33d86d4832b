/** The tools as an MCP server: one for each connection, all over the same tasks. */
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  CallToolRequestSchema,
  type CallToolResult,
  ErrorCode,
  ListToolsRequestSchema,
  McpError,
  type ServerNotification,
  type Tool,
} from '@modelcontextprotocol/sdk/types.js';
import type { AgentTools, Progress, ToolAnswer } from '@sandcrew/agent-tools';

const INSTRUCTIONS = [
  'Runs shell commands in a sandbox. `run` answers when the command exits, when it cannot go on by itself, or after a while;',
  'then go on with `wait_for` and its taskId. A command that asks something is answered with `send_input`',
  '(run it with input "pipe" or "terminal"). Give `run` a taskId of your own to be able to repeat the call safely.',
].join(' ');

/**
 * Serves a client. A call that the client cancels is cancelled; one whose client just goes away is not, since going away is
 * no wish (the tasks may be asked for again).
 */
export async function serveClient(
  agentTools: AgentTools,
  transport: Transport,
  version: string,
): Promise<Server> {
  let isGone = false;
  const server = new Server(
    { name: 'sandcrew', title: 'Sandcrew', version },
    { capabilities: { tools: {} }, instructions: INSTRUCTIONS },
  );
  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: agentTools.definitions.map((each) => ({ ...each }) as Tool),
  }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, { signal, sendNotification }) => {
    const { name, arguments: given } = params;
    if (!agentTools.definitions.some((each) => each.name === name)) {
      const known = agentTools.definitions.map((each) => each.name).join(', ');
      throw new McpError(ErrorCode.InvalidParams, `Expected one of ${known}, got "${name}".`);
    }
    const cancel = new AbortController();
    signal.addEventListener('abort', () => {
      if (!isGone) cancel.abort();
    });
    const token = params._meta?.progressToken;
    const onProgress = token === undefined ? undefined : progressSender(token, sendNotification);
    return resultOf(await agentTools.call(name, given, { signal: cancel.signal, onProgress }));
  });
  const close = transport.onclose;
  transport.onclose = () => {
    isGone = true;
    close?.();
  };
  await server.connect(transport);
  return server;
}

/** As seconds, so that a client can show them. */
function progressSender(
  progressToken: string | number,
  sendNotification: (notification: ServerNotification) => Promise<void>,
): (progress: Progress) => void {
  return ({ elapsedMs, totalMs, message }) => {
    const params = { progressToken, progress: elapsedMs / 1_000, total: totalMs / 1_000, message };
    sendNotification({ method: 'notifications/progress', params }).catch(() => {}); // a client that is gone misses nothing
  };
}

/** The structure, and the same as text for clients that read only that. */
function resultOf(answer: ToolAnswer): CallToolResult {
  if (answer.isError)
    return { isError: true, content: [{ type: 'text', text: JSON.stringify({ error: answer.fault }) }] };
  return {
    content: [{ type: 'text', text: JSON.stringify(answer.value) }],
    structuredContent: { ...answer.value },
  };
}
