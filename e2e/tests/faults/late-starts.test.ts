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

(canIsolate ? test : test.skip)(
  'a worker that is killed in the middle of a start leaves no process, and the command never begins',
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'sandcrew-late-'));
    const [go, waits, ran] = ['go', 'waits', 'ran'].map((name) => join(directory, name)) as [
      string,
      string,
      string,
    ];
    // Stands before the program that ties a command's life to its worker's: it goes on when the test says so.
    const setpriv = `#!/bin/sh\ntouch ${waits}\nwhile [ ! -e ${go} ]; do sleep 0.02; done\nexec /usr/bin/setpriv "$@"\n`;
    writeFileSync(join(directory, 'setpriv'), setpriv, { mode: 0o755 });
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
    writeFileSync(go, '');
    await until('nothing of it lives', () => livingTasks(mark).length === 0, 20_000);
    expect(existsSync(ran)).toBe(false);
    await manager.close({ graceMs: 0 });
    expect((await end).code).toBe('CLOSED');
    await worker.stop(); // removes its files: the pipes that the command would have had must be there until now
    rmSync(directory, { recursive: true });
  },
  60_000,
);
