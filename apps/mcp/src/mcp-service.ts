/** One server from start to end: a manager, the tools over it, and the face that clients see. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { AgentTools } from '@sandcrew/agent-tools';
import { SandboxManager } from '@sandcrew/manager';
import { HttpFace } from './http-face.js';
import { BearerToken } from './io/bearer-token.js';
import { StateFile } from './io/state-file.js';
import { lockState } from './io/state-lock.js';
import { serveClient } from './mcp-server.js';
import { managerOptionsFor, type ServerOptions } from './options.js';

/** The process ends after this, whatever a worker that does not answer still holds open. */
const CLOSE_MS = 10_000;
/** A client sends one message in a line; files that are put come as text. */
const MAX_MESSAGE_BYTES = 8_388_608;

export interface Service {
  /** Where it listens, or null for stdio. */
  readonly url: string | null;
  /** Resolves when its one client, over stdio, has gone. */
  readonly clientGone: Promise<void>;
  /** Ends the commands that run; with a state file and a worker that stays, leaves them running. */
  close(): Promise<void>;
}

/** @throws {UsageError} a sentence about an option, before anything is started. @throws {SandboxError} INVALID_OPTIONS */
export async function startService(options: ServerOptions, version: string): Promise<Service> {
  const token = options.http === null ? null : BearerToken.read(options.http.tokenFile);
  const lock = options.stateFile === null ? null : await lockState(options.stateFile);
  const ledger = options.stateFile === null ? null : new StateFile(options.stateFile, `mcp-${randomUUID()}`);
  const manager = new SandboxManager(managerOptionsFor(options, ledger?.managerId ?? null));
  const staysUrl = ledger === null ? null : (options.worker?.url ?? null);
  const agentTools = new AgentTools({
    manager,
    yieldMs: options.yieldMs,
    ...(ledger === null ? {} : { ledger }),
    ...(staysUrl === null ? {} : { stayingWorkerUrl: staysUrl }),
  });
  const face =
    options.http === null || token === null
      ? null
      : await HttpFace.listen(agentTools, version, { ...options.http, token });
  const clientGone = face === null ? serveStdio(agentTools, version) : new Promise<void>(() => {});
  return {
    url: face?.url ?? null,
    clientGone,
    close: async () => {
      await face?.close();
      const closing = manager.close(staysUrl === null ? {} : { leaveTasks: true });
      await Promise.race([closing, delay(CLOSE_MS, undefined, { ref: false })]);
      agentTools.close();
      lock?.close();
    },
  };
}

function serveStdio(agentTools: AgentTools, version: string): Promise<void> {
  const transport = new StdioServerTransport(process.stdin, process.stdout, {
    maxBufferSize: MAX_MESSAGE_BYTES,
  });
  const gone = new Promise<void>((resolve) => {
    transport.onclose = resolve;
    process.stdin.once('end', resolve);
    process.stdout.on('error', () => resolve());
  });
  return serveClient(agentTools, transport, version).then(() => gone);
}
