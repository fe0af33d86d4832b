/** What a manager makes of a task: its output, its end, and what it may not be put off by. */
import type { Citation } from '../core/check.js';
import { expectSame, expectThat } from '../core/mismatch.js';
import type { ManagerBench } from '../manager-bench.js';
import type { ManagerCheck } from './manager-check.js';

const OUTPUT = 'Output';
const ENDS = 'How a task ends';
const COMPLETE: Citation = [
  ENDS,
  '`task_complete`: the command came to its own end, whatever its exit code.',
];
const NOT_ITS_OWN: Citation = [ENDS, '`task_error`: it did not.'];
const CREDIT: Citation = [
  OUTPUT,
  'The worker sends at most `welcome.limits.windowBytes` past the last ack of a task.',
];
const LARGE_BYTES = 3_145_728;
const WINDOW_BYTES = 1_048_576;
const CHUNK_BYTES = 65_536;

export const RUNNING_CHECKS: readonly ManagerCheck[] = [
  {
    id: 'running.command',
    says: 'It sends the command once.',
    cites: ['Who answers what', '`execution_started`, later the one terminal message'],
    run: async (bench) => {
      await playToEnd(bench, [['stdout', 'out\n']]);
      expectSame(
        'commands',
        bench.worker.received.filter(({ type }) => type === 'execute_command').length,
        1,
      );
    },
  },
  {
    id: 'running.output',
    says: 'It puts the chunks together, byte for byte.',
    cites: [OUTPUT, '`offset + bytes` is the offset of the next chunk'],
    run: async (bench) => {
      await playToEnd(bench, [
        ['stdout', 'one\n'],
        ['stdout', 'two, gr\u00fc\u00dfe\n'],
        ['stdout', 'three\n'],
      ]);
      expectSame('its stdout', bench.program.stdout.toString(), 'one\ntwo, gr\u00fc\u00dfe\nthree\n');
    },
  },
  {
    id: 'running.code-points',
    says: 'It takes a code point that comes in two chunks for one.',
    cites: [OUTPUT, 'A code point is never cut: its text belongs to the chunk that completes it'],
    run: async (bench) => {
      const { connection, taskId } = await bench.runUntilCommand();
      const { worker } = bench;
      worker.start(connection, taskId);
      const euro = Buffer.from('\u20ac');
      worker.output(connection, taskId, 0, euro.subarray(0, 2), { text: '' });
      worker.output(connection, taskId, 2, euro.subarray(2), { text: '\u20ac' });
      worker.complete(connection, taskId, 3);
      await bench.ended();
      expectSame('its stdout', bench.program.stdout.toString(), '\u20ac');
    },
  },
  {
    id: 'running.streams',
    says: 'It tells the two streams apart.',
    cites: ['task_output', 'The stream of the command that the bytes came from.'],
    run: async (bench) => {
      await playToEnd(bench, [
        ['stdout', 'to stdout\n'],
        ['stderr', 'to stderr\n'],
      ]);
      expectSame('its stdout', bench.program.stdout.toString(), 'to stdout\n');
      const stderr = bench.program.stderr.toString(); // where it may say things of its own
      expectThat(stderr.includes('to stderr\n'), 'a stderr with "to stderr"', stderr);
    },
  },
  {
    id: 'running.exit-0',
    says: 'It tells an exit with 0.',
    cites: COMPLETE,
    run: async (bench) => expectSame('its status', await playToEnd(bench, []), 0),
  },
  {
    id: 'running.exit-7',
    says: 'It tells another exit code: a non-zero exit is a result.',
    cites: COMPLETE,
    run: async (bench) => expectSame('its status', await playToEnd(bench, [], { exitCode: 7 }), 7),
  },
  {
    id: 'running.signal',
    says: 'It tells an end by a signal from an exit with 0.',
    cites: [ENDS, '`exitCode` and `signal` are both there, and one of them is null.'],
    run: async (bench) => {
      const status = await playToEnd(bench, [], { exitCode: null, signal: 'SIGKILL' });
      expectThat(status !== 0, 'a status that is not 0', status);
    },
  },
  {
    id: 'running.error',
    says: 'It takes a task_error for no success, even with an exit code of 0.',
    cites: NOT_ITS_OWN,
    run: async (bench) => {
      const { connection, taskId } = await bench.runUntilCommand();
      bench.worker.start(connection, taskId);
      const known = { exitCode: 0, signal: null, durationMs: 1, outputBytes: 0, usage: {}, leftover: 0 };
      bench.worker.send(connection, {
        type: 'task_error',
        taskId,
        code: 'timed_out',
        message: 'too slow',
        ...known,
      });
      expectThat((await bench.ended()) !== 0, 'a status that is not 0', 0);
    },
  },
  {
    id: 'running.rejected',
    says: 'It takes a rejected command for no success, and ends.',
    cites: [ENDS, '`rejected` and `spawn_failed` never ran.'],
    run: async (bench) => {
      const { connection, taskId } = await bench.runUntilCommand();
      const told = { code: 'rejected', detail: 'invalid_cwd', message: 'no such directory' } as const;
      bench.worker.send(connection, { type: 'task_error', taskId, ...told });
      expectThat((await bench.ended()) !== 0, 'a status that is not 0', 0);
    },
  },
  {
    id: 'running.unknown-fields',
    says: 'It ignores fields that it does not know.',
    cites: ['Versions', 'Within a major version receivers ignore fields that they do not know'],
    run: async (bench) => {
      bench.worker.extra = { future: { deep: [1] } };
      expectSame('its status', await playToEnd(bench, [['stdout', 'out\n']]), 0);
      expectSame('its stdout', bench.program.stdout.toString(), 'out\n');
    },
  },
  {
    id: 'running.news',
    says: 'It is not put off by heartbeats, blocks that come and go, and a second execution_started.',
    cites: [
      'Who answers what',
      'By itself a worker sends `task_output`, `output_gap`, `block_detected`, `block_cleared`, terminal messages, and a `heartbeat`',
    ],
    run: async (bench) => {
      const { connection, taskId } = await bench.runUntilCommand();
      const { worker } = bench;
      worker.start(connection, taskId);
      worker.heartbeat(connection);
      worker.start(connection, taskId);
      const block = {
        reason: 'no_progress',
        confidence: 'suspected',
        duration: 1_000,
        recoverable: true,
      } as const;
      worker.send(connection, {
        type: 'block_detected',
        taskId,
        ...block,
        resourceUsage: {},
        evidence: {},
        action: 'report',
      });
      worker.send(connection, { type: 'block_cleared', taskId, reason: 'no_progress', duration: 2_000 });
      worker.output(connection, taskId, 0, Buffer.from('out\n'));
      worker.complete(connection, taskId, 4);
      expectSame('its status', await bench.ended(), 0);
      expectSame('its stdout', bench.program.stdout.toString(), 'out\n');
    },
  },
  {
    id: 'running.acks',
    says: 'It acks what it takes, so that more than a window of output arrives.',
    cites: CREDIT,
    run: async (bench) => {
      await serveLarge(bench);
      const { stdout } = bench.program;
      expectSame('the bytes of its stdout', stdout.length, LARGE_BYTES);
      expectThat(stdout.equals(large()), 'the bytes as they were sent', 'others');
    },
  },
  {
    id: 'running.acks-sent',
    says: 'It never acks more than was sent.',
    cites: [
      OUTPUT,
      'One beyond what was sent, and a resume beyond the end, is `invalid_offset` and changes nothing.',
    ],
    run: async (bench) => {
      const beyond = await serveLarge(bench);
      expectSame('acks beyond what was sent', beyond, []);
    },
  },
  {
    id: 'running.gap',
    says: 'It goes on behind a gap, and does not tell what is left as the whole.',
    cites: [OUTPUT, 'A gap uses no credit.'],
    run: async (bench) => {
      const { connection, taskId } = await bench.runUntilCommand();
      const { worker } = bench;
      worker.start(connection, taskId);
      worker.output(connection, taskId, 0, Buffer.from('before\n'));
      worker.send(connection, { type: 'output_gap', taskId, offset: 7, bytes: 1_000_000 });
      worker.output(connection, taskId, 1_000_007, Buffer.from('behind\n'));
      worker.complete(connection, taskId, 1_000_014);
      await bench.ended();
      const text = bench.program.stdout.toString();
      expectThat(
        text.includes('before\n') && text.includes('behind\n'),
        'what came before and behind the gap',
        text,
      );
    },
  },
];

type Chunk = readonly [stream: 'stdout' | 'stderr', text: string];

/** Plays a command that writes `chunks` and ends; gives the status of the program. */
async function playToEnd(
  bench: ManagerBench,
  chunks: readonly Chunk[],
  end: { exitCode?: number | null; signal?: string | null } = {},
): Promise<number | null> {
  const { connection, taskId } = await bench.runUntilCommand();
  bench.worker.start(connection, taskId);
  let offset = 0;
  for (const [stream, text] of chunks) {
    const data = Buffer.from(text);
    bench.worker.output(connection, taskId, offset, data, { stream });
    offset += data.length;
  }
  bench.worker.complete(connection, taskId, offset, end);
  return bench.ended();
}

function large(): Buffer {
  return Buffer.from('0123456789abcde\n'.repeat(LARGE_BYTES / 16));
}

/** Serves more than a window, as acks allow; gives the acks that were beyond what was sent. */
async function serveLarge(bench: ManagerBench): Promise<number[]> {
  const { connection, taskId } = await bench.runUntilCommand();
  const { worker } = bench;
  const bytes = large();
  const beyond: number[] = [];
  let sent = 0;
  let acked = 0;
  const hasWindow = connection.received.some(({ type }) => type === 'hello');
  const pump = () => {
    while (sent < bytes.length && (!hasWindow || sent + CHUNK_BYTES <= acked + WINDOW_BYTES)) {
      worker.output(connection, taskId, sent, bytes.subarray(sent, sent + CHUNK_BYTES));
      sent += CHUNK_BYTES;
    }
  };
  worker.script = (_connection, message) => {
    if (message.type !== 'task_ack') return;
    if (message.offset > sent) beyond.push(message.offset);
    acked = Math.max(acked, Math.min(message.offset, sent));
    pump();
  };
  worker.start(connection, taskId);
  pump();
  await worker.until(() => sent >= bytes.length || bench.program.isEnded, 'acks for more than a window');
  worker.complete(connection, taskId, bytes.length);
  await bench.ended();
  return beyond;
}
