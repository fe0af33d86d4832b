/** Commands on a PTY. */
import type { Citation } from '../core/check.js';
import { expectFields, expectSame, expectThat, Skipped } from '../core/mismatch.js';
import type { WireClient } from '../io/wire-client.js';
import type { WorkerBench } from '../worker-bench.js';
import type { WorkerCheck } from './worker-check.js';

const ON_A_TERMINAL: Citation = [
  'Commands',
  'With `pty` the command runs on a terminal; that implies an open stdin, and all of its output comes as `stdout`.',
];

export const TERMINAL_CHECKS: readonly WorkerCheck[] = [
  {
    id: 'terminals.size',
    says: 'The terminal has the size that was asked for.',
    cites: ON_A_TERMINAL,
    run: async (bench) => {
      const client = await onTerminal(bench, 'stty size');
      await client.terminal('t');
      expectSame('the output', client.text('t'), '40 100\r\n');
    },
  },
  {
    id: 'terminals.resize',
    says: 'resize_pty changes its size.',
    cites: ['resize_pty', 'Tells the new size of a PTY task’s terminal.'],
    run: async (bench) => {
      const client = await onTerminal(bench, 'read go; stty size');
      await client.next('execution_started', 't');
      client.send({ type: 'resize_pty', taskId: 't', cols: 120, rows: 50 });
      client.send({ type: 'send_input', taskId: 't', input: 'go\n' });
      await client.terminal('t');
      expectThat(client.text('t').includes('50 120\r\n'), 'the size 50 120', client.text('t'));
    },
  },
  {
    id: 'terminals.one-stream',
    says: 'All output of a terminal comes as stdout.',
    cites: ON_A_TERMINAL,
    run: async (bench) => {
      const client = await onTerminal(bench, 'test -t 1 && echo out; test -t 2 && echo err >&2');
      await client.terminal('t');
      const streams = new Set(client.chunks('t').map(({ stream }) => stream));
      expectSame('the output', client.text('t'), 'out\r\nerr\r\n');
      expectSame('the streams', [...streams], ['stdout']);
    },
  },
  {
    id: 'terminals.end',
    says: 'end sends ^D.',
    cites: ['Input', 'on a PTY it sends ^D'],
    run: async (bench) => {
      const client = await onTerminal(bench, 'stty -echo; echo up; cat; echo end');
      await client.until(() => client.text('t').includes('up'), 'the first line');
      client.send({ type: 'send_input', taskId: 't', input: 'line\n' });
      client.send({ type: 'send_input', taskId: 't', input: '', end: true });
      expectFields(await client.terminal('t'), { type: 'task_complete', exitCode: 0 });
      expectThat(client.text('t').endsWith('line\r\nend\r\n'), 'the line, and the end', client.text('t'));
    },
  },
  {
    id: 'terminals.foreground',
    says: 'On a terminal a signal goes to the foreground group.',
    cites: ['Commands', "on a PTY to the terminal's foreground group"],
    run: async (bench) => {
      // With job control the pipeline has a group of its own, and the shell is in another.
      const client = await onTerminal(
        bench,
        `set -m; trap 'echo shell' USR1; bash -c 'trap "echo job; exit 3" USR1; echo up; while :; do sleep 0.05; done'; echo "ended $?"`,
      );
      await client.until(() => client.text('t').includes('up'), 'the first line');
      client.send({ type: 'signal_task', taskId: 't', signal: 'SIGUSR1' });
      await client.terminal('t');
      expectThat(client.text('t').endsWith('job\r\nended 3\r\n'), 'the signal at the job', client.text('t'));
      expectThat(!client.text('t').includes('shell'), 'no signal at the shell', client.text('t'));
    },
  },
];

/** @throws {Skipped} where the worker has no terminals. */
async function onTerminal(bench: WorkerBench, command: string): Promise<WireClient> {
  const client = await bench.plain();
  client.execute('t', command, { pty: { cols: 100, rows: 40 } });
  const first = await client.next(['execution_started', 'task_error', 'protocol_error']);
  if (first['detail'] === 'pty_unavailable') throw new Skipped('this worker has no terminals');
  return client;
}
