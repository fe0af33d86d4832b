/** Nothing that a task started lives on after its terminal message, whatever it did to get away. */
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { hasProgram, testIf } from '../needs.js';
import { type Client, isAlive, LEVELS, TestWorker, until } from '../worker-process.js';

const withPython = testIf(hasProgram('python3', '--version'), 'python3 (Debian: python3)');

/** Each leaves a process behind that bears `$NAME` in its argv and would sleep for a minute. */
const SLEEP = 'bash -c "exec -a $NAME sleep 60"';
const ESCAPEES: readonly [name: string, command: string, onlyNamespace?: true][] = [
  ['in the background', `${SLEEP} &`],
  ['under nohup', `nohup ${SLEEP} > /dev/null 2>&1 &`],
  ['that ignores SIGTERM', `bash -c 'trap "" TERM HUP; exec -a $NAME sleep 60' &`],
  ['in a session of its own', `setsid ${SLEEP} > /dev/null 2>&1 < /dev/null &`],
  ['forked twice', `(setsid ${SLEEP} > /dev/null 2>&1 < /dev/null &) & wait`],
  ['in the background with a cleaned environment', 'env -i bash -c "exec -a $NAME sleep 60" &'],
  ['that is stopped', `bash -c 'kill -STOP $$; exec -a $NAME sleep 60' & sleep 0.05`],
  [
    'forked twice with a cleaned environment',
    `(setsid env -i bash -c "exec -a $NAME sleep 60" > /dev/null 2>&1 < /dev/null &) & wait`,
    true,
  ],
];

describe.each(LEVELS)('%s', (containment) => {
  let worker: TestWorker;
  let client: Client;
  let count = 0;

  beforeAll(async () => {
    worker = await TestWorker.start(['--containment', containment]);
    client = await worker.manager();
  });
  afterAll(() => worker.stop());

  const held = ESCAPEES.filter(
    ([, , onlyNamespace]) => onlyNamespace !== true || containment !== 'process-group',
  );

  test.each(held)('a process %s does not outlive the command’s own end', async (_, command) => {
    const NAME = `escapee-${containment}-${process.pid}-${count++}`;
    const { terminal } = await client.run(`${command}\nsleep 0.1; exit 3`, { env: { NAME }, lingerMs: 0 });
    expect(terminal).toMatchObject({ type: 'task_complete', exitCode: 3 });
    expect(terminal.leftover).toBeGreaterThan(0);
    expect(livingNamed(NAME)).toEqual([]);
  });

  test.each(held)('a process %s does not outlive a terminate', async (_, command) => {
    const NAME = `escapee-${containment}-${process.pid}-${count++}`;
    const taskId = await client.start(`${command}\nsleep 0.1; echo ready; sleep 60`, { env: { NAME } });
    await client.output(taskId, 'ready');
    client.send({ type: 'terminate_task', taskId, graceMs: 100 });
    expect(await client.terminal(taskId)).toMatchObject({ type: 'task_error', code: 'terminated' });
    expect(livingNamed(NAME)).toEqual([]);
  });

  test.each(held)('a process %s does not outlive a worker that is killed', async (_, command) => {
    const NAME = `escapee-${containment}-${process.pid}-${count++}`;
    const victim = await TestWorker.start(['--containment', containment]);
    const manager = await victim.manager();
    const taskId = await manager.start(`${command}\nsleep 0.1; echo ready; exec -a ${NAME} sleep 60`, {
      env: { NAME },
    });
    await manager.output(taskId, 'ready');
    await until(() => livingNamed(NAME).length > 0);
    victim.run.kill('SIGKILL');
    await victim.run.ended;
    await until(() => livingNamed(NAME).length === 0, 1_000);
    victim.place.remove();
  });

  withPython('a process whose first thread has ended does not outlive the command’s own end', async () => {
    const script = [
      'import ctypes, os, threading, time',
      'os.setsid()',
      'threading.Thread(target=lambda: time.sleep(60)).start()',
      'time.sleep(0.1)',
      'print(os.getpid(), flush=True)',
      'ctypes.PyDLL(None).pthread_exit(None)',
    ].join('\n');
    const run = `python3 -c '${script}' & sleep 0.5; exit 3`;
    const { terminal } = await client.run(run, { lingerMs: 0 });
    expect(terminal).toMatchObject({ type: 'task_complete', exitCode: 3 });
    expect(terminal.leftover).toBeGreaterThan(0);
  });

  test('leftovers of one task are not those of another', async () => {
    const NAME = `escapee-${containment}-${process.pid}-${count++}`;
    const other = await client.start(`exec -a ${NAME} sleep 60`);
    await client.run('sleep 60 > /dev/null 2>&1 & true');
    expect(livingNamed(NAME)).toHaveLength(1);
    client.send({ type: 'terminate_task', taskId: other });
    await client.terminal(other);
  });
});

function livingNamed(name: string): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => isAlive(pid) && commandLineOf(pid).split('\0')[0] === name);
}

function commandLineOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
