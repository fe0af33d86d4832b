/**
 * The other end of the bare pipe, a process of its own: each connection runs one command at a time and gets its output
 * as it is read, as binary frames or as JSON. No offsets, no credit, no containment: the floor of anything over WebSocket.
 */
import { spawn } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';

const isJson = process.argv[2] === 'json';
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
server.on('listening', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
server.on('connection', (socket) => {
  socket.on('message', (message) => {
    const [program = '', ...args] = JSON.parse(String(message)) as string[];
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.on('data', (data: Buffer) => {
      if (isJson) socket.send(JSON.stringify({ stream: 'stdout', output: data.toString() }));
      else socket.send(data);
    });
    child.stderr.resume();
    child.on('close', (exitCode) => socket.send(JSON.stringify({ exitCode })));
  });
});
process.stdin.resume().on('end', () => process.exit(0));
