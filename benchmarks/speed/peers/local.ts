/** `child_process.spawn` in this process, uncontained: the floor. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type OpenPeer, type Peer, RunClock } from '../peer.js';

export const local: Peer = {
  name: 'local spawn',
  missing: () => null,
  open: async (): Promise<OpenPeer> => ({
    async run([program = '', ...args], options) {
      const clock = new RunClock(options);
      const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
      child.stdout.on('data', (data: Buffer) => clock.take(data));
      child.stderr.resume();
      const [exitCode] = (await once(child, 'close')) as [number | null];
      return clock.end(exitCode);
    },
    close: async () => {},
  }),
};
