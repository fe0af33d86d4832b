/** OpenSSH with ControlMaster to an sshd of our own on loopback: a command costs an `ssh` client, and no new handshake. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { freePort } from '../free-port.js';
import { type OpenPeer, type Peer, RunClock } from '../peer.js';

const SSHD = '/usr/sbin/sshd';
const TRIES = 100;
const TRY_EVERY_MS = 100;

export const controlMaster: Peer = {
  name: 'OpenSSH ControlMaster',
  missing: () =>
    existsSync(SSHD) && existsSync('/usr/bin/ssh') ? null : 'needs OpenSSH: apt-get install openssh-server',
  async open(): Promise<OpenPeer> {
    const directory = await mkdtemp(join(tmpdir(), 'sandcrew-ssh-'));
    const port = await freePort();
    const at = (name: string) => join(directory, name);
    for (const key of ['host', 'user'])
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at(key)]);
    execFileSync('cp', [at('user.pub'), at('authorized')]);
    if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 }); // sshd wants it
    const settings = [
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${at('host')}`,
      `AuthorizedKeysFile ${at('authorized')}`,
      `PidFile ${at('pid')}`,
      'PermitRootLogin yes',
      'PasswordAuthentication no',
      'StrictModes no',
      'UsePAM no',
      'MaxSessions 200',
      'MaxStartups 200',
    ];
    await writeFile(at('sshd_config'), `${settings.join('\n')}\n`);
    const server = spawn(SSHD, ['-D', '-e', '-f', at('sshd_config')], { stdio: 'ignore' });
    const base = ['-F', '/dev/null', '-p', String(port), '-i', at('user'), '-S', at('control')];
    const trust = [
      '-o',
      'StrictHostKeyChecking=no',
      '-o',
      `UserKnownHostsFile=${at('known')}`,
      '-o',
      'LogLevel=ERROR',
    ];
    const host = `${userInfo().username}@127.0.0.1`;
    const children = [server];
    const close = async () => {
      for (const child of children) {
        if (child.exitCode !== null || child.signalCode !== null) continue;
        child.kill('SIGTERM');
        await once(child, 'exit');
      }
      await rm(directory, { recursive: true, force: true });
    };
    const comesUp = async (isUp: () => Promise<boolean>) => {
      for (let tries = 0; tries < TRIES; tries++) {
        if (await isUp()) return;
        await setTimeout(TRY_EVERY_MS);
      }
      await close();
      throw new Error(`OpenSSH did not come up within ${(TRIES * TRY_EVERY_MS) / 1_000} s`);
    };
    await comesUp(() => isListening(port));
    children.unshift(spawn('ssh', [...base, ...trust, '-M', '-N', host], { stdio: 'ignore' }));
    await comesUp(async () => existsSync(at('control')));
    return {
      async run(argv, options) {
        const clock = new RunClock(options);
        const command = argv.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
        const child = spawn('ssh', [...base, host, command], { stdio: ['ignore', 'pipe', 'pipe'] });
        child.stdout.on('data', (data: Buffer) => clock.take(data));
        child.stderr.resume();
        const [exitCode] = (await once(child, 'close')) as [number | null];
        return clock.end(exitCode);
      },
      close,
    };
  },
};

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}
