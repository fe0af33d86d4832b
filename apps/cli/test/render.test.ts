import { PassThrough } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { type BlockInfo, type OutputChunk, SandboxError, type TaskResult } from '@sandcrew/manager';
import { renderWorker } from '#src/commands/health.js';
import { renderTasks } from '#src/commands/ps.js';
import { OutputSink } from '#src/output-sink.js';
import { type Answerer, blockEndSentence, blockSentence } from '#src/render/block-sentences.js';
import { JsonRenderer } from '#src/render/json-renderer.js';
import { durationWords, resultSentence } from '#src/render/sentences.js';
import { renderTable, sizeWords } from '#src/render/table.js';
import { TextRenderer } from '#src/render/text-renderer.js';

const PLAIN = { isOneStream: false, answerer: (): Answerer => 'nobody' };
const RESULT: TaskResult = {
  taskId: 't1',
  exitCode: 0,
  signal: null,
  stdout: '',
  stderr: '',
  stdoutOmittedBytes: 0,
  stderrOmittedBytes: 0,
  durationMs: 12,
  workerId: 'w1',
  attempts: 1,
  outputBytes: 4,
  gaps: [],
  leftover: 0,
  usage: { cpuMs: 1, maxMemoryBytes: 2 },
  history: [],
};
const BLOCK: BlockInfo = {
  taskId: 't1',
  workerId: 'w1',
  reason: 'waiting_for_input',
  confidence: 'confirmed',
  durationMs: 2_400,
  resourceUsage: {},
  recoverable: true,
  evidence: {
    summary: 'apt-get (pid 412) waits for input at the prompt "Proceed? [y/N]"',
    prompt: 'Proceed? [y/N]',
    password: false,
    process: 'apt-get',
    pid: 412,
  },
  action: 'report',
};

function sinkOf(isTTY: boolean): { sink: OutputSink; written: () => Buffer } {
  const stream = Object.assign(new PassThrough(), { isTTY });
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return { sink: new OutputSink(stream), written: () => Buffer.concat(chunks) };
}

function chunkOf(stream: 'stdout' | 'stderr', bytes: Uint8Array, offset = 0): OutputChunk {
  return { stream, bytes, offset, text: new TextDecoder().decode(bytes) };
}

describe('as text', () => {
  test('each stream goes to its own, byte for byte', async () => {
    const [out, err] = [sinkOf(false), sinkOf(false)];
    const renderer = new TextRenderer(out.sink, err.sink, { isColored: true, quietMs: 5_000, ...PLAIN });
    const odd = Uint8Array.of(0xff, 0x00, 0x1b, 0x5b, 0x0d, 0xc3);
    await renderer.output(chunkOf('stdout', odd));
    await renderer.output(chunkOf('stderr', Uint8Array.of(0xfe)));
    await renderer.ended({ kind: 'result', result: RESULT });
    expect([...out.written()]).toEqual([...odd]);
    expect([...err.written()]).toEqual([0xfe]);
  });

  test('an end that is not the command’s own is one sentence on stderr, unpainted in a pipe', async () => {
    const [out, err] = [sinkOf(false), sinkOf(false)];
    const renderer = new TextRenderer(out.sink, err.sink, { isColored: true, quietMs: 5_000, ...PLAIN });
    const error = new SandboxError<never>({ code: 'TIMED_OUT', message: 'It ran for 5 min.' });
    await renderer.ended({ kind: 'error', error });
    expect(out.written().length).toBe(0);
    expect(err.written().toString()).toBe('sandcrew: It ran for 5 min. Raise --timeout (0 = never).\n');
  });

  test.each([
    [true, '\x1b[2msandcrew: '],
    [false, 'sandcrew: '],
  ])('on a terminal, colored %p, its own words begin with %j', async (isColored, start) => {
    const err = sinkOf(true);
    const renderer = new TextRenderer(sinkOf(true).sink, err.sink, { isColored, quietMs: null, ...PLAIN });
    renderer.blockDetected(BLOCK);
    await renderer.ended({ kind: 'result', result: RESULT });
    expect(err.written().toString().startsWith(start)).toBe(true);
  });
});

describe('a long silence', () => {
  async function linesOf(isTTY: boolean, before: string): Promise<string> {
    const err = sinkOf(isTTY);
    const renderer = new TextRenderer(sinkOf(isTTY).sink, err.sink, {
      isColored: false,
      quietMs: 10,
      isOneStream: true,
      answerer: PLAIN.answerer,
    });
    await renderer.output(chunkOf('stdout', Buffer.from(before)));
    const deadlineMs = performance.now() + 100;
    while (err.written().length === 0 && performance.now() < deadlineMs) await new Promise(setImmediate);
    await renderer.output(chunkOf('stdout', Buffer.from('x')));
    await renderer.ended({ kind: 'result', result: RESULT });
    return err.written().toString();
  }

  test('is told on a terminal, and wiped away by the next output', async () => {
    const told = await linesOf(true, 'a line\n');
    expect(told.startsWith('\r\x1b[2Kno output for ')).toBe(true);
    expect(told.endsWith(' ms\r\x1b[2K')).toBe(true);
  });

  test('is not told in a pipe, nor over an unfinished line', async () => {
    expect(await linesOf(false, 'a line\n')).toBe('');
    expect(await linesOf(true, 'Proceed? ')).toBe('');
  });
});

describe('as JSON', () => {
  test('each event is a line, and one end tells the status', async () => {
    const out = sinkOf(false);
    const renderer = new JsonRenderer(out.sink, sinkOf(false).sink);
    renderer.started('t1', { workerId: 'w1', pid: 7, containment: 'process-group' });
    await renderer.output(chunkOf('stdout', Uint8Array.of(0x61, 0xff), 5));
    renderer.gap({ offset: 7, bytes: 10 });
    renderer.blockDetected(BLOCK);
    renderer.blockCleared('waiting_for_input', 3_000);
    await renderer.ended({ kind: 'result', result: { ...RESULT, exitCode: 3 } }, 3);
    const lines = out.written().toString().trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { event: 'started', taskId: 't1', workerId: 'w1', pid: 7, containment: 'process-group' },
      { event: 'output', stream: 'stdout', offset: 5, bytes: 2, text: 'a\ufffd' },
      { event: 'gap', offset: 7, bytes: 10 },
      { event: 'block', reason: 'waiting_for_input', confidence: 'confirmed' },
      { event: 'block_cleared', reason: 'waiting_for_input', durationMs: 3_000 },
      { event: 'end', status: 3, exitCode: 3, signal: null, error: null, durationMs: 12, outputBytes: 4 },
    ]);
  });

  test('an end that is not the command’s own carries the error', async () => {
    const out = sinkOf(false);
    const error = new SandboxError<never>({ code: 'REJECTED', detail: 'invalid_cwd', message: 'No.' });
    await new JsonRenderer(out.sink, sinkOf(false).sink).ended({ kind: 'error', error }, 125);
    expect(JSON.parse(out.written().toString())).toMatchObject({
      event: 'end',
      status: 125,
      exitCode: null,
      error: { code: 'REJECTED', detail: 'invalid_cwd', message: error.message },
    });
  });
});

test('a reader that has gone is a fault of the sink, and no write waits for it', async () => {
  const stream = new PassThrough();
  const sink = new OutputSink(stream);
  stream.destroy(Object.assign(new Error('broken pipe'), { code: 'EPIPE' }));
  await sink.write('x');
  await sink.write('y');
  expect(sink.fault?.code).toBe('EPIPE');
});

test('a sink takes no more than its reader does', async () => {
  const stream = new PassThrough({ highWaterMark: 1 });
  const sink = new OutputSink(stream);
  let taken = 0;
  const writing = (async () => {
    for (let i = 0; i < 10; i += 1) {
      await sink.write(Buffer.alloc(1_000));
      taken += 1;
    }
  })();
  await new Promise(setImmediate);
  expect(taken).toBeLessThan(10);
  stream.resume();
  await writing;
  expect(taken).toBe(10);
});

describe('a block', () => {
  const LOOP: BlockInfo = {
    ...BLOCK,
    reason: 'infinite_loop',
    confidence: 'suspected',
    evidence: { summary: 'python3 (pid 9) burns a CPU for 12 s' },
  };
  const TIMED_OUT = new SandboxError<never>({ code: 'TIMED_OUT', message: 'It ran for 5 min.' });

  function shownOn(isTTY: boolean, by: Answerer = 'nobody') {
    const { sink, written } = sinkOf(isTTY);
    const lineEnd = by === 'keys' ? '\r\n' : '\n';
    const options = {
      isColored: false,
      quietMs: null,
      isOneStream: isTTY,
      answerer: () => by,
      lineEnd,
    } as const;
    const renderer = new TextRenderer(isTTY ? sink : sinkOf(false).sink, sink, options);
    return { renderer, written: () => written().toString() };
  }

  test.each([
    [
      'nobody',
      'answer with --stdin, end its input with --on-block end-input, or run it with a flag that asks nothing',
    ],
    [
      'stdin',
      'write the answer to our stdin, end its input by closing that, or run it with a flag that asks nothing',
    ],
    [
      'spent-stdin',
      'our stdin has ended, so bring more answers on it, or run it with a flag that asks nothing',
    ],
    ['typist', 'type the answer, or end its input with Ctrl-D'],
    ['starter', 'only who started it can answer it; `sandcrew stop` ends it'],
  ] as const)('is one sentence with advice that is true where %s can answer', (by, advice) => {
    expect(blockSentence(BLOCK, by)).toBe(
      `blocked: waiting for input: "Proceed? [y/N]" (apt-get, pid 412); ${advice}.`,
    );
  });

  test('of a password says so, and never to write it into the command', () => {
    const block = { ...BLOCK, evidence: { ...BLOCK.evidence, prompt: 'Password:', password: true } };
    expect(blockSentence(block, 'nobody')).toBe(
      'blocked: waiting for a password: "Password:" (apt-get, pid 412); give it with --stdin (from a file, not in the command), or use a key or a flag so that none is asked for.',
    );
  });

  test('says what is done about it, instead of what to do', () => {
    expect(blockSentence({ ...BLOCK, action: 'end_input' }, 'nobody')).toMatch(/; its input is ended\.$/);
    expect(blockSentence({ ...BLOCK, action: 'terminate' }, 'nobody')).toMatch(/; it is being ended\.$/);
    expect(blockSentence(LOOP, 'nobody')).toMatch(
      /^perhaps blocked: infinite loop: python3 \(pid 9\) burns a CPU for 12 s; .*; Ctrl-C ends it, and --on-block terminate --suspected-after 30s does so by itself\.$/,
    );
    expect(blockSentence(LOOP, 'starter')).toMatch(/; `sandcrew stop t1` ends it\.$/);
  });

  test('stays one line, whatever the program calls itself', () => {
    const evidence = {
      ...BLOCK.evidence,
      process: 'a\nsandcrew: b\x1b[2J\u202ec',
      prompt: `${'x'.repeat(300)}`,
    };
    const sentence = blockSentence({ ...BLOCK, evidence }, 'nobody');
    expect(sentence).toContain('(a sandcrew: b [2J c, pid 412)');
    expect(sentence).toContain(`"${'x'.repeat(200)}…"`);
  });

  test('that is only suspected is told on a terminal, and not in a pipe', () => {
    const [terminal, pipe] = [shownOn(true), shownOn(false)];
    for (const { renderer } of [terminal, pipe]) {
      renderer.blockDetected(LOOP);
      renderer.blockCleared('infinite_loop', 20_000);
    }
    expect(terminal.written()).toMatch(/^sandcrew: perhaps blocked: infinite loop: .*\nsandcrew: no longer /);
    expect(pipe.written()).toBe('');
  });

  test('that was shown is withdrawn in a sentence, but not to who has just typed the answer', () => {
    const [pipe, typist] = [shownOn(false), shownOn(true, 'typist')];
    for (const { renderer } of [pipe, typist]) {
      renderer.blockDetected(BLOCK);
      renderer.blockCleared('waiting_for_input', 3_000);
    }
    expect(pipe.written()).toMatch(/\nsandcrew: no longer blocked: waiting for input is over after 3 s\.\n$/);
    expect(typist.written()).not.toContain('no longer');
  });

  test('at a prompt on our own screen begins a line, and is silent where that is joined to the task’s', async () => {
    const [lines, keys] = [shownOn(true, 'typist'), shownOn(true, 'keys')];
    for (const { renderer } of [lines, keys]) {
      await renderer.output(chunkOf('stdout', Buffer.from('Proceed? ')));
      renderer.blockDetected(BLOCK);
      renderer.blockDetected(LOOP);
    }
    expect(lines.written()).toMatch(/^Proceed\? \nsandcrew: blocked: .*\nsandcrew: perhaps blocked: /);
    expect(keys.written()).toBe('Proceed? ');
  });

  test.each([
    ['stdout that is another', 'stdout', false, ''],
    ['stdout that is the same', 'stdout', true, '\n'],
    ['stderr itself', 'stderr', false, 'Proceed? \n'],
  ] as const)(
    'begins a line of its own after a prompt on %s, also in a pipe',
    async (_what, stream, isOneStream, before) => {
      const err = sinkOf(false);
      const options = { ...PLAIN, isColored: false, quietMs: null, isOneStream };
      const renderer = new TextRenderer(sinkOf(false).sink, err.sink, options);
      await renderer.output(chunkOf(stream, Buffer.from('Proceed? ')));
      renderer.blockDetected(BLOCK);
      expect(err.written().toString().startsWith(`${before}sandcrew: blocked: `)).toBe(true);
    },
  );

  test('that ended the command is the last word, also where it was never shown', async () => {
    const error = new SandboxError<never>({
      code: 'BLOCKED',
      detail: 'infinite_loop',
      message: 'infinite_loop: python3 (pid 9) burns a CPU for 12 s',
    });
    const [known, unknown] = [shownOn(false), shownOn(false)];
    known.renderer.blockDetected(LOOP);
    for (const { renderer } of [known, unknown]) await renderer.ended({ kind: 'error', error });
    const said = `sandcrew: ${blockEndSentence(LOOP, 'nobody')}\n`;
    expect(said).toMatch(/: blocked and ended: infinite loop: python3 \(pid 9\) burns a CPU for 12 s; /);
    expect([known.written(), unknown.written()]).toEqual([said, said]);
  });

  test('that stood when the time was up is told beside it, also where it was only suspected', async () => {
    const { renderer, written } = shownOn(false);
    renderer.blockDetected(LOOP);
    await renderer.ended({ kind: 'error', error: TIMED_OUT });
    expect(written()).toBe(
      'sandcrew: It ran for 5 min. Raise --timeout (0 = never). It was perhaps blocked: infinite loop: python3 (pid 9) burns a CPU for 12 s.\n',
    );
  });
});

test('of an end of its own, only what the exit code does not say is told', () => {
  expect(resultSentence({ signal: null, leftover: 0 })).toBeNull();
  expect(resultSentence({ signal: 'SIGKILL', leftover: 0 })).toBe('The command was ended by SIGKILL.');
  expect(resultSentence({ signal: null, leftover: 2 })).toBe('2 processes that it left behind were ended.');
});

test.each([
  [800, '800 ms'],
  [12_900, '12 s'],
  [60_000, '1 min'],
  [185_000, '3 min 5 s'],
  [7_200_000, '2 h'],
  [7_800_000, '2 h 10 min'],
])('%d milliseconds are %s', (durationMs, words) => {
  expect(durationWords(durationMs)).toBe(words);
});

test('a table stands in columns', () => {
  expect(
    renderTable(
      ['TASK', 'STATE'],
      [
        ['t1', 'running'],
        ['task-22', 'x'],
      ],
    ),
  ).toBe('TASK     STATE\nt1       running\ntask-22  x\n');
  expect([512, 3_482, 1_048_576].map(sizeWords)).toEqual(['512 B', '3.4 KiB', '1.0 MiB']);
});

test('tasks are listed with their output and what nobody has read of it', () => {
  const task = {
    taskId: 't1',
    workerId: 'w1',
    state: 'running',
    ackedOffset: 512,
    endOffset: 1_536,
  } as const;
  expect(renderTasks([task])).toBe('TASK  STATE    OUTPUT   UNREAD\nt1    running  1.5 KiB  1.0 KiB\n');
});

test('a worker is told in lines, also where little is known of it', () => {
  const worker = {
    workerId: 'w1',
    url: 'ws://127.0.0.1:1',
    embedded: false,
    phase: 'connected',
    health: 'late',
    type: null,
    labels: { gpu: 'yes', zone: 'a' },
    containment: 'pid-namespace',
    enforcedLimits: ['memoryBytes', 'pids'],
    maxTasks: 16,
    taskIds: ['t1'],
    workspaces: [],
    load: null,
    draining: true,
    error: null,
  } as const;
  expect(renderWorker(worker)).toBe(
    [
      'worker      w1 at ws://127.0.0.1:1',
      'health      late, draining: it takes no new tasks',
      'type        unknown',
      'labels      gpu=yes zone=a',
      'containment pid-namespace',
      'limits      memoryBytes, pids',
      'tasks       1 of this manager, at most 16 in all',
      'host        not told yet',
      '',
    ].join('\n'),
  );
});
