/** Whether sockets listen, and whether their peers are of the same task. */
import type { ProcessEvidence, SocketEvidence } from '../../core/blocks/evidence.js';
import type { HeldDescriptor } from './held-descriptors.js';
import { readText } from './read.js';

interface InternetSocket {
  readonly inode: string;
  readonly local: string;
  readonly remote: string;
  readonly isListening: boolean;
}

/** include/net/tcp_states.h */
const TCP_LISTEN = '0A';
/** include/uapi/linux/net.h: what a listening unix socket is flagged with in /proc/net/unix. */
const SO_ACCEPTCON = 0x10000;
/** An IPv4 address in an IPv6 socket. */
const MAPPED = '0000000000000000FFFF0000';

/** By id: the number of the socket's inode. Those of other kinds lead outside, as far as can be told. */
export function readSockets(
  ids: readonly string[],
  held: readonly HeldDescriptor[],
  processes: readonly ProcessEvidence[],
): Record<string, SocketEvidence> {
  const viewer = processes[0]?.pid;
  if (ids.length === 0 || viewer === undefined) return {};
  const tables = ['tcp', 'tcp6', 'udp', 'udp6'] as const;
  const sockets = new Map(tables.flatMap((table) => readTable(viewer, table)).map((one) => [one.inode, one]));
  const byAddress = new Map([...sockets.values()].map((one) => [`${one.local} ${one.remote}`, one.inode]));
  const unix = readUnix(viewer);
  const holders = (inode: string) =>
    held.filter(({ link }) => link === `socket:[${inode}]`).map(({ pid }) => pid);
  const socketOf = (id: string): SocketEvidence => {
    const socket = sockets.get(id);
    if (socket === undefined) return unix.get(id) ?? { kind: 'outside', peer: 'a socket of another kind' };
    if (socket.isListening) return { kind: 'listening' };
    const peer = byAddress.get(`${socket.remote} ${socket.local}`);
    const pids = peer === undefined ? [] : holders(peer);
    return pids.length > 0 ? { kind: 'inside', pids } : { kind: 'outside', peer: showAddress(socket.remote) };
  };
  return Object.fromEntries(ids.map((id) => [id, socketOf(id)]));
}

function readTable(viewer: number, table: 'tcp' | 'tcp6' | 'udp' | 'udp6'): InternetSocket[] {
  const rows = (readText(`/proc/${viewer}/net/${table}`) ?? '').split('\n').slice(1);
  return rows.flatMap((row) => {
    const [, local, remote, state, , , , , , inode] = row.trim().split(/ +/);
    if (local === undefined || remote === undefined || inode === undefined || inode === '0') return [];
    // A datagram socket without a peer takes what anybody sends.
    const isListening = table.startsWith('tcp') ? state === TCP_LISTEN : /^0+:0+$/.test(remote);
    return [{ inode, local: plain(local), remote: plain(remote), isListening }];
  });
}

/** The kernel does not tell there who the peer of a unix socket is. */
function readUnix(viewer: number): Map<string, SocketEvidence> {
  const rows = (readText(`/proc/${viewer}/net/unix`) ?? '').split('\n').slice(1);
  return new Map(
    rows.flatMap((row): [string, SocketEvidence][] => {
      const [, , , flags, , , inode, path] = row.trim().split(/ +/);
      if (flags === undefined || inode === undefined) return [];
      if ((Number.parseInt(flags, 16) & SO_ACCEPTCON) !== 0) return [[inode, { kind: 'listening' }]];
      return [[inode, { kind: 'outside', peer: path ?? 'a unix socket' }]];
    }),
  );
}

function plain(address: string): string {
  return address.startsWith(MAPPED) ? address.slice(MAPPED.length) : address;
}

/** `0100007F:1F90`, each 32 bits in the machine's order, as `127.0.0.1:8080`. */
function showAddress(address: string): string {
  const [host = '', port = '0'] = address.split(':');
  const bytes = host.match(/../g)?.map((pair) => Number.parseInt(pair, 16)) ?? [];
  const words = Array.from({ length: bytes.length / 4 }, (_, index) =>
    bytes.slice(index * 4, index * 4 + 4).reverse(),
  );
  const number = Number.parseInt(port, 16);
  if (words.length === 1) return `${words.flat().join('.')}:${number}`;
  const groups =
    words
      .flat()
      .map((byte) => byte.toString(16).padStart(2, '0'))
      .join('')
      .match(/.{4}/g) ?? [];
  return `[${groups.map((group) => group.replace(/^0{1,3}/, '')).join(':')}]:${number}`;
}
