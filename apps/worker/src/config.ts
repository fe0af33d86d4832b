/** Reads what an operator asks of the worker, from options, environment and file. Every fault is named, all at once. */
import { randomBytes } from 'node:crypto';
import { homedir, hostname } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { WorkerId } from '@sandcrew/protocol';
import { collectOptions, type GivenOptions } from './given-options.js';
import type { ContainmentRequest } from './io/containment/choose-containment.js';
import { isLoopback, type ListenTarget, type TcpTarget } from './io/listen-target.js';
import type { TlsPaths } from './io/tls-files.js';
import type { OptionName } from './options.js';

/** What a manager takes of a welcome (docs/protocol.md, Bounds of a manager). */
const MAX_LABELS = 256;
const MAX_LABEL_CHARACTERS = 1_024;

export interface WorkerConfig {
  readonly listen: ListenTarget;
  readonly healthListen: TcpTarget | null;
  /** Empty where none was named, which is a fault. */
  readonly tokenFile: string;
  readonly workspace: string;
  readonly workerId: string;
  readonly type: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly maxTasks: number;
  /** Most that wait at once. */
  readonly readySandboxes: number;
  readonly containment: ContainmentRequest;
  readonly stateDir: string;
  /** What contained tasks see beside their workspace. */
  readonly bindReadOnly: readonly string[];
  readonly bindWritable: readonly string[];
  readonly tls: TlsPaths | null;
  readonly allowedOrigins: readonly string[];
  readonly heartbeatIntervalMs: number;
  readonly blockIntervalMs: number;
  readonly orphanTimeoutMs: number;
  readonly keepEndedMs: number;
  readonly drainTimeoutMs: number;
  readonly retainBytes: number;
  readonly spoolQuotaBytes: number;
  readonly network: 'host' | 'none';
  readonly insecurePlaintext: string | null;
  readonly untilStdinCloses: boolean;
  readonly logLevel: string;
}

export type ConfigReading =
  | { readonly kind: 'run'; readonly config: WorkerConfig; readonly warnings: readonly string[] }
  | { readonly kind: 'show'; readonly what: 'help' | 'version' }
  | { readonly kind: 'print'; readonly config: WorkerConfig; readonly given: GivenOptions['values'] }
  /** `config` has defaults in the place of what is wrong, to look further with. */
  | { readonly kind: 'fault'; readonly config: WorkerConfig; readonly faults: readonly string[] };

/** @param needsToken false for a look that starts nothing. */
export function readConfig(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  { needsToken = true } = {},
): ConfigReading {
  const { values, warnings, ...given } = collectOptions(argv, env);
  for (const what of ['help', 'version'] as const) if (values.has(what)) return { kind: 'show', what };
  const faults = [...given.faults];
  const config = interpret(values, faults);
  const isTokenFaulty = faults.some((fault) => fault.startsWith('--token-file '));
  if (needsToken && config.tokenFile === '' && !isTokenFaulty)
    faults.push('--token-file is missing; make one with: sandcrew-worker token new FILE');
  if (faults.length > 0) return { kind: 'fault', config, faults };
  if (values.has('print-config')) return { kind: 'print', config, given: values };
  return { kind: 'run', config, warnings };
}

function interpret(values: GivenOptions['values'], faults: string[]): WorkerConfig {
  const one = (name: OptionName) => values.get(name)?.texts[0] ?? null;
  const spelled = (name: OptionName) => values.get(name)?.spelling ?? `--${name}`;
  const count = (name: OptionName, byDefault: number, least: number, most = Number.MAX_SAFE_INTEGER) => {
    const text = one(name);
    if (text === null) return byDefault;
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= least && number <= most) return number;
    faults.push(
      `${spelled(name)} expects a whole number from ${least} to ${most}, got ${JSON.stringify(text)}`,
    );
    return byDefault;
  };
  const choice = <Word extends string>(name: OptionName, words: readonly Word[], byDefault: Word): Word => {
    const text = one(name);
    const found = words.find((word) => word === text);
    if (text !== null && found === undefined)
      faults.push(`${spelled(name)} expects one of ${words.join(', ')}; got ${JSON.stringify(text)}`);
    return found ?? byDefault;
  };
  const stateDir = resolve(one('state-dir') ?? join(homedir(), '.local/state/sandcrew'));
  const tls = readTls(one('tls-cert'), one('tls-key'), one('tls-client-ca'), faults);
  const insecurePlaintext = one('insecure-plaintext');
  if (insecurePlaintext?.trim() === '')
    faults.push(
      `${spelled('insecure-plaintext')} expects a reason, which is logged at each start, got an empty one`,
    );
  const listen = readListen(one('listen') ?? '127.0.0.1:0', spelled('listen'), faults);
  if (listen.kind === 'tcp' && !isLoopback(listen.host) && tls === null && insecurePlaintext === null) {
    faults.push(
      `${spelled('listen')} ${listen.host} is beyond loopback and needs --tls-cert and --tls-key (or --insecure-plaintext REASON)`,
    );
  }
  const tokenFile = one('token-file');
  return {
    listen,
    healthListen: readHealthListen(one('health-listen'), spelled('health-listen'), faults),
    tokenFile: tokenFile === null ? '' : resolve(tokenFile),
    workspace: resolve(one('workspace') ?? join(stateDir, 'workspace')),
    workerId: readWorkerId(one('worker-id'), spelled('worker-id'), faults),
    type: one('type') ?? 'general',
    labels: readLabels(values.get('label')?.texts ?? [], spelled('label'), faults),
    maxTasks: count('max-tasks', 16, 1, 10_000),
    readySandboxes: count('ready-sandboxes', 2, 0, 64),
    containment: choice(
      'containment',
      ['auto', 'bubblewrap', 'pid-namespace', 'process-group'],
      process.platform === 'linux' ? 'bubblewrap' : 'auto',
    ),
    stateDir,
    bindReadOnly: (values.get('bind-ro')?.texts ?? []).map((path) => resolve(path)),
    bindWritable: (values.get('bind-rw')?.texts ?? []).map((path) => resolve(path)),
    tls,
    allowedOrigins: values.get('allow-origin')?.texts ?? [],
    heartbeatIntervalMs: count('heartbeat-interval-ms', 30_000, 100, 2_147_483_647),
    blockIntervalMs: count('block-interval-ms', 500, 100, 2_147_483_647),
    orphanTimeoutMs: count('orphan-timeout-ms', 600_000, 0, 2_147_483_647),
    keepEndedMs: count('keep-ended-ms', 86_400_000, 0, 2_147_483_647),
    drainTimeoutMs: count('drain-timeout-ms', 60_000, 0, 2_147_483_647),
    retainBytes: count('retain-bytes', 268_435_456, 1_048_576),
    spoolQuotaBytes: count('spool-quota-bytes', 4_294_967_296, 0),
    network: choice('network', ['host', 'none'], 'host'),
    insecurePlaintext,
    untilStdinCloses: choice('until-stdin-closes', ['true', 'false'], 'false') === 'true',
    logLevel: choice('log-level', ['debug', 'info', 'warn', 'error', 'silent'], 'info'),
  };
}

function readListen(text: string, spelling: string, faults: string[]): ListenTarget {
  if (text.startsWith('unix:')) {
    const path = text.slice('unix:'.length);
    // The kernel's limit for a socket's path, with its closing NUL.
    if (path === '' || Buffer.byteLength(path) > 107)
      faults.push(`${spelling} unix:PATH expects a path of 1 to 107 bytes, got ${Buffer.byteLength(path)}`);
    return { kind: 'unix', path: isAbsolute(path) ? path : resolve(path) };
  }
  const listen = readTcp(text);
  if (listen === null) faults.push(`${spelling} expects HOST:PORT or unix:PATH, got ${JSON.stringify(text)}`);
  return listen ?? { kind: 'tcp', host: '127.0.0.1', port: 0 };
}

function readHealthListen(text: string | null, spelling: string, faults: string[]): TcpTarget | null {
  if (text === null) return null;
  const listen = readTcp(text);
  if (listen === null) faults.push(`${spelling} expects HOST:PORT, got ${JSON.stringify(text)}`);
  return listen;
}

function readTcp(text: string): TcpTarget | null {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host !== undefined && port <= 65_535 ? { kind: 'tcp', host, port } : null;
}

function readTls(
  cert: string | null,
  key: string | null,
  clientCa: string | null,
  faults: string[],
): WorkerConfig['tls'] {
  if (cert === null && key === null && clientCa === null) return null;
  if (cert !== null && key !== null) return { cert, key, clientCa };
  faults.push('--tls-cert and --tls-key go together, and --tls-client-ca needs both');
  return null;
}

function readWorkerId(given: string | null, spelling: string, faults: string[]): string {
  if (given === null)
    return `${
      hostname()
        .replace(/[^A-Za-z0-9._-]/g, '-')
        .replace(/^[^A-Za-z0-9]+/, '')
        .slice(0, 100) || 'worker'
    }-${randomBytes(3).toString('hex')}`;
  const { pattern } = WorkerId as unknown as { pattern: string };
  if (!new RegExp(pattern).test(given))
    faults.push(`${spelling} expects ${pattern}, got ${JSON.stringify(given)}`);
  return given;
}

function readLabels(given: readonly string[], spelling: string, faults: string[]): Record<string, string> {
  const labels: Record<string, string> = Object.create(null);
  for (const text of given) {
    const equals = text.indexOf('=');
    if (equals < 1) faults.push(`${spelling} expects K=V, got ${JSON.stringify(text)}`);
    else if (Math.max(equals, text.length - equals - 1) > MAX_LABEL_CHARACTERS)
      faults.push(`${spelling} expects at most ${MAX_LABEL_CHARACTERS} characters on each side of its =`);
    else labels[text.slice(0, equals)] = text.slice(equals + 1);
  }
  if (given.length > MAX_LABELS)
    faults.push(`${spelling} may be given ${MAX_LABELS} times at most, got ${given.length}`);
  return labels;
}
