/** A command on a terminal: size, keys, signals, and no byte of its output lost. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Client, LEVELS, TestWorker } from '../worker-process.js';

const pty = { cols: 91, rows: 17 };

describe.each(LEVELS)('%s', (containment) => {
  let worker: TestWorker;
  let client: Client;

  beforeAll(async () => {
    worker = await TestWorker.start(['--containment', containment]);
    client = await worker.manager();
  });
  afterAll(() => worker.stop());

  test('all three streams are the terminal, of the asked size, and output is one stream', async () => {
    const { stdout, stderr, terminal } = await client.run(
      '[ -t 0 ] && [ -t 1 ] && [ -t 2 ] && stty size; echo err >&2; echo $TERM',
      { pty },
    );
    expect(stdout.toString()).toBe('17 91\r\nerr\r\nxterm-256color\r\n');
    expect(stderr.length).toBe(0);
    expect(terminal).toMatchObject({ type: 'task_complete', exitCode: 0 });
  });

  test('it is the controlling terminal', async () => {
    const { stdout } = await client.run('echo by name > /dev/tty; ps -o tty= -p $$', { pty });
    // Under bubblewrap /dev/pts is for the task's own terminals, and this one stands beside it.
    const name = containment === 'bubblewrap' ? /^by name\r\npts\d+\s*$/ : /^by name\r\npts\/\d+\s*$/;
    expect(stdout.toString()).toMatch(name);
  });

  test('a new size is seen, with SIGWINCH', async () => {
    const taskId = await client.start(
      'trap "stty size; exit" WINCH; echo ready; while :; do sleep 0.01; done',
      { pty },
    );
    await client.output(taskId, 'ready');
    client.send({ type: 'resize_pty', taskId, cols: 120, rows: 50 });
    const { stdout } = await client.outcome(taskId);
    expect(stdout.toString()).toBe('ready\r\n50 120\r\n');
  });

  test('input is typed, echoed, and ended by ^D', async () => {
    const taskId = client.execute('cat', { pty });
    client.send({ type: 'send_input', taskId, input: 'hello\n' });
    await client.output(taskId, 'hello\r\nhello\r\n');
    client.send({ type: 'send_input', taskId, input: '', end: true });
    expect(await client.terminal(taskId)).toMatchObject({ type: 'task_complete', exitCode: 0 });
  });

  test('^C reaches the foreground job', async () => {
    const taskId = await client.start(
      'trap "echo caught; exit 9" INT; echo ready; while :; do sleep 0.01; done',
      { pty },
    );
    await client.output(taskId, 'ready');
    client.send({ type: 'send_input', taskId, input: '\u0003' });
    expect(await client.terminal(taskId)).toMatchObject({ exitCode: 9 });
  });

  test('a signal goes to the foreground group', async () => {
    const taskId = await client.start(
      'set -m; bash -c \'trap "echo inner; exit 5" USR1; echo ready; while :; do sleep 0.01; done\'; echo outer $?',
      { pty },
    );
    await client.output(taskId, 'ready');
    client.send({ type: 'signal_task', taskId, signal: 'SIGUSR1' });
    const { stdout } = await client.outcome(taskId);
    expect(stdout.toString()).toMatch(/inner\r\nouter 5\r\n$/);
  });

  test('500 ends of `seq 1 2000` lose no byte of their tails', async () => {
    let left = 500;
    const wrong: number[] = [];
    const runOn = async () => {
      while (left-- > 0) {
        const { stdout, terminal } = await client.run(['seq', '1', '2000'], { pty });
        client.send({ type: 'forget_task', taskId: terminal.taskId });
        if (stdout.length !== 10_893 || !stdout.toString().endsWith('1999\r\n2000\r\n'))
          wrong.push(stdout.length);
      }
    };
    await Promise.all(Array.from({ length: 6 }, runOn));
    expect(wrong).toEqual([]);
  }, 240_000);
});
