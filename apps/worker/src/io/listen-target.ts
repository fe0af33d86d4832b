/** Where a worker listens: what is in its way there, and how clients name it. */
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { connect, type ListenOptions } from 'node:net';

export interface TcpTarget {
  readonly kind: 'tcp';
  readonly host: string;
  readonly port: number;
}

export type ListenTarget = TcpTarget | { readonly kind: 'unix'; readonly path: string };

const PROBE_TIMEOUT_MS = 1_000;

/** A unix socket's file that is there already: another worker's, or what one left that was killed. */
export async function findSocketFaults(listen: ListenTarget): Promise<string[]> {
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

/** Why listening failed, in a sentence, or null where it is not the target's fault. */
export function listenFault(
  error: NodeJS.ErrnoException,
  listen: ListenTarget,
  option = '--listen',
): string | null {
  const where = listen.kind === 'unix' ? `unix:${listen.path}` : `${listen.host}:${listen.port}`;
  if (error.code === 'EADDRINUSE')
    return `${option} ${where}: the address is in use; choose another, or stop what listens there`;
  if (error.code === 'EACCES' || error.code === 'EADDRNOTAVAIL')
    return `${option} ${where}: ${error.message}`;
  return null;
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

export function listenOptions(listen: ListenTarget): ListenOptions {
  return listen.kind === 'unix' ? { path: listen.path } : { host: listen.host, port: listen.port };
}

/** @param address where it listens in fact. */
export function urlOf(listen: ListenTarget, address: { port: number } | string, isTls: boolean): string {
  if (listen.kind === 'unix' || typeof address === 'string')
    return `ws+unix:${listen.kind === 'unix' ? listen.path : address}:/`;
  const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host;
  return `${isTls ? 'wss' : 'ws'}://${host}:${address.port}`;
}
