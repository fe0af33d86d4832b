/** Nothing that a task started lives on after its terminal message, whatever it did to get away. */
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { hasProgram, testIf } from '../needs.js';
import { type Client, isAlive, LEVELS, TestWorker, until } from '../worker-process.js';

const withPython = testIf(hasProgram('python3', '--version'), 'python3 (Debian: python3)');

/** `npm run test:escape` tries each this often; the first time is enough to find a class that gets away. */
const ROUNDS = Number(process.env.ESCAPE_ROUNDS ?? 1);
/** After its terminal message, or the worker's death, nothing of a task lives so long, milliseconds. */
const GONE_MS = ROUNDS > 1 ? 1_000 : 5_000;

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
  [
    'that changes its pid all the time',
    `perl -MPOSIX -e '$0 = $ENV{NAME}; $t = time; while (time - $t < 60) { exit if fork; POSIX::setsid(); select undef, undef, undef, 0.005 }' > /dev/null 2>&1 < /dev/null &`,
    true,
  ],
  [
    'that moves to another control group',
    '(for file in /sys/fs/cgroup/cgroup.procs /sys/fs/cgroup/*/cgroup.procs; do echo $BASHPID > $file; done; exec -a $NAME sleep 60) 2> /dev/null &',
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
    await until(() => livingNamed(NAME).length === 0, GONE_MS);
    victim.place.remove();
  });

  /** What ends a task while all of its escapees live, and how long that may take. */
  const ENDS: readonly [name: string, end: (manager: Client, taskId: string) => void, more?: object][] = [
    [
      'its own end',
      (manager, taskId) => manager.send({ type: 'send_input', taskId, input: '\n' }),
      { lingerMs: 0 },
    ],
    ['a terminate', (manager, taskId) => manager.send({ type: 'terminate_task', taskId, graceMs: 50 })],
    ['its timeout', () => {}, { timeoutMs: 3_000 }],
    ['a forget', (manager, taskId) => manager.send({ type: 'forget_task', taskId })],
    ['a cut connection of a plain client', (manager) => manager.socket.terminate()],
  ];

  test.each(ENDS)(
    'all of them at once do not outlive %s',
    async (how, end, more = {}) => {
      for (let round = 0; round < ROUNDS; round++) {
        const isPlain = how.includes('plain');
        const manager = isPlain ? await worker.connect() : client;
        const NAME = `escapee-${containment}-${process.pid}-${count++}`;
        const all = held.map(([, command]) => `(${command}\n)\n`).join('');
        const taskId = await manager.start(`${all}echo ready; read -r line; exit 3`, {
          env: { NAME },
          stdin: 'pipe',
          ...more,
        });
        await manager.output(taskId, 'ready');
        // The one that is stopped never gets its name.
        if (how !== 'its timeout') await until(() => livingNamed(NAME).length >= held.length - 1, 20_000);
        end(manager, taskId);
        const isTold = !isPlain && how !== 'a forget';
        if (isTold) await manager.terminal(taskId);
        await until(() => livingNamed(NAME).length === 0, isTold ? GONE_MS : 5_000 + GONE_MS);
      }
    },
    30_000 * ROUNDS,
  );

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
    await until(() => livingNamed(NAME).length === 1);
    await client.run('sleep 60 > /dev/null 2>&1 & true');
    expect(livingNamed(NAME)).toHaveLength(1);
    client.send({ type: 'terminate_task', taskId: other });
    await client.terminal(other);
  });
});

test('a daemon forked twice with a cleaned environment gets away from process-group, and is left there', async () => {
  const worker = await TestWorker.start(['--containment', 'process-group']);
  const client = await worker.manager();
  const NAME = `escapee-free-${process.pid}`;
  // It has got away when it says so.
  const inside = 'touch away; exec -a $NAME sleep 60';
  const daemon = `(setsid env -i bash -c "${inside}" > /dev/null 2>&1 < /dev/null &) & wait`;
  await client.run(`${daemon}\nuntil [ -e away ]; do sleep 0.01; done`, { env: { NAME } });
  await until(() => livingNamed(NAME).length === 1);
  for (const pid of livingNamed(NAME)) process.kill(pid, 'SIGKILL');
  await worker.stop();
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
