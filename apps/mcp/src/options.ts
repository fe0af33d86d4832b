/** From words and the environment to what the server is to be; every fault of the words is told at once. */
import type { ManagerOptions } from '@sandcrew/manager';
import { Command, CommanderError, Option } from 'commander';
import { isLoopback } from './core/http-gate.js';

export interface ServerOptions {
  /** The worker that stays and its token's file; null: one is started here. */
  readonly worker: { readonly url: string; readonly tokenFile: string } | null;
  /** Where commands run on a worker that is started here. */
  readonly workspace: string | null;
  readonly stateFile: string | null;
  readonly yieldMs: number;
  /** How long a worker that cannot be reached is waited for. */
  readonly connectTimeoutMs: number;
  /** Null: stdio. */
  readonly http: {
    readonly host: string;
    readonly port: number;
    readonly tokenFile: string;
    readonly allowHosts: readonly string[];
    readonly allowOrigins: readonly string[];
  } | null;
}

/** `text` is for stdout, and the exit status is 0; or the words make no sense. */
export type ReadOptions =
  | { readonly kind: 'serve'; readonly options: ServerOptions }
  | { readonly kind: 'told'; readonly text: string }
  | { readonly kind: 'refused'; readonly faults: readonly string[] };

interface Words {
  readonly worker?: string;
  readonly tokenFile?: string;
  readonly workspace?: string;
  readonly stateFile?: string;
  readonly yield: string;
  readonly connectTimeout: string;
  readonly http?: string;
  readonly httpTokenFile?: string;
  readonly allowHost?: readonly string[];
  readonly allowOrigin?: readonly string[];
}

const DEFAULT_YIELD = '45s';
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 };
const DEFAULT_CONNECT_TIMEOUT = '10s';
const MAX_DURATION_MS = 3_600_000;

export function readOptions(argv: readonly string[], version: string): ReadOptions {
  let told = '';
  const command = describeOptions(version, (text) => {
    told += text;
  });
  try {
    command.parse([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { kind: 'told', text: told };
    return {
      kind: 'refused',
      faults: [sentenceOf(error)],
    };
  }
  const faults: string[] = [];
  const words = command.opts<Words>();
  if (isNone(words.worker) && command.getOptionValueSource('tokenFile') === 'cli')
    faults.push('--token-file: expected --worker (or SANDCREW_WORKER) beside it, got none.');
  const options = judgeWords(words, faults);
  return faults.length > 0 ? { kind: 'refused', faults } : { kind: 'serve', options };
}

/** Options of the manager, under one id for as long as the state file stays. */
export function managerOptionsFor(options: ServerOptions, managerId: string | null): ManagerOptions {
  return {
    ...(options.worker === null ? {} : { workers: [options.worker] }),
    ...(options.workspace === null ? {} : { embedded: { directory: options.workspace } }),
    ...(managerId === null ? {} : { managerId }),
    connectTimeoutMs: options.connectTimeoutMs,
    keepOutputBytes: 0, // the tools keep it
  };
}

function describeOptions(version: string, writeOut: (text: string) => void): Command {
  return new Command('sandcrew-mcp')
    .description(
      'An MCP server whose tools run commands on sandbox workers, over stdio unless --http is given.',
    )
    .version(version)
    .addOption(
      new Option('--worker <url>', 'a worker that stays: ws://, wss:// or ws+unix:').env('SANDCREW_WORKER'),
    )
    .addOption(
      new Option('--token-file <file>', "the file that holds the worker's token").env('SANDCREW_TOKEN_FILE'),
    )
    .option('--workspace <dir>', 'without --worker: where commands run (default: the current directory)')
    .option('--state-file <file>', 'with --worker: commands are found again after a restart')
    .option('--yield <duration>', 'how long a call waits at most, such as 45s or 2m', DEFAULT_YIELD)
    .option(
      '--connect-timeout <duration>',
      'how long a worker that cannot be reached is waited for',
      DEFAULT_CONNECT_TIMEOUT,
    )
    .option('--http <host:port>', 'serve streamable HTTP at /mcp on a loopback address')
    .option('--http-token-file <file>', 'the file that holds the token which HTTP clients must show')
    .option(
      '--allow-host <name...>',
      'with --http: a further value of Host, as a proxy in front passes it on',
    )
    .option(
      '--allow-origin <origin...>',
      'with --http: a value of Origin that may come, for pages in browsers',
    )
    .exitOverride()
    .configureOutput({ writeOut, writeErr: () => {} });
}

/** An empty variable is one that was set to none. */
function isNone(worker: string | undefined): worker is undefined | '' {
  return worker === undefined || worker === '';
}

function sentenceOf({ code, message }: CommanderError): string {
  const sentence = message
    .replace(/^error: /, '')
    .replace(/\s*\n\s*/g, ' ')
    .replace(/\.$/, '');
  const isGuessed = sentence.endsWith(')');
  const hint = code === 'commander.unknownOption' && !isGuessed ? ' `sandcrew-mcp --help` lists them.' : '';
  return `${sentence}.${hint}`;
}

function judgeWords(words: Words, faults: string[]): ServerOptions {
  const { tokenFile, workspace, stateFile, http, httpTokenFile } = words;
  const worker = isNone(words.worker) ? undefined : words.worker;
  if (worker !== undefined && tokenFile === undefined)
    faults.push(
      "--token-file: expected the file that holds the worker's token, got none (or SANDCREW_TOKEN_FILE).",
    );
  if (worker !== undefined && workspace !== undefined)
    faults.push(
      '--workspace: expected no --worker (or SANDCREW_WORKER) beside it, which has a directory of its own.',
    );
  if (worker === undefined && stateFile !== undefined)
    faults.push(
      '--state-file: expected --worker (or SANDCREW_WORKER) beside it, got none: the commands of a worker that is started here end with the server.',
    );
  const hasHttpOptions = [httpTokenFile, words.allowHost, words.allowOrigin].some(
    (given) => given !== undefined,
  );
  if (http === undefined && hasHttpOptions)
    faults.push(
      '--http: expected HOST:PORT beside --http-token-file, --allow-host and --allow-origin, got none.',
    );
  return {
    worker: worker === undefined ? null : { url: worker, tokenFile: tokenFile ?? '' },
    workspace: workspace ?? null,
    stateFile: stateFile ?? null,
    yieldMs: judgeDuration('--yield', words.yield, faults),
    connectTimeoutMs: judgeDuration('--connect-timeout', words.connectTimeout, faults),
    http: http === undefined ? null : judgeHttp(http, words, faults),
  };
}

function judgeDuration(option: string, text: string, faults: string[]): number {
  const [, amount, unit = ''] = /^(\d+)(ms|s|m)$/.exec(text) ?? [];
  const durationMs = Number(amount) * (UNIT_MS[unit] ?? Number.NaN);
  if (durationMs > 0 && durationMs <= MAX_DURATION_MS) return durationMs;
  faults.push(`${option}: expected a duration up to 60m such as 45s, got "${text}".`);
  return 0;
}

function judgeHttp(text: string, words: Words, faults: string[]): ServerOptions['http'] {
  const [, bracketed, bare, digits] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? bare ?? '';
  const port = Number(digits);
  if (host === '' || !(port <= 65_535)) faults.push(`--http: expected HOST:PORT, got "${text}".`);
  else if (!isLoopback(host))
    faults.push(
      `--http: expected a loopback address, got "${host}": the token would pass unencrypted. Put a proxy that speaks TLS in front of it, and name its host by --allow-host.`,
    );
  if (words.httpTokenFile === undefined)
    faults.push('--http-token-file: expected a file of mode 0600 that holds a token, got none.');
  return {
    host,
    port,
    tokenFile: words.httpTokenFile ?? '',
    allowHosts: words.allowHost ?? [],
    allowOrigins: words.allowOrigin ?? [],
  };
}
