/** A worker that is killed while a command of its is being started: the command never begins, and nothing stays behind. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { SandboxManager } from '@sandcrew/manager';
import { until } from '@sandcrew/testkit';
import { livingTasks } from '../../endurance/vitals.js';
import { endOf } from '../../task-end.js';
import { startWorker } from '../../worker-process.js';

const canIsolate = spawnSync('unshare', ['--pid', '--fork', '--mount-proc', 'true']).status === 0;

/** Stands before a program that starts a command, and goes on when the test says so; by then the worker is dead. */
const STANDS_BEFORE = {
  // What ties a command's life to its worker's has not done so.
  setpriv: (go: string, waits: string) => `touch ${waits}
while [ ! -e ${go} ]; do sleep 0.02; done
exec /usr/bin/setpriv "$@"`,
  // What is killed with the worker has a child already that has not asked to be killed with it. Its first words are taken.
  unshare: (
    go: string,
    waits: string,
  ) => `for word; do shift; [ "$word" = --kill-child ] || set -- "$@" "$word"; done
( touch ${waits}; while [ ! -e ${go} ]; do sleep 0.02; done; [ ! -s ${go} ] || exec 3> ${waits}; exec /usr/bin/unshare "$@" ) &
wait`,
} as const;

(canIsolate ? test.each(['setpriv', 'unshare'] as const) : test.skip.each(['setpriv'] as const))(
  'a worker that is killed in the middle of a start, at its %s, leaves no process, and the command never begins',
  async (program) => {
    const directory = mkdtempSync(join(tmpdir(), 'sandcrew-late-'));
    const [go, waits, ran] = ['go', 'waits', 'ran'].map((name) => join(directory, name)) as [
      string,
      string,
      string,
    ];
    const script = `#!/bin/sh\n${STANDS_BEFORE[program](go, waits)}\n`;
    writeFileSync(join(directory, program), script, { mode: 0o755 });
    writeFileSync(go, '');
    const env = { PATH: `${directory}:${process.env.PATH}` };
    const worker = await startWorker(['--containment', 'pid-namespace'], undefined, { env });
    const manager = new SandboxManager({ workers: [{ url: worker.url, token: worker.token }] });
    await manager.connected();
    rmSync(go);
    rmSync(waits);
    const mark = `late-${process.pid}`;
    const end = endOf(
      manager.run({ command: `touch ${ran}; sleep 60`, env: { SANDCREW_ENDURANCE: `${mark}/t` } }),
    );
    await until('it is being started', () => existsSync(waits), 20_000);
    const dead = new Promise((resolve) => worker.process.once('exit', resolve));
    worker.process.kill('SIGKILL');
    await dead;
    expect(livingTasks(mark)).toEqual(['t']);
    writeFileSync(go, 'the worker is dead');
    await until('nothing of it lives', () => livingTasks(mark).length === 0, 20_000);
    expect(existsSync(ran)).toBe(false);
    await manager.close({ graceMs: 0 });
    expect((await end).code).toBe('CLOSED');
    await worker.stop(); // removes its files: the pipes that the command would have had must be there until now
    rmSync(directory, { recursive: true });
  },
  60_000,
);
