/** Serves MCP's streamable HTTP on a loopback address: one session for each client, all over the same tasks. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { AgentTools } from '@sandcrew/agent-tools';
import { type GatePolicy, type HttpRefusal, hostsOf, judgeRequest } from './core/http-gate.js';
import { chooseEvicted, chooseExpired } from './core/session-choice.js';
import { UsageError } from './core/usage-error.js';
import type { BearerToken } from './io/bearer-token.js';
import { readBody } from './io/request-body.js';
import { serveClient } from './mcp-server.js';

const PATH = '/mcp';
const MAX_SESSIONS = 32;
const MAX_CONNECTIONS = 64;
const HEADERS_MS = 5_000;
const BODY_MS = 30_000;
const SWEEP_MS = 60_000;

export interface HttpOptions {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly token: BearerToken;
  readonly allowHosts: readonly string[];
  readonly allowOrigins: readonly string[];
}

interface Session {
  readonly sessionId: string;
  readonly transport: StreamableHTTPServerTransport;
  lastUsedMs: number;
  openRequests: number;
}

export class HttpFace {
  readonly url: string;
  readonly #server: Server;
  readonly #policy: GatePolicy;
  readonly #token: BearerToken;
  readonly #agentTools: AgentTools;
  readonly #version: string;
  readonly #sessions = new Map<string, Session>();
  readonly #sweep: NodeJS.Timeout;
  /** Sessions that are being opened. */
  #opening = 0;

  /** @param server That listens already: see `listen`. */
  constructor(agentTools: AgentTools, version: string, server: Server, options: HttpOptions) {
    const { port } = server.address() as AddressInfo;
    const { host, token, allowHosts, allowOrigins } = options;
    this.#agentTools = agentTools;
    this.#version = version;
    this.#server = server;
    this.#token = token;
    this.#policy = { hosts: hostsOf(host, port, allowHosts), origins: allowOrigins, path: PATH };
    this.url = `http://${host.includes(':') ? `[${host}]` : host}:${port}${PATH}`;
    this.#sweep = setInterval(() => this.#endExpired(), SWEEP_MS).unref();
    server.on('request', (request, response) => {
      this.#answer(request, response).catch((error: unknown) => this.#failed(response, error));
    });
  }

  /** @throws {UsageError} a sentence, where it cannot listen there. */
  static async listen(agentTools: AgentTools, version: string, options: HttpOptions): Promise<HttpFace> {
    const server = createServer({
      headersTimeout: HEADERS_MS,
      requestTimeout: BODY_MS,
      connectionsCheckingInterval: HEADERS_MS,
    });
    server.maxConnections = MAX_CONNECTIONS;
    server.listen(options.port, options.host);
    try {
      await once(server, 'listening');
    } catch (error) {
      const where = `${options.host}:${options.port}`;
      throw new UsageError(
        `--http: expected an address that is free, got ${where} (${(error as Error).message}).`,
        {
          cause: error,
        },
      );
    }
    return new HttpFace(agentTools, version, server, options);
  }

  async close(): Promise<void> {
    clearInterval(this.#sweep);
    for (const { transport } of this.#sessions.values()) await transport.close();
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refusal = judgeRequest(
      {
        path: (request.url ?? '').split('?')[0] ?? '',
        host: request.headers.host ?? null,
        origin: request.headers.origin ?? null,
        hasToken: this.#token.matches(request.headers.authorization),
      },
      this.#policy,
    );
    if (refusal !== null) return refuse(response, refusal);
    const body =
      request.method === 'POST' ? await readBody(request) : { ok: true as const, value: undefined };
    if (!body.ok) return refuse(response, body.refusal);
    const sessionId = request.headers['mcp-session-id'];
    const session = typeof sessionId === 'string' ? this.#sessions.get(sessionId) : undefined;
    if (session !== undefined) return this.#pass(session, request, response, body.value);
    if (sessionId !== undefined)
      return refuse(response, { status: 404, message: 'Expected a session that is open. Initialize anew.' });
    return this.#open(request, response, body.value);
  }

  async #pass(
    session: Session,
    request: IncomingMessage,
    response: ServerResponse,
    body: unknown,
  ): Promise<void> {
    session.openRequests += 1;
    response.once('close', () => {
      session.openRequests -= 1;
      session.lastUsedMs = performance.now();
    });
    await session.transport.handleRequest(request, response, body);
  }

  /** What comes without a session opens one, if it is what opens one; the transport refuses all else. */
  async #open(request: IncomingMessage, response: ServerResponse, body: unknown): Promise<void> {
    if (!this.#hasRoom())
      return refuse(response, { status: 503, message: `Expected at most ${MAX_SESSIONS} sessions.` });
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      onsessioninitialized: (sessionId) => {
        this.#sessions.set(sessionId, {
          sessionId,
          transport,
          lastUsedMs: performance.now(),
          openRequests: 0,
        });
      },
    });
    transport.onclose = () => {
      if (transport.sessionId !== undefined) this.#sessions.delete(transport.sessionId);
    };
    this.#opening += 1;
    try {
      // The SDK's own class lacks `undefined` where its interface, under exactOptionalPropertyTypes, has it.
      const server = await serveClient(
        this.#agentTools,
        transport as Parameters<typeof serveClient>[1],
        this.#version,
      );
      await transport.handleRequest(request, response, body);
      if (transport.sessionId === undefined) await server.close();
    } finally {
      this.#opening -= 1;
    }
  }

  #hasRoom(): boolean {
    this.#endExpired();
    if (this.#sessions.size + this.#opening < MAX_SESSIONS) return true;
    const evicted = chooseEvicted([...this.#sessions.values()], performance.now());
    if (evicted === null) return false;
    this.#end(evicted);
    return true;
  }

  #endExpired(): void {
    for (const sessionId of chooseExpired([...this.#sessions.values()], performance.now()))
      this.#end(sessionId);
  }

  #end(sessionId: string): void {
    const session = this.#sessions.get(sessionId);
    this.#sessions.delete(sessionId);
    session?.transport.close().catch(() => {}); // nobody is at its other end
  }

  #failed(response: ServerResponse, error: unknown): void {
    if (response.destroyed) return; // its client went away
    process.stderr.write(`sandcrew-mcp: ${error instanceof Error ? error.stack : String(error)}\n`);
    if (response.headersSent) response.destroy();
    else response.writeHead(500).end();
  }
}

function refuse(response: ServerResponse, { status, message }: HttpRefusal): void {
  const body = JSON.stringify({ jsonrpc: '2.0', error: { code: -32_000, message }, id: null });
  response
    .writeHead(status, {
      'content-type': 'application/json',
      ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
      connection: 'close', // what of the request was not read is not waited for
    })
    .end(body);
}
