/** The faces of the tools, each behind the same two questions, so that one suite can ask them all. */

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  Agent,
  type Model,
  type ModelRequest,
  type ModelResponse,
  run,
  setTracingDisabled,
  Usage,
} from '@openai/agents';
import { AgentTools } from '@sandcrew/agent-tools';
import { sandcrewTools as aiTools } from '@sandcrew/agent-tools/ai';
import { sandcrewTools as openaiTools } from '@sandcrew/agent-tools/openai-agents';
import { SandboxManager } from '@sandcrew/manager';
import { generateText } from 'ai';
import { MockLanguageModelV3 } from 'ai/test';

const MCP_MAIN = fileURLToPath(new URL('../../apps/mcp/dist/main.js', import.meta.url));
const START_TIMEOUT_MS = 30_000;

export interface FaceTool {
  readonly name: string;
  readonly description: string;
  /** Names of its arguments. */
  readonly given: readonly string[];
}

export interface FaceAnswer {
  readonly isError: boolean;
  /** The answer, or the fault. */
  // biome-ignore lint/suspicious/noExplicitAny: each test looks into it as it comes over that face
  readonly value: any;
}

export interface Face {
  list(): Promise<FaceTool[]>;
  /** Rejects where `signal` cancels it. */
  call(name: string, given: unknown, signal?: AbortSignal): Promise<FaceAnswer>;
  close(): Promise<void>;
}

/** By name: how each is opened. Commands run in `directory`. */
export const FACES: Readonly<Record<string, (directory: string) => Promise<Face>>> = {
  'the tools themselves': openTools,
  'MCP over stdio': openStdio,
  'MCP over HTTP': openHttp,
  'the AI SDK': openAiSdk,
  'the OpenAI Agents SDK': openOpenAiAgents,
};

function makeTools(directory: string): { tools: AgentTools; close: () => Promise<void> } {
  const manager = new SandboxManager({ embedded: { directory } });
  const tools = new AgentTools({ manager });
  return {
    tools,
    close: async () => {
      tools.close();
      await manager.close({ graceMs: 0 });
    },
  };
}

async function openTools(directory: string): Promise<Face> {
  const { tools, close } = makeTools(directory);
  return {
    list: async () =>
      tools.definitions.map(({ name, description, inputSchema }) => ({
        name,
        description,
        given: fieldsOf(inputSchema),
      })),
    call: async (name, given, signal) => {
      const answer = await tools.call(name, given, { signal });
      signal?.throwIfAborted();
      return answer.isError ? { isError: true, value: answer.fault } : answer;
    },
    close,
  };
}

/** A server over stdio, and the official client. @param args Further options of the server. */
export async function connectStdio(args: readonly string[]): Promise<Client> {
  const client = new Client({ name: 'e2e', version: '0.0.0' });
  const { TMPDIR = '/tmp', PATH = '' } = process.env;
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [MCP_MAIN, ...args],
      env: { TMPDIR, PATH },
      stderr: 'inherit',
    }),
  );
  return client;
}

async function openStdio(directory: string): Promise<Face> {
  return mcpFace(await connectStdio(['--workspace', directory]), async () => {});
}

export interface HttpServer {
  readonly url: URL;
  readonly token: string;
  stop(): Promise<void>;
}

/** A server over HTTP. @param directory For its token file. */
export async function startHttpServer(directory: string, args: readonly string[]): Promise<HttpServer> {
  const token = randomBytes(32).toString('hex');
  const tokenFile = join(directory, 'http.token');
  await writeFile(tokenFile, `${token}\n`, { mode: 0o600 });
  const child = spawn(
    process.execPath,
    [MCP_MAIN, '--http', '127.0.0.1:0', '--http-token-file', tokenFile, ...args],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let said = '';
  const listening = new Promise<URL>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`the server did not listen in time: ${said}`)),
      START_TIMEOUT_MS,
    );
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const [, url] = /listening at (\S+)\n/.exec(said) ?? [];
      if (url === undefined) return;
      clearTimeout(timer);
      resolve(new URL(url));
    });
    void exited.then(() => reject(new Error(`the server ended: ${said}`)));
  });
  return {
    url: await listening,
    token,
    stop: async () => {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), START_TIMEOUT_MS);
      await exited;
      clearTimeout(timer);
    },
  };
}

export async function connectHttp({ url, token }: HttpServer): Promise<Client> {
  const client = new Client({ name: 'e2e', version: '0.0.0' });
  const requestInit = { headers: { authorization: `Bearer ${token}` } };
  // The SDK's own class lacks `undefined` where its interface, under exactOptionalPropertyTypes, has it.
  const transport = new StreamableHTTPClientTransport(url, { requestInit });
  await client.connect(transport as Parameters<Client['connect']>[0]);
  return client;
}

async function openHttp(directory: string): Promise<Face> {
  const server = await startHttpServer(directory, ['--workspace', directory]);
  return mcpFace(await connectHttp(server), () => server.stop());
}

/** The client judges each structured answer by the schema that the server listed. */
function mcpFace(client: Client, stop: () => Promise<void>): Face {
  const listed = client.listTools();
  return {
    list: async () =>
      (await listed).tools.map(({ name, description = '', inputSchema }) => ({
        name,
        description,
        given: fieldsOf(inputSchema),
      })),
    call: async (name, given, signal) => {
      await listed;
      const params = { name, arguments: given as Record<string, unknown> };
      const result = await client.callTool(params, undefined, signal === undefined ? {} : { signal });
      const [first] = result.content as { type: string; text: string }[];
      const told = JSON.parse(first?.text ?? 'null') as Record<string, unknown>;
      if (result.isError === true) return { isError: true, value: told['error'] };
      return { isError: false, value: result.structuredContent };
    },
    close: async () => {
      await client.close();
      await stop();
    },
  };
}

/** Through `generateText`, with a model that has this one wish. */
async function openAiSdk(directory: string): Promise<Face> {
  const { tools, close } = makeTools(directory);
  const offered = aiTools(tools);
  return {
    list: async () =>
      Object.entries(offered).map(([name, { description = '', inputSchema }]) => ({
        name,
        description,
        given: fieldsOf((inputSchema as unknown as { jsonSchema: object }).jsonSchema),
      })),
    call: async (name, given, signal) => {
      const wish = {
        type: 'tool-call',
        toolCallId: 'c1',
        toolName: name,
        input: JSON.stringify(given),
      } as const;
      const { content } = await generateText({
        model: new MockLanguageModelV3({
          doGenerate: {
            content: [wish],
            finishReason: { unified: 'tool-calls', raw: undefined },
            usage: {
              inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
              outputTokens: { total: 1, text: 1, reasoning: 0 },
            },
            warnings: [],
          },
        }),
        tools: offered,
        prompt: 'go',
        ...(signal === undefined ? {} : { abortSignal: signal }),
      });
      signal?.throwIfAborted();
      for (const part of content) {
        if (part.type === 'tool-result') return { isError: false, value: part.output };
        if (part.type === 'tool-error')
          return { isError: true, value: (part.error as { fault: unknown }).fault };
      }
      throw new Error(`expected a tool's answer, got ${JSON.stringify(content)}`);
    },
    close,
  };
}

/** Wishes for one call, and has nothing more to say when it is answered. */
class OneWish implements Model {
  readonly #name: string;
  readonly #given: string;

  constructor(name: string, given: unknown) {
    this.#name = name;
    this.#given = JSON.stringify(given);
  }

  async getResponse({ input }: ModelRequest): Promise<ModelResponse> {
    const isAnswered = Array.isArray(input) && input.some(({ type }) => type === 'function_call_result');
    const wish = {
      type: 'function_call',
      callId: 'c1',
      name: this.#name,
      arguments: this.#given,
      status: 'completed',
    };
    const words = {
      type: 'message',
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text: 'done' }],
    };
    return { usage: new Usage(), output: [isAnswered ? words : wish] as ModelResponse['output'] };
  }

  getStreamedResponse(): never {
    throw new Error('expected no stream to be asked for');
  }
}

/** Through a run of an agent. */
async function openOpenAiAgents(directory: string): Promise<Face> {
  setTracingDisabled(true); // it would call out
  const { tools, close } = makeTools(directory);
  const offered = openaiTools(tools);
  return {
    list: async () =>
      offered.map(({ name, description, parameters }) => ({
        name,
        description,
        given: fieldsOf(parameters),
      })),
    call: async (name, given, signal) => {
      const agent = new Agent({ name: 'e2e', tools: offered, model: new OneWish(name, given) });
      const { newItems } = await run(agent, 'go', signal === undefined ? {} : { signal });
      signal?.throwIfAborted();
      const told = newItems.find(({ type }) => type === 'tool_call_output_item') as
        | { output: string }
        | undefined;
      const value = JSON.parse(told?.output ?? 'null') as Record<string, unknown>;
      return 'error' in value && Object.keys(value).length === 1
        ? { isError: true, value: value['error'] }
        : { isError: false, value };
    },
    close,
  };
}

function fieldsOf(schema: object): string[] {
  return Object.keys((schema as { properties?: object }).properties ?? {});
}
