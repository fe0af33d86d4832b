/**
 * `node reference-manager.js FAULT`: a manager in little, written from the contract alone, that runs one command and can be
 * broken in one way at a time. What it is to do stands in the environment, as `sandcrew-conformance manager` puts it there.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync, writeSync } from 'node:fs';
import { request } from 'node:http';
import { decodeOutputFrame } from '@sandcrew/protocol';
import { WebSocket } from 'ws';

const [fault = ''] = process.argv.slice(2);
const is = (name: string) => fault === name;
const url = process.env['CONFORMANCE_URL'] ?? '';
const token = readFileSync(process.env['CONFORMANCE_TOKEN_FILE'] ?? '', 'utf8').trim();
const managerId = randomUUID();
const MAX_DIALS = 5;
const PING_INTERVAL_MS = 10_000;

let taskId: string = randomUUID();
let takenOffset = 0;
let chunks = 0;
let dials = 0;
let bootId = '';
let isStarted = false;

type Message = Readonly<Record<string, unknown>> & { readonly type: string };

function dial(): void {
  dials++;
  if (is('connecting.token')) return dialWithTwoTokens();
  const socket = new WebSocket(
    is('connecting.path') ? `${url}/?token=${token}` : url,
    [is('connecting.version') ? 'sandcrew.v2' : 'sandcrew.v1'],
    {
      headers: { Authorization: `Bearer ${token}` },
      autoPong: !is('connecting.pong'),
      ...(is('connecting.origin') ? { origin: 'https://example.org' } : {}),
    },
  );
  let heardAtMs = performance.now();
  const hear = () => {
    heardAtMs = performance.now();
  };
  const watch = setInterval(() => {
    if (performance.now() - heardAtMs > 2 * PING_INTERVAL_MS && !is('connecting.silent-worker'))
      socket.terminate();
    else if (!is('connecting.pings')) socket.ping();
  }, PING_INTERVAL_MS);
  socket.on('open', () => open(socket));
  socket.on('ping', hear).on('pong', hear).on('message', hear);
  socket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) takeFrame(socket, data);
    else take(socket, JSON.parse(data.toString()) as Message);
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    clearInterval(watch);
    if (dials > MAX_DIALS && !is('connecting.refused')) return process.exit(1);
    setTimeout(dial, is('connecting.refused') ? 1 : 50 * dials);
  });
}

/** The library sends a header once. */
function dialWithTwoTokens(): void {
  const Authorization = [`Bearer ${token}`, `Bearer ${token}`];
  const headers = {
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Key': 'eHh4eHh4eHh4eHh4eHh4eA==',
    'Sec-WebSocket-Version': '13',
    Authorization,
  };
  request(url.replace('ws:', 'http:'), { headers })
    .on('response', () => process.exit(1))
    .on('error', () => process.exit(1))
    .end();
}

function say(socket: WebSocket, message: Message): void {
  const extra = is('connecting.declared') ? { extra: 1 } : {};
  socket.send(JSON.stringify({ timestamp: Date.now(), ...message, ...extra }));
}

function open(socket: WebSocket): void {
  const offset = is('returning.resumes') ? 0 : takenOffset;
  const isAnew = isStarted && is('returning.starts-nothing');
  const resume = isStarted ? { resume: [{ taskId, offset }] } : {};
  const hello = {
    type: 'hello',
    managerId: is('connecting.manager-id') ? randomUUID() : managerId,
    output: 'binary',
    ...resume,
  };
  say(socket, hello);
  if (is('connecting.hello')) say(socket, hello);
  if (isStarted && !isAnew) return;
  if (isAnew) taskId = randomUUID();
  isStarted = true;
  const command = { type: 'execute_command', taskId, command: process.env['CONFORMANCE_COMMAND'] };
  say(socket, command);
  if (is('running.command')) say(socket, command);
  if (is('connecting.text')) socket.send(Buffer.from('bytes'));
}

function takeFrame(socket: WebSocket, frame: Buffer): void {
  const decoded = decodeOutputFrame(frame);
  if (!decoded.ok) return;
  const { offset, data, stream } = decoded.message;
  if (offset > takenOffset && is('running.gap')) return;
  takenOffset = offset + data.length;
  chunks++;
  const shown = is('running.code-points')
    ? Buffer.from(Buffer.from(data).toString('utf8'))
    : Buffer.from(data);
  if (!(is('running.output') && chunks % 2 === 0))
    write(stream === 'stdout' || is('running.streams') ? 1 : 2, shown);
  if (is('running.acks')) return;
  if (is('connecting.valid')) return say(socket, { type: 'task_ack', taskId });
  say(socket, { type: 'task_ack', taskId, offset: takenOffset + (is('running.acks-sent') ? 1_000_000 : 0) });
}

/** Whole, also where a pipe takes less at once. */
function write(fd: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length; ) {
    try {
      written += writeSync(fd, bytes, written);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}

function take(socket: WebSocket, message: Message): void {
  if (is('running.unknown-fields') && 'future' in message) process.exit(1);
  if (is('running.news') && message.type === 'block_detected') process.exit(1);
  if (message.type === 'welcome') return takeWelcome(message);
  if (message['taskId'] !== taskId) return;
  if (message.type === 'protocol_error') return end(socket, is('returning.lost') ? 0 : 1);
  if (message.type === 'task_complete') return end(socket, statusOf(message));
  if (message.type !== 'task_error') return;
  if (is('running.rejected') && message['code'] === 'rejected') return;
  const isTakenForSuccess =
    is('running.error') || (is('returning.shutdown') && message['code'] === 'worker_shutdown');
  end(socket, isTakenForSuccess ? Number(message['exitCode'] ?? 0) : 1);
}

function takeWelcome(welcome: Message): void {
  const tasks = welcome['tasks'] as readonly { taskId: string; state: string }[];
  const [task] = tasks.filter((one) => one.taskId === taskId);
  if (bootId !== '' && bootId !== welcome['bootId']) process.exit(is('returning.lost') ? 0 : 1);
  bootId = String(welcome['bootId']);
  if (task?.state === 'complete' && is('returning.ended-meanwhile')) process.exit(0);
}

function statusOf({ exitCode }: Message): number {
  if (is('running.exit-0')) return 1;
  if (exitCode === null) return is('running.signal') ? 0 : 137;
  return is('running.exit-7') ? Math.min(Number(exitCode), 1) : Number(exitCode);
}

function end(socket: WebSocket, status: number): void {
  if (is('connecting.close')) process.exit(status);
  socket.removeAllListeners('close');
  socket.on('close', () => process.exit(status));
  socket.close(1000);
}

dial();
