/** Commands over a bare WebSocket, without a protocol. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { type OpenPeer, type Peer, RunClock, type RunOptions, type RunResult } from '../peer.js';

const SERVER = fileURLToPath(new URL('./bare-pipe-server.js', import.meta.url));
const OPEN_TIMEOUT_MS = 10_000;

export const barePipe = barePipeOf('binary');
export const bareJsonPipe = barePipeOf('json');

function barePipeOf(encoding: 'binary' | 'json'): Peer {
  return {
    name: `bare ws pipe, ${encoding}`,
    missing: () => null,
    async open(width): Promise<OpenPeer> {
      const server = spawn(process.execPath, [SERVER, encoding], { stdio: ['pipe', 'pipe', 'inherit'] });
      const [line] = await once(server.stdout, 'data', { signal: AbortSignal.timeout(OPEN_TIMEOUT_MS) });
      const url = `ws://127.0.0.1:${Number(line)}`;
      const idle = await Promise.all(Array.from({ length: width }, () => openSocket(url)));
      return {
        async run(argv, options) {
          const socket = idle.pop();
          if (socket === undefined) throw new Error(`expected at most ${width} commands at once`);
          try {
            return await runOn(socket, argv, options, encoding === 'json');
          } finally {
            idle.push(socket);
          }
        },
        async close() {
          for (const socket of idle) socket.terminate();
          server.stdin.end();
          await once(server, 'exit');
        },
      };
    },
  };
}

async function openSocket(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  await once(socket, 'open', { signal: AbortSignal.timeout(OPEN_TIMEOUT_MS) });
  return socket;
}

function runOn(
  socket: WebSocket,
  argv: readonly string[],
  options: RunOptions | undefined,
  isJson: boolean,
): Promise<RunResult> {
  const clock = new RunClock(options);
  return new Promise((resolve) => {
    const receive = (data: Buffer, isBinary: boolean) => {
      if (isBinary) return clock.take(data);
      const message = JSON.parse(data.toString()) as { output?: string; exitCode?: number | null };
      if (isJson && message.output !== undefined) return clock.take(Buffer.from(message.output));
      socket.off('message', receive);
      resolve(clock.end(message.exitCode ?? null));
    };
    socket.on('message', receive);
    socket.send(JSON.stringify(argv));
  });
}
