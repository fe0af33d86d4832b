/** The worker's command line: reads the configuration, starts the server, and turns signals into drains. */
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir, realpath, stat, statfs } from 'node:fs/promises';
import { connect, type ListenOptions } from 'node:net';
import { availableParallelism, tmpdir, totalmem } from 'node:os';
import { WINDOW_BYTES } from '@sandcrew/protocol';
import { destination, pino } from 'pino';
import { type ListenTarget, readConfig, type WorkerConfig } from './config.js';
import type { WorkerPolicy } from './core/state.js';
import { newToken, TokenRegister } from './io/auth.js';
import { chooseContainment } from './io/containment/choose-containment.js';
import type { ContainmentAdapter } from './io/containment/containment.js';
import { closeInheritedFds } from './io/inherited-fds.js';
import { StateDirectory } from './io/state-directory.js';
import type { TlsFiles } from './io/websocket.js';
import { helpText } from './options.js';
import { SandboxWebSocketServer } from './sandbox-websocket-server.js';
import { VERSION } from './version.js';

const USAGE_FAULT = 2;
const MAX_CONNECTIONS = 64;
const PROBE_TIMEOUT_MS = 1_000;
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

process.exitCode = await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<number> {
  if (process.platform === 'win32') {
    return failWith([
      'the worker does not run on Windows: it needs POSIX processes. Run it on Linux, macOS or in WSL 2; protocol and manager run here',
    ]);
  }
  if (argv[0] === 'token') return makeToken(argv.slice(1));
  closeInheritedFds();
  const reading = readConfig(argv, process.env);
  if (reading.kind === 'show') {
    process.stdout.write(reading.what === 'help' ? helpText() : `${VERSION}\n`);
    return 0;
  }
  const { config } = reading;
  const tokens = config.tokenFile === '' ? [] : TokenRegister.read(config.tokenFile);
  const tls = readTlsFiles(config);
  const containment = await chooseContainment(config.containment);
  const faults = [
    ...(reading.kind === 'fault' ? reading.faults : []),
    ...(tokens instanceof TokenRegister
      ? []
      : tokens.map((fault) => `--token-file ${config.tokenFile}: ${fault}`)),
    ...(Array.isArray(tls) ? tls : []),
    ...(containment.ok ? [] : [containment.fault]),
    ...(await socketFaults(config.listen)),
  ];
  const isGood =
    reading.kind === 'run' && tokens instanceof TokenRegister && !Array.isArray(tls) && containment.ok;
  if (!isGood || faults.length > 0) return failWith(faults);

  const log = pino(
    { level: config.logLevel, base: { workerId: config.workerId } },
    destination({ fd: 2, sync: true }),
  );
  for (const message of reading.warnings) log.warn({ event: 'configuration', message });
  if (containment.warning !== null)
    log.warn({ event: 'containment', containment: containment.adapter.level, message: containment.warning });
  if (config.insecurePlaintext !== null)
    log.warn({ event: 'insecure_plaintext', reason: config.insecurePlaintext });

  let state: StateDirectory;
  try {
    state = await StateDirectory.take(config.stateDir);
  } catch (error) {
    return failWith([`--state-dir: ${(error as Error).message}`]);
  }
  try {
    const started = await start(config, { tokens, tls, containment: containment.adapter, state, log });
    const shownUrl = urlOf(config.listen, started.address, tls !== null);
    obeySignals(started.server, config, log); // whoever reads the line below may send one at once
    process.stdout.write(
      `${JSON.stringify({ event: 'listening', url: shownUrl, workerId: config.workerId, pid: process.pid })}\n`,
    );
    await started.server.stopped;
    log.info({ event: 'stopped' });
    return 0;
  } catch (error) {
    return failWith([startFault(error as NodeJS.ErrnoException, config)]);
  } finally {
    await state.release();
  }
}

/** What the configuration names, opened. */
interface Means {
  readonly tokens: TokenRegister;
  readonly tls: TlsFiles | null;
  readonly containment: ContainmentAdapter;
  readonly state: StateDirectory;
  readonly log: pino.Logger;
}

async function start(config: WorkerConfig, { state, ...means }: Means) {
  await mkdir(config.workspace, { recursive: true });
  const umask = process.umask(0o077); // a unix socket, the spool and what else is made here is the worker's alone
  try {
    return await SandboxWebSocketServer.start(
      {
        workerId: config.workerId,
        policy: await policyOf(config, means.containment),
        upgrade: { allowedOrigins: config.allowedOrigins, maxConnections: MAX_CONNECTIONS },
        ground: {
          state,
          defaultWorkspace: await realpath(config.workspace),
          environment: {
            path: process.env.PATH ?? DEFAULT_PATH,
            lang: process.env.LANG ?? 'C.UTF-8',
            tmpdir: tmpdir(),
          },
        },
        heartbeatIntervalMs: config.heartbeatIntervalMs,
        blockIntervalMs: config.blockIntervalMs,
        ...means,
      },
      listenOptions(config.listen),
    );
  } finally {
    process.umask(umask);
  }
}

async function policyOf(config: WorkerConfig, containment: ContainmentAdapter): Promise<WorkerPolicy> {
  const { blocks, bsize } = await statfs(config.workspace);
  return {
    bootId: randomUUID(),
    workerType: config.type,
    labels: config.labels,
    resources: { cpus: availableParallelism(), memoryBytes: totalmem(), diskBytes: blocks * bsize },
    maxTasks: config.maxTasks,
    containment: containment.level,
    network: config.network,
    orphanTimeoutMs: config.orphanTimeoutMs,
    credit: { windowBytes: WINDOW_BYTES, socketBytes: 1_048_576 },
    retention: {
      retainBytes: config.retainBytes,
      taskMemoryBytes: 2 * WINDOW_BYTES,
      memoryBytes: 33_554_432,
      spoolQuotaBytes: config.spoolQuotaBytes,
      segmentBytes: 16_777_216,
      keepEndedMs: 86_400_000,
      maxEndedTasks: 4_000,
    },
  };
}

function obeySignals(server: SandboxWebSocketServer, config: WorkerConfig, log: pino.Logger): void {
  let isDraining = false;
  const drain = () => {
    server.drain(isDraining ? 0 : config.drainTimeoutMs);
    isDraining = true;
  };
  process.on('SIGTERM', drain);
  process.on('SIGINT', drain);
  process.on('SIGHUP', () => {
    const tokens = TokenRegister.read(config.tokenFile);
    if (tokens instanceof TokenRegister) {
      server.replaceTokens(tokens);
      log.info({ event: 'tokens_read' });
    } else log.warn({ event: 'tokens_kept', message: tokens.join('; ') });
  });
  if (!config.untilStdinCloses) return;
  process.stdin.on('error', () => {});
  process.stdin.once('close', () => server.drain(0)).resume();
  process.stdin.unref(); // it ends the worker, and does not keep it
}

function makeToken([action, file, ...rest]: readonly string[]): number {
  if (action !== 'new' || rest.length > 0) return failWith(['expected: sandcrew-worker token new [FILE]']);
  const line = `${newToken()}\n`;
  if (file === undefined) process.stdout.write(line);
  else {
    try {
      writeFileSync(file, line, { mode: 0o600, flag: 'wx' });
    } catch (error) {
      return failWith([`the token file cannot be made: ${(error as Error).message}`]);
    }
  }
  return 0;
}

function readTlsFiles({ tls }: WorkerConfig): TlsFiles | null | string[] {
  if (tls === null) return null;
  const faults: string[] = [];
  const read = (option: string, path: string): Buffer => {
    try {
      return readFileSync(path);
    } catch (error) {
      faults.push(`--${option} ${path}: ${(error as Error).message}`);
      return Buffer.alloc(0);
    }
  };
  const files = {
    cert: read('tls-cert', tls.cert),
    key: read('tls-key', tls.key),
    ...(tls.clientCa === null ? {} : { clientCa: read('tls-client-ca', tls.clientCa) }),
  };
  return faults.length > 0 ? faults : files;
}

/** A unix socket's file that is there already: another worker's, or what one left that was killed. */
async function socketFaults(listen: ListenTarget): Promise<string[]> {
  if (listen.kind !== 'unix' || !existsSync(listen.path)) return [];
  const isSocket = (await stat(listen.path)).isSocket();
  if (!isSocket)
    return [`--listen unix:${listen.path}: a file that is no socket is there; choose another path`];
  const isLive = await new Promise<boolean>((resolve) => {
    const probe = connect(listen.path, () => resolve(true));
    probe.setTimeout(PROBE_TIMEOUT_MS, () => resolve(true));
    probe.once('error', () => resolve(false));
    probe.once('connect', () => probe.destroy());
  });
  return [
    isLive
      ? `--listen unix:${listen.path}: another server listens there`
      : `--listen unix:${listen.path}: a stale socket of a dead worker is there; remove it`,
  ];
}

function startFault(error: NodeJS.ErrnoException, config: WorkerConfig): string {
  const where =
    config.listen.kind === 'unix'
      ? `unix:${config.listen.path}`
      : `${config.listen.host}:${config.listen.port}`;
  if (error.code === 'EADDRINUSE')
    return `--listen ${where}: the address is in use; choose another, or stop what listens there`;
  if (error.code === 'EACCES' || error.code === 'EADDRNOTAVAIL') return `--listen ${where}: ${error.message}`;
  return error.message;
}

function listenOptions(listen: ListenTarget): ListenOptions {
  return listen.kind === 'unix' ? { path: listen.path } : { host: listen.host, port: listen.port };
}

function urlOf(listen: ListenTarget, address: { port: number } | string, isTls: boolean): string {
  if (listen.kind === 'unix' || typeof address === 'string')
    return `ws+unix:${listen.kind === 'unix' ? listen.path : address}:/`;
  const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host;
  return `${isTls ? 'wss' : 'ws'}://${host}:${address.port}`;
}

function failWith(faults: readonly string[]): number {
  for (const fault of faults) process.stderr.write(`sandcrew-worker: ${fault}\n`);
  return USAGE_FAULT;
}
