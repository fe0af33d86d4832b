/** Output: offsets, text and bytes, credit. */
import type { Citation } from '../core/check.js';
import { expectFields, expectSame, expectThat, Mismatch, Skipped } from '../core/mismatch.js';
import type { WireClient } from '../io/wire-client.js';
import type { WorkerCheck } from './worker-check.js';

const OUTPUT = 'Output';
const OFFSETS: Citation = [OUTPUT, '`offset + bytes` is the offset of the next chunk'];
const TEXT: Citation = [OUTPUT, 'A code point is never cut: its text belongs to the chunk that completes it'];
const FRAME: Citation = ['The binary frame', 'A chunk of output, in place of `task_output`.'];
const CREDIT: Citation = [
  OUTPUT,
  'The worker sends at most `welcome.limits.windowBytes` past the last ack of a task.',
];
const NEVER_STOPPED: Citation = [OUTPUT, 'The command itself is never stopped by a slow reader.'];
const ACKS: Citation = [OUTPUT, 'One that goes back is ignored, one inside a gap is valid.'];
const BEYOND: Citation = [
  OUTPUT,
  'One beyond what was sent, and a resume beyond the end, is `invalid_offset` and changes nothing.',
];
const GAP: Citation = [OUTPUT, 'Past that the oldest are dropped, and `output_gap` says exactly which.'];
const PLAIN: Citation = ['Who owns what', 'It gets all but `welcome`: text output, no credit window.'];
/** What a worker keeps for a task is tried only up to here, bytes. */
const MAX_RETAIN_TRIED = 67_108_864;

export const OUTPUT_CHECKS: readonly WorkerCheck[] = [
  {
    id: 'output.offsets',
    says: 'Chunks follow each other without a hole, and outputBytes is where they end.',
    cites: OFFSETS,
    run: async (bench) => {
      const client = await bench.plain();
      client.execute('t', 'seq 1 30000; seq 1 3000 >&2');
      const { outputBytes } = await client.terminal('t');
      expectSame('the end of the chunks', endOfChunks(client, 't'), outputBytes);
    },
  },
  {
    id: 'output.chunk-size',
    says: 'A chunk holds at most 64 KiB.',
    cites: [OUTPUT, 'A chunk holds at most `MAX_CHUNK_BYTES`.'],
    run: async (bench) => {
      const client = await bench.plain();
      client.execute('t', "head -c 600000 /dev/zero | tr '\\0' x");
      await client.terminal('t');
      const largest = Math.max(...client.chunks('t').map(({ bytes }) => Number(bytes)));
      expectThat(largest <= 65_536, 'at most 65536 bytes', largest);
      expectSame('all of the output', client.text('t').length, 600_000);
    },
  },
  {
    id: 'output.streams',
    says: 'The two streams are told apart.',
    cites: ['task_output', 'The stream of the command that the bytes came from.'],
    run: async (bench) => {
      const client = await bench.plain();
      client.execute('t', 'echo out; echo err >&2; echo out');
      await client.terminal('t');
      const of = (stream: string) =>
        client
          .chunks('t')
          .filter((one) => one['stream'] === stream)
          .map((one) => one['output'])
          .join('');
      expectSame('stdout', of('stdout'), 'out\nout\n');
      expectSame('stderr', of('stderr'), 'err\n');
    },
  },
  {
    id: 'output.code-points',
    says: 'A code point that comes in two parts is told whole, by the chunk that completes it.',
    cites: TEXT,
    run: async (bench) => {
      const client = await bench.plain();
      client.execute('t', "printf 'a\\342\\202'; sleep 0.3; printf '\\254z'");
      await client.terminal('t');
      expectSame('the text', client.text('t'), 'a\u20acz');
      expectSame('the end of the chunks', endOfChunks(client, 't'), 5);
    },
  },
  {
    id: 'output.streams-decoded',
    says: 'Each stream is decoded by itself.',
    cites: [OUTPUT, '`output` is UTF-8 decoded for each stream by itself'],
    run: async (bench) => {
      const client = await bench.plain();
      client.execute(
        't',
        "printf '\\342\\202'; sleep 0.2; printf '\\303' >&2; sleep 0.2; printf '\\254'; sleep 0.2; printf '\\274' >&2",
      );
      await client.terminal('t');
      const text = (stream: string) =>
        client
          .chunks('t')
          .filter((one) => one['stream'] === stream)
          .map((one) => one['output'])
          .join('');
      expectSame('both streams', [text('stdout'), text('stderr')], ['\u20ac', '\u00fc']);
    },
  },
  {
    id: 'output.invalid-bytes',
    says: 'Invalid bytes are U+FFFD, and counted as they were.',
    cites: [OUTPUT, 'Invalid bytes are U+FFFD too.'],
    run: async (bench) => {
      const client = await bench.plain();
      client.execute('t', "printf 'a\\377b'");
      expectFields(await client.terminal('t'), { outputBytes: 3 });
      expectSame('the text', client.text('t'), 'a\uFFFDb');
      expectSame('the end of the chunks', endOfChunks(client, 't'), 3);
    },
  },
  {
    id: 'output.cut-end',
    says: 'A code point that is cut by the end is told as U+FFFD.',
    cites: [
      OUTPUT,
      'of a stream the rest of a cut code point is told as U+FFFD, if need be by a chunk of no bytes',
    ],
    run: async (bench) => {
      const client = await bench.plain();
      client.execute('t', "printf 'a\\342\\202'");
      expectFields(await client.terminal('t'), { outputBytes: 3 });
      expectSame('the text', client.text('t'), 'a\uFFFD');
    },
  },
  {
    id: 'output.binary',
    says: 'After hello with binary the bytes come as they are, in frames.',
    cites: FRAME,
    run: async (bench) => {
      const { client } = await bench.manager({ output: 'binary' });
      client.execute('t', "printf '\\000\\377\\376\\033[31m'; printf 'err' >&2");
      await client.terminal('t');
      const of = (stream: string) =>
        Buffer.concat(
          client
            .chunks('t')
            .filter((one) => one['stream'] === stream)
            .map((one) => one['data'] as Buffer),
        ).toString('hex');
      expectSame('stdout', of('stdout'), '00fffe1b5b33316d');
      expectSame('stderr', of('stderr'), Buffer.from('err').toString('hex'));
      expectSame('chunks as text', client.received.filter(({ type }) => type === 'task_output').length, 0);
      expectSame('the end of the chunks', endOfChunks(client, 't'), 11);
    },
  },
  {
    id: 'output.window',
    says: 'No more than the window is sent past the last ack, and the end waits for all of the output.',
    cites: CREDIT,
    run: async (bench) => {
      const { client, welcome } = await bench.manager({ output: 'binary' });
      const windowBytes = windowOf(welcome);
      client.execute('t', `head -c ${windowBytes + 500_000} /dev/zero`);
      await client.until(() => endOfChunks(client, 't') >= windowBytes, 'a whole window');
      client.execute('after', 'sleep 0.3');
      await client.terminal('after');
      expectSame('what was sent without an ack', endOfChunks(client, 't'), windowBytes);
      const isEnded = client.received.some(({ type, taskId }) => type === 'task_complete' && taskId === 't');
      expectThat(!isEnded, 'no end before all of the output', 'a terminal message');
      client.send({ type: 'task_ack', taskId: 't', offset: windowBytes });
      expectFields(await client.terminal('t'), { outputBytes: windowBytes + 500_000 });
      expectSame('the end of the chunks', endOfChunks(client, 't'), windowBytes + 500_000);
    },
  },
  {
    id: 'output.ack-credit',
    says: 'An ack gives credit for as many bytes more as it says were taken.',
    cites: CREDIT,
    run: async (bench) => {
      const { client, welcome } = await bench.manager({ output: 'binary' });
      const windowBytes = windowOf(welcome);
      client.execute('t', `head -c ${2 * windowBytes} /dev/zero`);
      await client.until(() => endOfChunks(client, 't') === windowBytes, 'a whole window');
      client.send({ type: 'task_ack', taskId: 't', offset: 100_000 });
      await client.until(() => endOfChunks(client, 't') >= windowBytes + 100_000, '100000 bytes more');
      await client.settle();
      expectSame('what was sent', endOfChunks(client, 't'), windowBytes + 100_000);
    },
  },
  {
    id: 'output.never-stopped',
    says: 'A command is not stopped by a reader that acks nothing.',
    cites: NEVER_STOPPED,
    run: async (bench) => {
      const workspace = bench.workspace();
      const { client, welcome } = await bench.manager({ output: 'binary' });
      client.execute(
        't',
        `head -c ${windowOf(welcome) + 2_000_000} /dev/zero; echo done > finished; sleep 30`,
        {
          workspace,
        },
      );
      await client.until(() => endOfChunks(client, 't') === windowOf(welcome), 'a whole window');
      client.execute('wait', 'for i in $(seq 100); do [ -e finished ] && exit; sleep 0.05; done; exit 9', {
        workspace,
      });
      expectFields(await client.terminal('wait'), { exitCode: 0 });
    },
  },
  {
    id: 'output.ack-back',
    says: 'An ack that goes back is ignored.',
    cites: ACKS,
    run: async (bench) => {
      const { client, managerId } = await bench.manager();
      client.execute('t', 'echo hello');
      await client.terminal('t');
      client.send({ type: 'task_ack', taskId: 't', offset: 6 });
      client.send({ type: 'task_ack', taskId: 't', offset: 2 });
      await client.settle();
      expectSame('refusals', client.received.filter(({ type }) => type === 'protocol_error').length, 0);
      await client.cut();
      const { welcome } = await bench.manager({ managerId });
      const [task] = welcome['tasks'] as readonly object[];
      expectFields(task ?? {}, { taskId: 't', ackedOffset: 6 });
    },
  },
  {
    id: 'output.ack-beyond',
    says: 'An ack beyond what was sent is invalid_offset, and gives nothing.',
    cites: BEYOND,
    run: async (bench) => {
      const { client, welcome } = await bench.manager({ output: 'binary' });
      const windowBytes = windowOf(welcome);
      client.execute('t', `head -c ${2 * windowBytes} /dev/zero`);
      await client.until(() => endOfChunks(client, 't') === windowBytes, 'a whole window');
      client.send({ type: 'task_ack', taskId: 't', offset: windowBytes + 1 });
      expectFields(await client.refusal(), { code: 'invalid_offset', taskId: 't' });
      await client.settle();
      expectSame('what was sent', endOfChunks(client, 't'), windowBytes);
    },
  },
  {
    id: 'output.neighbours',
    says: 'A reader that does not ack one task gets the output of another.',
    cites: [OUTPUT, 'One slow reader thus costs neither memory nor the output of another task.'],
    run: async (bench) => {
      const { client, welcome } = await bench.manager();
      client.execute('slow', `head -c ${windowOf(welcome) + 100_000} /dev/zero | tr '\\0' x`);
      await client.until(() => endOfChunks(client, 'slow') === windowOf(welcome), 'a whole window');
      client.execute('quick', 'echo quick');
      await client.terminal('quick');
      expectSame('the output of the other', client.text('quick'), 'quick\n');
    },
  },
  {
    id: 'output.gap',
    says: 'What was dropped is told by output_gap, exactly; a gap uses no credit, and an ack inside it is valid.',
    cites: GAP,
    run: async (bench) => {
      const { client, welcome } = await bench.manager({ output: 'binary' });
      const windowBytes = windowOf(welcome);
      const retainBytes = Number((welcome['limits'] as Record<string, unknown>)['retainBytes']);
      if (retainBytes > MAX_RETAIN_TRIED)
        throw new Skipped(
          `it keeps ${retainBytes} bytes of a task; up to ${MAX_RETAIN_TRIED} would be tried`,
        );
      const workspace = bench.workspace();
      const total = retainBytes + 2 * windowBytes + 1_000_000;
      client.execute('t', `head -c ${total} /dev/zero; echo > written; sleep 0.5`, { workspace });
      await client.until(() => endOfChunks(client, 't') === windowBytes, 'a whole window');
      client.execute('wait', 'until [ -e written ]; do sleep 0.05; done; sleep 0.3', { workspace });
      await client.terminal('wait');
      client.send({ type: 'task_ack', taskId: 't', offset: windowBytes });
      const sentBytes = () => client.bytes('t').length;
      await client.until(() => sentBytes() >= 2 * windowBytes, 'a window more, beside the gap');
      client.send({ type: 'task_ack', taskId: 't', offset: windowBytes + 1 }); // inside the gap, or its neighbour
      await client.settle();
      expectSame('refusals', client.received.filter(({ type }) => type === 'protocol_error').length, 0);
      while (endOfChunks(client, 't') < total) {
        const end = endOfChunks(client, 't');
        client.send({ type: 'task_ack', taskId: 't', offset: end });
        await client.until(() => endOfChunks(client, 't') > end, 'the rest');
      }
      expectFields(await client.terminal('t'), { outputBytes: total });
      const most = retainBytes + windowBytes;
      expectThat(sentBytes() <= most, `at most ${most} bytes: a window and what is kept`, sentBytes());
    },
  },
  {
    id: 'output.plain-window',
    says: 'A plain client gets all of its output without an ack.',
    cites: PLAIN,
    run: async (bench) => {
      const client = await bench.plain();
      client.execute('t', "head -c 2500000 /dev/zero | tr '\\0' x");
      expectFields(await client.terminal('t'), { outputBytes: 2_500_000 });
      expectSame('the end of the chunks', endOfChunks(client, 't'), 2_500_000);
    },
  },
  {
    id: 'output.plain',
    says: 'A plain client gets text, and no welcome.',
    cites: PLAIN,
    run: async (bench) => {
      const client = await bench.plain();
      client.execute('t', 'echo hi');
      await client.terminal('t');
      const types = new Set(client.received.map(({ type }) => type).filter((type) => type !== 'heartbeat'));
      expectSame('the types of messages', [...types], ['execution_started', 'task_output', 'task_complete']);
    },
  },
];

function windowOf(welcome: Readonly<Record<string, unknown>>): number {
  return Number((welcome['limits'] as Record<string, unknown>)['windowBytes']);
}

/** Where the chunks of a task end. @throws {Mismatch} where one does not begin at the end of the one before. */
export function endOfChunks(client: WireClient, taskId: string, start = 0, fromIndex = 0): number {
  let end = start;
  for (const one of client.received.slice(fromIndex)) {
    if (one.taskId !== taskId) continue;
    if (one.type !== 'task_output' && one.type !== 'binary' && one.type !== 'output_gap') continue;
    if (one['offset'] !== end)
      throw new Mismatch(`a chunk at offset ${end}`, `one at ${String(one['offset'])}`);
    end += Number(one['bytes']);
  }
  return end;
}
