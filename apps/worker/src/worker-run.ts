/** Runs a worker to its end: listens, says where, and turns signals into drains. What the configuration names is open already. */
import { randomUUID } from 'node:crypto';
import { realpath, statfs } from 'node:fs/promises';
import { availableParallelism, tmpdir, totalmem } from 'node:os';
import { WINDOW_BYTES } from '@sandcrew/protocol';
import type { Logger } from 'pino';
import type { WorkerConfig } from './config.js';
import type { WorkerPolicy } from './core/state.js';
import type { HealthDoor } from './health-door.js';
import type { TokenRegister } from './io/auth.js';
import type { ContainmentAdapter } from './io/containment/containment.js';
import { LimitKeeper } from './io/limits.js';
import { isLoopback, listenOptions, type TcpTarget, urlOf } from './io/listen-target.js';
import type { Metrics } from './io/metrics.js';
import { makeDirectory, type StateDirectory } from './io/state-directory.js';
import type { TlsFiles } from './io/tls-files.js';
import { SandboxWebSocketServer } from './sandbox-websocket-server.js';
import { reloadSecrets } from './secrets-reload.js';

const MAX_CONNECTIONS = 64;
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** What the configuration names, opened. */
export interface Means {
  readonly tokens: TokenRegister;
  readonly tls: TlsFiles | null;
  readonly containment: ContainmentAdapter;
  readonly state: StateDirectory;
  readonly log: Logger;
}

/**
 * Settles when the worker has drained and stopped.
 * @throws {NodeJS.ErrnoException} where it cannot listen.
 */
export async function runWorker(config: WorkerConfig, means: Means): Promise<void> {
  const door = config.healthListen === null ? null : await openHealth(config.healthListen, means);
  try {
    const { server, address } = await start(config, means, door?.metrics ?? null);
    door?.tellOf(server);
    obeySignals(server, config, means); // whoever reads the line below may send one at once
    const url = urlOf(config.listen, address, means.tls !== null);
    const health = door === null ? {} : { health: door.url };
    const listening = { event: 'listening', url, workerId: config.workerId, pid: process.pid, ...health };
    process.stdout.write(`${JSON.stringify(listening)}\n`);
    await server.stopped;
    means.log.info({ event: 'stopped' });
  } finally {
    door?.close();
  }
}

/** Its library is loaded only where it is asked for. */
async function openHealth(listen: TcpTarget, { containment, log }: Means): Promise<HealthDoor> {
  const { HealthDoor } = await import('./health-door.js');
  const door = await HealthDoor.open(listen, containment.level);
  if (!isLoopback(listen.host))
    log.warn({
      event: 'health_beyond_loopback',
      message: `${door.url} tells anyone who reaches it how many tasks run here; let only probes and scrapers reach it`,
    });
  return door;
}

async function start(config: WorkerConfig, { state, ...means }: Means, metrics: Metrics | null) {
  await makeDirectory(config.workspace, means.containment.userOf(config.workspace));
  const limits = LimitKeeper.find();
  const umask = process.umask(0o077); // a unix socket, the spool and what else is made here is the worker's alone
  try {
    return await SandboxWebSocketServer.start(
      {
        workerId: config.workerId,
        readySandboxes: config.readySandboxes,
        policy: await policyOf(config, means.containment, limits),
        limits,
        upgrade: { allowedOrigins: config.allowedOrigins, maxConnections: MAX_CONNECTIONS },
        ground: {
          state,
          defaultWorkspace: await realpath(config.workspace),
          environment: {
            path: process.env.PATH || DEFAULT_PATH,
            lang: process.env.LANG ?? 'C.UTF-8',
            // There each task has a /tmp of its own.
            tmpdir: means.containment.level === 'bubblewrap' ? '/tmp' : tmpdir(),
          },
        },
        heartbeatIntervalMs: config.heartbeatIntervalMs,
        blockIntervalMs: config.blockIntervalMs,
        metrics,
        ...means,
      },
      listenOptions(config.listen),
    );
  } finally {
    process.umask(umask);
  }
}

async function policyOf(
  config: WorkerConfig,
  containment: ContainmentAdapter,
  limits: LimitKeeper,
): Promise<WorkerPolicy> {
  const { blocks, bsize } = await statfs(config.workspace);
  return {
    bootId: randomUUID(),
    workerType: config.type,
    labels: config.labels,
    resources: { cpus: availableParallelism(), memoryBytes: totalmem(), diskBytes: blocks * bsize },
    maxTasks: config.maxTasks,
    containment: containment.level,
    enforcedLimits: limits.enforced,
    network: config.network,
    orphanTimeoutMs: config.orphanTimeoutMs,
    credit: { windowBytes: WINDOW_BYTES, socketBytes: 1_048_576 },
    pace: {
      holdBytes: 1.75 * WINDOW_BYTES,
      releaseBytes: 1.25 * WINDOW_BYTES,
      keepingUpBytes: 65_536, // in 50 ms: 1.3 MB a second
    },
    retention: {
      retainBytes: config.retainBytes,
      taskMemoryBytes: 2 * WINDOW_BYTES,
      memoryBytes: 33_554_432,
      spoolQuotaBytes: config.spoolQuotaBytes,
      segmentBytes: 16_777_216,
      minFreedBytes: 32_768,
      keepEndedMs: config.keepEndedMs,
      maxEndedTasks: 4_000,
    },
  };
}

function obeySignals(
  server: SandboxWebSocketServer,
  config: WorkerConfig,
  { containment, log }: Means,
): void {
  let isDraining = false;
  const drain = () => {
    server.drain(isDraining ? 0 : config.drainTimeoutMs);
    isDraining = true;
  };
  process.on('SIGTERM', drain);
  process.on('SIGINT', drain);
  process.on('SIGHUP', () => reloadSecrets(server, containment, config, log));
  if (!config.untilStdinCloses) return;
  process.stdin.on('error', () => {});
  process.stdin.once('close', () => server.drain(0)).resume();
  process.stdin.unref(); // it ends the worker, and does not keep it
}
