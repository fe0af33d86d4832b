/**
 * Strangers of a host of their own: when a line comes on stdin they all connect at once to the worker at `port`, without a token.
 * Its argument is JSON: `{ port, count }`. It says `ready`, then how often each status came, as JSON, and ends.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';

const { port, count } = JSON.parse(process.argv[2] ?? '') as { port: number; count: number };
const REQUEST = [
  'GET / HTTP/1.1',
  'Host: worker',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  '\r\n',
].join('\r\n');

process.stdout.write('ready\n');
await once(process.stdin, 'data');
const answers = await Promise.all(Array.from({ length: count }, ask));
const statuses: Record<string, number> = {};
for (const answer of answers) {
  const status = answer.split(' ')[1] ?? '';
  statuses[status] = (statuses[status] ?? 0) + 1;
}
process.stdout.write(`${JSON.stringify(statuses)}\n`);
process.exit();

function ask(): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.end(REQUEST);
  return text(socket);
}
