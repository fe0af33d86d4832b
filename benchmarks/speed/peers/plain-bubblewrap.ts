/** The machine's own bwrap around each command, spawned in this process, with nothing else about it. */
import type { Peer } from '../peer.js';
import { local } from './local.js';

const WRAP = [
  ...['bwrap', '--unshare-all', '--share-net', '--die-with-parent'],
  ...['--ro-bind', '/', '/', '--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp'],
];

export const plainBubblewrap: Peer = {
  name: 'plain bwrap',
  missing: () => null,
  async open(width) {
    const peer = await local.open(width);
    return {
      run: (argv, options) => peer.run([...WRAP, ...argv], options),
      close: () => peer.close(),
    };
  },
};
