/** One table of lies and what comes of each: the liar loses its connection and its tasks, and nobody else anything. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { FakeWorker, type Sent, until } from '@sandcrew/testkit';
import { SandboxManager } from '#src/index.js';
import { faultOf } from './faults.js';

let liar: FakeWorker;
let good: FakeWorker;
let manager: SandboxManager;

beforeEach(async () => {
  liar = await FakeWorker.listen({ workerId: 'liar', welcome: { labels: { which: 'liar' } } });
  good = await FakeWorker.listen({ workerId: 'good', welcome: { labels: { which: 'good' } } });
});

afterEach(async () => {
  await manager.close({ graceMs: 0 });
  await liar.close();
  await good.close();
});

function manage(): void {
  manager = new SandboxManager({ workers: [liar.address, good.address], connectTimeoutMs: 10_000 });
}

const onLiar = { command: 'x', taskId: 't', requirements: { labels: { which: 'liar' } } };
const onGood = { command: 'x', taskId: 'g', requirements: { labels: { which: 'good' } } };

/** Whatever the liar does meanwhile, a task of the other worker goes on and ends. */
async function expectGoodUndisturbed(): Promise<void> {
  const task = manager.run(onGood);
  await good.next('execute_command');
  good.start('g');
  good.sendOutput('g', 0, 'well');
  good.complete('g', 4);
  expect(await task).toMatchObject({ stdout: 'well', workerId: 'good' });
  expect(good.upgrades).toBe(1);
}

const TASK = { taskId: 't', state: 'running', ackedOffset: 0, endOffset: 5 } as const;
const header = (first: number, length: number) => Buffer.from([first, length]);
const asOther = (message: Sent) =>
  liar.sendRaw(JSON.stringify({ ...message, workerId: 'somebody', timestamp: 1 }));
const END = { exitCode: 0, signal: null, durationMs: 1, usage: {}, leftover: 0 } as const;

/** Each is told after five bytes of output have come, and again on each connection. */
const LIES: readonly [what: string, told: RegExp, tell: () => void][] = [
  [
    'that speaks as another',
    /expected messages of liar, got one of somebody/,
    () => asOther({ type: 'task_complete', taskId: 't', outputBytes: 5, ...END }),
  ],
  [
    'that ends before what came',
    /expected task t to end after the 5 bytes that came, got 2/,
    () => liar.complete('t', 2),
  ],
  [
    'that fails before what came',
    /expected task t to end after the 5 bytes that came, got 0/,
    () => liar.send({ type: 'task_error', taskId: 't', code: 'timed_out', message: 'late', outputBytes: 0 }),
  ],
  [
    'that leaves out output',
    /expected output from offset 5, got it from 9/,
    () => liar.sendOutput('t', 9, 'x'),
  ],
  [
    'that leaves out a gap',
    /a gap in the output of t begins behind/,
    () => liar.send({ type: 'output_gap', taskId: 't', offset: 9, bytes: 1 }),
  ],
  [
    'whose gap ends nowhere',
    /a gap in the output of t begins behind/,
    () => liar.send({ type: 'output_gap', taskId: 't', offset: 5, bytes: Number.MAX_SAFE_INTEGER }),
  ],
  [
    'whose output ends nowhere',
    /expected output that ends at byte 9007199254740991 at the latest, got 5 bytes from 9007199254740991/,
    () => {
      liar.send({ type: 'output_gap', taskId: 't', offset: 5, bytes: Number.MAX_SAFE_INTEGER - 5 });
      liar.sendOutput('t', Number.MAX_SAFE_INTEGER, 'known');
    },
  ],
  [
    'that sends past its window',
    /past the last ack, got more/,
    () => {
      for (let i = 0; i < 20; i++) liar.sendOutput('t', 5 + i * 65_536, Buffer.alloc(65_536));
    },
  ],
  [
    'that sends output as text',
    /expected output as binary frames/,
    () => liar.send({ type: 'task_output', taskId: 't', stream: 'stdout', output: 'x', offset: 5, bytes: 1 }),
  ],
  ['that welcomes twice', /expected one welcome, got another/, () => liar.sayWelcome()],
  ['that sends no JSON', /expected JSON/, () => liar.sendRaw('nonsense')],
  ['that nests too deep', /nests at most 32 deep/, () => liar.sendRaw('['.repeat(500_000))],
  [
    'that sends a field out of its range',
    /\/pid expected a whole number/,
    () => liar.sendRaw('{"type":"execution_started","taskId":"t","pid":-1,"workerId":"liar","timestamp":1}'),
  ],
  ['that sends a foreign binary frame', /expected kind 1, got 9/, () => liar.sendRaw(Buffer.alloc(20, 9))],
  ['that sends too much in one', /Max payload/, () => liar.sendRaw(`"${'x'.repeat(1_048_576)}"`)],
  [
    'that sends too many fragments',
    /Too many message fragments/,
    () => liar.sendBytes(Buffer.concat([header(0x01, 0), ...Array(65).fill(header(0x00, 0))])),
  ],
  ['that masks', /MASK must be clear/, () => liar.sendBytes(Buffer.from([0x81, 0x80, 0, 0, 0, 0]))],
  ['that compresses', /RSV1 must be clear/, () => liar.sendBytes(Buffer.from([0xc1, 0x01, 0x00]))],
  ['that sends a ping too long', /invalid payload length/, () => liar.sendBytes(header(0x89, 126))],
  ['that sends no UTF-8', /invalid UTF-8/, () => liar.sendBytes(Buffer.from([0x81, 0x01, 0xff]))],
  ['that sends an unknown opcode', /invalid opcode/, () => liar.sendBytes(header(0x83, 0))],
];

describe('a worker', () => {
  test.each(LIES)(
    '%s is cut off, and the third time its task is lost with what is known',
    async (_, told, tell) => {
      liar.script = (message) => {
        if (message.type === 'execute_command') {
          liar.start('t');
          liar.sendOutput('t', 0, 'known');
          liar.welcome = { ...liar.welcome, tasks: [TASK] };
        }
        const isBack = message.type === 'hello' && message.resume !== undefined;
        if (message.type === 'execute_command' || isBack) tell();
      };
      manage();
      const faults: string[] = [];
      manager.on('workerDisconnected', (_worker, error) => faults.push(`${error.code}: ${error.message}`));
      const task = manager.run(onLiar);
      task.output[Symbol.asyncIterator](); // what is not read is not acknowledged
      const error = await faultOf(task);
      expect(error).toMatchObject({ code: 'LOST', detail: 'may_have_run' });
      expect(error.result?.stdout.slice(0, 5)).toBe('known');
      expect(faults).toHaveLength(3);
      expect(faults[0]).toMatch(/^WORKER_MISBEHAVED: /);
      expect(faults[0]).toMatch(told);
      await expectGoodUndisturbed();
      expect(manager.getHealth().workers[0]).toMatchObject({ phase: 'refused' });
    },
  );

  test.each<[string, RegExp, object]>([
    ['of another major version', /expected protocol 1/, { protocol: '2.0' }],
    [
      'with a window without end',
      /a window of at most/,
      { limits: { maxPayloadBytes: 1, windowBytes: 2 ** 40, retainBytes: 1 } },
    ],
    ['with a task twice', /each task once, got t again/, { tasks: [TASK, TASK] }],
    [
      'that has more acknowledged than there is',
      /acknowledged up to its end 5, got up to 6/,
      { tasks: [{ ...TASK, ackedOffset: 6 }] },
    ],
    [
      'with very many labels',
      /at most 256 labels, got 300/,
      { labels: Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`l${n}`, ''])) },
    ],
    ['with an endless label', /at most 1024 characters, got 5000/, { labels: { a: 'x'.repeat(5_000) } }],
    ['of an endless type', /at most 1024 characters, got 5000/, { workerType: 'x'.repeat(5_000) }],
    [
      'with tasks without end',
      /Max payload/,
      { tasks: Array.from({ length: 20_000 }, (_, n) => ({ ...TASK, taskId: `t${n}` })) },
    ],
  ])('whose welcome is one %s is given no task', async (_, told, welcome) => {
    liar.welcome = welcome;
    manage();
    const error = await faultOf(manager.run(onLiar));
    expect(error.code).toBe('WORKER_MISBEHAVED');
    expect(error.message).toMatch(told);
    expect(liar.count('execute_command')).toBe(0);
    await expectGoodUndisturbed();
  });

  test.each<[string, RegExp, () => void]>([
    [
      'with less output than came',
      /expected task t to have 5 bytes, which came, got 2/,
      () => {
        liar.welcome = { tasks: [{ ...TASK, endOffset: 2 }] };
        liar.sayWelcome();
      },
    ],
    [
      'under another name, though it has not restarted',
      /expected liar again, which has not restarted, got somebody/,
      () => {
        const { sendRaw } = liar;
        liar.sendRaw = (frame) => {
          liar.sendRaw = sendRaw;
          liar.sendRaw(String(frame).replace('"workerId":"liar"', '"workerId":"somebody"'));
        };
        liar.sayWelcome();
      },
    ],
  ])('that comes back %s loses its tasks', async (_, told, sayWelcome) => {
    await liar.close();
    liar = await FakeWorker.listen({
      workerId: 'liar',
      welcomes: false,
      welcome: { labels: { which: 'liar' } },
    });
    liar.script = (message) => {
      if (message.type === 'hello' && message.resume === undefined) liar.sayWelcome();
      else if (message.type === 'hello') sayWelcome();
      if (message.type !== 'execute_command') return;
      liar.start('t');
      liar.sendOutput('t', 0, 'known');
      liar.hangUp(1_011, 'broken');
    };
    manage();
    const faults: string[] = [];
    manager.on('workerDisconnected', (_worker, error) => faults.push(error.message));
    const error = await faultOf(manager.run(onLiar));
    expect(error).toMatchObject({ code: 'LOST', result: { stdout: 'known' } });
    expect(faults[1]).toMatch(told);
    await expectGoodUndisturbed();
  });

  test.each<[string, () => void]>([
    ['an ack of input that was never sent', () => liar.send({ type: 'input_ack', taskId: 't', offset: 99 })],
    ['the end of a task that it does not have', () => liar.complete('g', 0, 3)],
    ['output of a task that it does not have', () => liar.sendOutput('g', 0, 'lies')],
    ['a start twice', () => liar.start('t')],
    ['a workspace gone that nobody removed', () => liar.send({ type: 'workspace_removed', workspace: 'w' })],
    ['pongs that nobody asked for', () => liar.send({ type: 'pong', id: 'x' })],
    [
      'a refusal of nothing',
      () => liar.send({ type: 'protocol_error', code: 'unknown_task', message: 'x', taskId: 'g' }),
    ],
    [
      'blocks without end',
      () => {
        for (let count = 0; count < 2_000; count++) {
          liar.send({
            type: 'block_detected',
            taskId: 't',
            reason: 'lock_wait',
            confidence: 'suspected',
            duration: 1,
            resourceUsage: {},
            recoverable: false,
            evidence: { summary: 'x'.repeat(5_000) },
            action: 'report',
          });
          liar.send({ type: 'block_cleared', taskId: 't', reason: 'lock_wait', duration: 1 });
        }
      },
    ],
  ])('that tells %s is not listened to', async (_, tell) => {
    good.script = (message) => message.type === 'execute_command' && good.start('g');
    liar.script = (message) => {
      if (message.type !== 'execute_command') return;
      liar.start('t');
      tell();
      liar.sendOutput('t', 0, 'known');
      liar.complete('t', 5);
      liar.complete('t', 5, 1); // and an end twice is told once
    };
    manage();
    const other = manager.run(onGood);
    await other.started;
    const task = await manager.run(onLiar);
    expect(task).toMatchObject({ stdout: 'known', exitCode: 0 });
    expect(JSON.stringify(task.history).length).toBeLessThan(200_000);
    good.complete('g', 0);
    expect(await other).toMatchObject({ exitCode: 0, stdout: '' });
    expect([liar.upgrades, good.upgrades]).toEqual([1, 1]);
  });

  test('that removes another workspace than was asked for has not answered', async () => {
    manage();
    await manager.connected(liar.url);
    liar.script = (message) => {
      if (message.type !== 'remove_workspace') return;
      liar.send({ type: 'workspace_removed', workspace: 'another' });
      liar.send({ type: 'protocol_error', code: 'workspace_busy', message: 'a task runs in it' });
    };
    expect(await faultOf(manager.removeWorkspace('app', 'liar'))).toMatchObject({ code: 'WORKSPACE_BUSY' });
  });

  test('whose words steer a terminal, or have no end, is shown without', async () => {
    liar.script = (message) => {
      if (message.type !== 'execute_command') return;
      const words = `\u001b[2Jgone\u202e${'x'.repeat(500_000)}`;
      liar.send({ type: 'task_error', taskId: 't', code: 'spawn_failed', message: words });
    };
    manage();
    const error = await faultOf(manager.run(onLiar));
    expect(error.message).toMatch(/^\uFFFD\[2Jgone\uFFFDx{100}/);
    expect(error.message.length).toBeLessThan(2_200);
  });

  test('that calls itself as another does is not taken for it', async () => {
    await liar.close();
    liar = await FakeWorker.listen({ workerId: 'good' });
    manage();
    await until('both are there', () =>
      manager.getHealth().workers.every(({ phase }) => phase === 'connected'),
    );
    expect(await faultOf(manager.listTasks('good'))).toMatchObject({ code: 'UNKNOWN_WORKER' });
    expect(await manager.listTasks(good.url)).toEqual([]);
  });
});
