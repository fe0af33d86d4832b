/** Tells each option's value in force and where it comes from, for `--print-config`. No option holds a secret: files do. */
import type { WorkerConfig } from './config.js';
import type { GivenOptions } from './given-options.js';
import type { ListenTarget } from './io/listen-target.js';
import type { OptionName } from './options.js';

type LastingOption = Exclude<OptionName, 'print-config' | 'help' | 'version'>;

/** By option: its value as a file would have it, and `--NAME`, `SANDCREW_NAME`, `FILE:LINE:COLUMN` or `default`. */
export type ConfigReport = Readonly<
  Record<LastingOption, { readonly value: unknown; readonly source: string }>
>;

export function reportConfig(config: WorkerConfig, given: GivenOptions['values']): ConfigReport {
  const values: Record<LastingOption, unknown> = {
    config: given.get('config')?.texts[0] ?? null,
    listen: spellListen(config.listen),
    'health-listen': config.healthListen === null ? null : spellListen(config.healthListen),
    'token-file': config.tokenFile,
    workspace: config.workspace,
    'worker-id': given.has('worker-id') ? config.workerId : null, // it is made anew at each start
    type: config.type,
    label: config.labels,
    'max-tasks': config.maxTasks,
    'ready-sandboxes': config.readySandboxes,
    containment: config.containment,
    'state-dir': config.stateDir,
    'tls-cert': config.tls?.cert ?? null,
    'tls-key': config.tls?.key ?? null,
    'tls-client-ca': config.tls?.clientCa ?? null,
    'allow-origin': config.allowedOrigins,
    'heartbeat-interval-ms': config.heartbeatIntervalMs,
    'block-interval-ms': config.blockIntervalMs,
    'orphan-timeout-ms': config.orphanTimeoutMs,
    'keep-ended-ms': config.keepEndedMs,
    'drain-timeout-ms': config.drainTimeoutMs,
    'retain-bytes': config.retainBytes,
    'spool-quota-bytes': config.spoolQuotaBytes,
    network: config.network,
    'bind-ro': given.get('bind-ro')?.texts ?? [],
    'bind-rw': given.get('bind-rw')?.texts ?? [],
    'insecure-plaintext': config.insecurePlaintext,
    'until-stdin-closes': config.untilStdinCloses,
    'log-level': config.logLevel,
  };
  const rows = Object.entries(values).map(([name, value]) => [
    name,
    { value, source: given.get(name as OptionName)?.source ?? 'default' },
  ]);
  return Object.fromEntries(rows) as ConfigReport;
}

function spellListen(listen: ListenTarget): string {
  if (listen.kind === 'unix') return `unix:${listen.path}`;
  return `${listen.host.includes(':') ? `[${listen.host}]` : listen.host}:${listen.port}`;
}
