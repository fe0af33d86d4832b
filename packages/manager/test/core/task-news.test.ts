/** What a worker tells of a task: that it runs, how it ended, and what it would not take. */
import { describe, expect, test } from '@jest/globals';
import type { Effect } from '#src/core/effect.js';
import { judgeChunk, noteAcked, noteTaken } from '#src/core/output-cursor.js';
import { ManagerMachine, only, sent } from './manager-machine.js';

const GRACE_MS = 5_000;
const LINGER_MS = 2_000;
const MARGIN_MS = 10_000;

/** A task at a worker. */
function assigned(fields = '', welcome = ''): ManagerMachine {
  const machine = ManagerMachine.connected(welcome);
  machine.happen(`task_submitted task=t1 ${fields}`.trim());
  return machine;
}

function running(fields = '', welcome = ''): ManagerMachine {
  const machine = assigned(fields, welcome);
  machine.happen('execution_started');
  return machine;
}

const outcome = (effects: readonly Effect[]) => only(effects, 'settle_task')[0]?.outcome;

describe('a start', () => {
  test('is told once, with where and how, and opens the way of its input', () => {
    const machine = assigned();
    expect(machine.happen('execution_started')).toEqual([
      expect.objectContaining({ type: 'set_timer' }),
      {
        type: 'tell_started',
        taskId: 't1',
        attempt: 1,
        start: { workerId: 'w1', pid: 1, containment: 'process-group' },
      },
      { type: 'open_input', taskId: 't1', workerKey: 'w1' },
    ]);
    expect(machine.task().state).toBe('running');
    expect(machine.happen('execution_started')).toEqual([]);
  });

  test('gives its worker the timeout, the grace, what it leaves behind and 10 s to say how it ended', () => {
    expect(assigned().timers['task t1']).toBe(60_000);
    expect(running('timeout=7000 linger=500').timers['task t1']).toBe(7_000 + GRACE_MS + 500 + MARGIN_MS);
    expect(running().timers['task t1']).toBe(300_000 + GRACE_MS + LINGER_MS + MARGIN_MS);
    expect(running('timeout=0').timers).not.toHaveProperty('task t1');
  });

  test('of a task that is being ended changes nothing about its end', () => {
    const machine = assigned();
    machine.happen('stop_asked grace=1000', 'execution_started');
    expect(machine.task().state).toBe('terminating');
    expect(machine.timers['task t1']).toBe(1_000 + LINGER_MS + MARGIN_MS);
  });

  test('that fell into a cut with its end is told with the end, without a pid', () => {
    const ended = assigned().happen('task_complete');
    expect(only(ended, 'tell_started')).toMatchObject([{ attempt: 1, start: { workerId: 'w1', pid: null } }]);
    expect(only(running().happen('task_complete'), 'tell_started')).toEqual([]);
  });

  test('that is not told within a minute loses the task', () => {
    const late = assigned().happen('pass ms=30000', 'pong', 'pass ms=30000');
    expect(outcome(late)?.fault).toMatchObject({ code: 'LOST', detail: 'may_have_run' });
    expect(outcome(late)?.fault?.message).toContain('w1 did not answer execute_command in time.');
  });
});

describe('an end', () => {
  test('is told with all that its worker knows of it, and with the task’s history', () => {
    const machine = new ManagerMachine();
    machine.happen(
      'pass ms=500',
      'worker_named',
      'connection_opened',
      'welcome',
      'task_submitted',
      'pass ms=10',
    );
    machine.happen('execution_started', 'pass ms=90');
    expect(outcome(machine.happen('task_complete bytes=0'))).toEqual({
      workerId: 'w1',
      attempts: 1,
      gaps: [],
      receivedOffset: 0,
      fault: null,
      end: { exitCode: 0, signal: null, durationMs: 1, outputBytes: 0, usage: {}, leftover: 0 },
      history: [
        { afterMs: 0, state: 'queued', attempt: 0, workerId: null },
        { afterMs: 0, state: 'assigned', attempt: 1, workerId: 'w1' },
        { afterMs: 10, state: 'running', attempt: 1, workerId: 'w1' },
        { afterMs: 100, state: 'completed', attempt: 1, workerId: 'w1' },
      ],
    });
    expect(machine.timers).not.toHaveProperty('task t1');
  });

  test.each([
    ['code=spawn_failed detail=command_not_found', 'SPAWN_FAILED', 'command_not_found'],
    ['code=timed_out', 'TIMED_OUT', undefined],
    ['code=blocked reason=deadlock', 'BLOCKED', 'deadlock'],
    ['code=memory_exhausted', 'MEMORY_EXHAUSTED', undefined],
    ['code=worker_shutdown', 'WORKER_SHUTDOWN', undefined],
    ['code=orphaned', 'ORPHANED', undefined],
    ['code=terminated', 'TERMINATED', undefined],
  ])('by %s is %s, and is read before its worker drops it', (fields, code, detail) => {
    const machine = running();
    machine.isRead = false;
    const ended = machine.happen(`task_error ${fields} said=because`);
    expect(outcome(ended)).toMatchObject({ end: {}, fault: { code } });
    expect(outcome(ended)?.fault?.detail).toBe(detail);
    expect(Object.keys(outcome(ended)?.end ?? {})).toEqual([]);
    expect(sent(ended)).toEqual([]);
    expect(sent(machine.happen('reading_ended'))).toEqual([{ type: 'forget_task', taskId: 't1' }]);
    expect(sent(machine.happen('reading_ended'))).toEqual([]);
  });

  test('by a refusal of the command leaves nothing at the worker that it could drop', () => {
    const refused = assigned().happen('task_error code=rejected detail=invalid_cwd said=because');
    expect(outcome(refused)?.fault).toEqual({ code: 'REJECTED', detail: 'invalid_cwd', message: 'because' });
    expect(sent(refused)).toEqual([]);
  });

  test('is shown without what would steer a terminal', () => {
    expect(outcome(running().happen('task_error code=timed_out said=\u001b[31mred'))?.fault?.message).toBe(
      '\ufffd[31mred',
    );
  });

  test.each([
    ['queued', ['stop_asked task=t2'], 't2', 'cancelled', 'CANCELLED'],
    ['assigned', ['task_error task=t1 code=spawn_failed'], 't1', 'failed', 'SPAWN_FAILED'],
    ['running', ['execution_started', 'task_complete'], 't1', 'completed', undefined],
    ['running', ['execution_started', 'task_error'], 't1', 'failed', 'TIMED_OUT'],
    ['blocked', ['execution_started', 'block_detected', 'task_complete'], 't1', 'completed', undefined],
    ['blocked', ['execution_started', 'block_detected', 'task_error'], 't1', 'failed', 'TIMED_OUT'],
    ['terminating', ['execution_started', 'stop_asked', 'task_complete'], 't1', 'completed', undefined],
    ['terminating', ['stop_asked', 'task_error code=terminated'], 't1', 'cancelled', 'TERMINATED'],
    ['terminating', ['stop_asked', 'task_error code=rejected'], 't1', 'cancelled', 'CANCELLED'],
    ['terminating', ['stop_asked', 'task_error code=rejected detail=busy'], 't1', 'cancelled', 'CANCELLED'],
    ['terminating', ['stop_asked by=close', 'task_error code=rejected'], 't1', 'cancelled', 'CLOSED'],
    [
      'terminating',
      ['stop_asked', 'close_asked', 'task_error code=terminated'],
      't1',
      'cancelled',
      'TERMINATED',
    ],
    ['terminating', ['execution_started', 'stop_asked', 'task_error'], 't1', 'failed', 'TIMED_OUT'],
    ['unknown', ['execution_started', 'connection_lost', 'pass ms=300000'], 't1', 'failed', 'LOST'],
    ['assigned', ['task_complete'], 't1', 'completed', undefined],
    ['assigned', ['command_unsent', 'stop_asked'], 't1', 'cancelled', 'CANCELLED'],
    ['terminating', ['stop_asked', 'command_unsent'], 't1', 'cancelled', 'CANCELLED'],
  ])('of a task that is %s after %j: %s is %s, %s', (_before, lines, taskId, state, code) => {
    const machine = assigned();
    machine.happen('task_submitted task=t2');
    const settled = only(machine.happen(...lines), 'settle_task').find((effect) => effect.taskId === taskId);
    expect(settled?.outcome.history.at(-1)?.state).toBe(state);
    expect(settled?.outcome.fault?.code).toBe(code);
  });

  test('that comes before all of the output has it sent again, once; what is then missing is a gap', () => {
    const machine = running();
    const { cursor } = machine.task();
    judgeChunk(cursor, 0, 6);
    noteTaken(cursor, 4, 4);
    const early = machine.happen('task_complete bytes=9');
    expect(sent(early)).toEqual([{ type: 'resume_task', taskId: 't1', offset: 4 }]);
    expect(outcome(early)).toBeUndefined();
    const again = machine.happen('task_complete bytes=9');
    expect(only(again, 'tell_gap')).toEqual([
      { type: 'tell_gap', taskId: 't1', workerId: 'w1', gap: { offset: 6, bytes: 3 } },
    ]);
    expect(outcome(again)).toMatchObject({ gaps: [{ offset: 6, bytes: 3 }], receivedOffset: 9, fault: null });
  });

  test('of an error, too, waits for the output that came before it', () => {
    const machine = running();
    expect(sent(machine.happen('task_error bytes=9'))).toMatchObject([{ type: 'resume_task', offset: 0 }]);
    judgeChunk(machine.task().cursor, 0, 9);
    expect(outcome(machine.happen('task_error bytes=9'))?.fault?.code).toBe('TIMED_OUT');
  });

  test('that was told, and whose output went with its worker, is lost as completed_output_lost', () => {
    const machine = running();
    machine.happen('task_complete bytes=9', 'connection_lost', 'connection_opened');
    expect(outcome(machine.happen('welcome boot=b2'))?.fault).toMatchObject({
      code: 'LOST',
      detail: 'completed_output_lost',
    });
    for (const state of ['complete', 'error']) {
      const listed = running();
      listed.happen('connection_lost', 'connection_opened', `welcome tasks=t1:${state}`, 'connection_lost');
      expect(outcome(listed.happen('connection_opened', 'welcome boot=b2'))?.fault?.detail).toBe(
        'completed_output_lost',
      );
    }
    const runs = running();
    runs.happen('connection_lost', 'connection_opened', 'welcome tasks=t1', 'connection_lost');
    expect(outcome(runs.happen('connection_opened', 'welcome boot=b2'))?.fault?.detail).toBe('may_have_run');
  });
});

describe('a worker that is late with an end', () => {
  test('and waits for the reader of the output is not blamed, as long as it does', () => {
    const machine = running('timeout=1000', 'window=100000');
    const { cursor } = machine.task();
    judgeChunk(cursor, 0, 60_000, 100_000);
    expect(outcome(machine.happen('pass ms=18000'))).toBeUndefined();
    expect(machine.timers['task t1']).toBe(MARGIN_MS);
    noteTaken(cursor, 60_000, 60_000);
    noteAcked(cursor);
    expect(outcome(machine.happen('pass ms=10000'))?.fault?.code).toBe('TIMED_OUT');
  });
});

describe('output that is gone', () => {
  test('is told where it is new, and not again', () => {
    const machine = running();
    expect(only(machine.happen('output_gap offset=0 bytes=5'), 'tell_gap')).toEqual([
      { type: 'tell_gap', taskId: 't1', workerId: 'w1', gap: { offset: 0, bytes: 5 } },
    ]);
    expect(machine.happen('output_gap offset=0 bytes=5')).toEqual([]);
    expect(outcome(machine.happen('task_complete bytes=5'))?.gaps).toEqual([{ offset: 0, bytes: 5 }]);
  });
});

describe('a block', () => {
  const history = (machine: ManagerMachine) => machine.task().history.map(({ state, note }) => [state, note]);

  test('is the state of its task as long as any stands, and each is in its history', () => {
    const machine = running();
    machine.happen('block_detected summary=cat-waits', 'block_detected reason=stopped claim=suspected');
    expect(machine.task().state).toBe('blocked');
    machine.happen('block_cleared');
    expect(machine.task().state).toBe('blocked');
    machine.happen('block_cleared reason=stopped');
    expect(machine.task().state).toBe('running');
    expect(history(machine).slice(3)).toEqual([
      ['blocked', 'deadlock, confirmed: cat-waits'],
      ['blocked', 'stopped, suspected'],
      ['running', 'stopped has cleared'],
    ]);
  });

  test('of a task that is being ended leaves it so, come or gone', () => {
    const machine = running();
    machine.happen('block_detected', 'stop_asked', 'block_detected reason=stopped', 'block_cleared');
    machine.happen('block_cleared reason=stopped');
    expect(machine.task().state).toBe('terminating');
  });

  test('is told in the history by 500 characters of its summary', () => {
    const machine = running();
    machine.happen(`block_detected summary=${'x'.repeat(501)}`);
    expect(history(machine).at(-1)).toEqual(['blocked', `deadlock, confirmed: ${'x'.repeat(500)}…`]);
  });
});

describe('a worker that has no room after all', () => {
  test('and drains gets no more, and who waits for it alone does not wait for ever', () => {
    const machine = ManagerMachine.connected();
    machine.happen('task_submitted', 'pass ms=20000');
    expect(outcome(machine.happen('task_error code=rejected detail=draining'))).toBeUndefined();
    expect(machine.task()).toMatchObject({ state: 'queued', attempt: 0, workerKey: null, sent: false });
    expect(machine.worker().draining).toBe(true);
    expect(machine.timers).toMatchObject({ stranded: 10_000 });
    expect(outcome(machine.happen('pass ms=10000'))?.fault).toMatchObject({
      code: 'WORKER_UNREACHABLE',
      message: 'Task t1 found none of w1 (draining) within 10000 ms.',
      details: { workers: ['w1 (draining)'] },
    });
  });

  test('and is busy gets the task again after a second, though another had been sent there meanwhile', () => {
    const machine = assigned('', 'slots=2');
    machine.happen('task_error code=rejected detail=busy', 'task_submitted task=t2');
    expect(machine.state.freeSlots.isEmpty).toBe(true);
    expect(
      sent(machine.happen('pass ms=1000')).map((message) => (message as { taskId: string }).taskId),
    ).toEqual(['t1', 't2']);
    expect(outcome(machine.happen('execution_started', 'task_complete'))?.attempts).toBe(1);
  });
});

describe('a message about a task that its worker would not take', () => {
  test.each([
    ['of input for a closed stdin', 'stdin_closed'],
    ['of input for a task that has ended', 'task_ended'],
    ['of more input than it holds', 'input_full'],
  ])('%s refuses the input and leaves the task', (_what, code) => {
    const machine = running();
    expect(machine.happen(`protocol_error task=t1 code=${code} said=no`)).toEqual([
      { type: 'refuse_input', taskId: 't1', message: 'no' },
    ]);
  });

  test('since it has another task of that id ends it here, and leaves the other alone', () => {
    const refused = assigned().happen('protocol_error task=t1 code=duplicate_task said=no');
    expect(outcome(refused)?.fault).toEqual({ code: 'DUPLICATE_TASK', message: 'Task t1 at w1: no' });
    expect(sent(refused)).toEqual([]);
  });

  test('since it knows no such task loses one that runs, and is no news of one that does not', () => {
    const lost = running().happen('protocol_error task=t1 code=unknown_task');
    expect(outcome(lost)?.fault).toMatchObject({ code: 'LOST', detail: 'may_have_run' });
    expect(assigned().happen('protocol_error task=t1 code=unknown_task')).toEqual([]);
  });

  test('since it is invalid ends a task that was not started, and is no news of one that was', () => {
    const refused = assigned().happen('protocol_error task=t1 code=invalid_message said=no');
    expect(outcome(refused)?.fault).toEqual({
      code: 'REJECTED',
      detail: 'invalid_message',
      message: 'w1 would not take task t1: no',
    });
    expect(running().happen('protocol_error task=t1 code=invalid_message')).toEqual([]);
  });

  test.each(['workspace_busy', 'unknown_workspace', 'unknown_type'])(
    'for %s is no news of the task',
    (code) => {
      expect(running().happen(`protocol_error task=t1 code=${code}`)).toEqual([]);
    },
  );
});

describe('input', () => {
  test('that the command took is told, as far as it took it', () => {
    expect(running().happen('input_ack offset=7')).toEqual([
      { type: 'accept_input', taskId: 't1', offset: 7 },
    ]);
  });
});

describe('what a caller asks of a task that runs', () => {
  const SIGNAL = { type: 'signal_task', taskId: 't1', signal: 'SIGUSR1' };
  const RESIZE = { type: 'resize_pty', taskId: 't1', cols: 132, rows: 43 };

  test('a signal and a size are sent to it', () => {
    expect(sent(running('pty=yes').happen('signal_asked', 'resize_asked'))).toEqual([SIGNAL, RESIZE]);
  });

  test('and that does not run, or whose worker is away, is not sent', () => {
    for (const machine of [new ManagerMachine(), assigned()]) {
      machine.happen('task_submitted task=t1');
      expect(sent(machine.happen('signal_asked', 'resize_asked'))).toEqual([]);
    }
    const away = running();
    away.happen('connection_lost');
    expect(sent(away.happen('signal_asked', 'resize_asked'))).toEqual([]);
    away.happen('connection_opened');
    expect(sent(away.happen('signal_asked'))).toEqual([]);
  });

  test('a size that a terminal was given before it started is the one that it starts with', () => {
    const machine = new ManagerMachine();
    machine.happen(
      'worker_named',
      'task_submitted task=t1 pty=yes',
      'task_submitted task=t2',
      'resize_asked',
    );
    machine.happen('resize_asked task=t2');
    const [first, second] = sent(machine.happen('connection_opened', 'welcome slots=2'));
    expect(first).toMatchObject({ taskId: 't1', pty: { cols: 132, rows: 43 } });
    expect(second).not.toHaveProperty('pty');
  });

  test('of what there is not is nothing', () => {
    const lines = [
      'stop_asked',
      'signal_asked',
      'resize_asked',
      'detach_asked',
      'task_commanded',
      'reading_ended',
    ];
    expect(new ManagerMachine().happen(...lines, 'block_answered')).toEqual([]);
  });
});

describe('a slot that is kept for a command to come', () => {
  test('is given it when it comes, and the command then runs as any', () => {
    const machine = assigned('command=none');
    expect(machine.task()).toMatchObject({ state: 'assigned', sent: false });
    expect(sent(machine.happen('task_commanded command=make'))).toEqual([
      { type: 'execute_command', taskId: 't1', command: 'make' },
    ]);
    expect(machine.timers['task t1']).toBe(60_000);
  });

  test('whose command comes before it is there starts with it', () => {
    const machine = new ManagerMachine();
    machine.happen('worker_named', 'task_submitted command=none');
    expect(sent(machine.happen('task_commanded command=make'))).toEqual([]);
    expect(sent(machine.happen('connection_opened', 'welcome'))).toMatchObject([{ command: 'make' }]);
  });

  test('is found elsewhere where its worker is lost, for nothing of it has run', () => {
    const machine = assigned('command=none');
    machine.happen('worker_named url=ws://b', 'connection_opened worker=w2', 'welcome worker=w2');
    const lost = machine.happen('connection_lost');
    expect(outcome(lost)).toBeUndefined();
    expect(machine.task()).toMatchObject({ workerKey: 'w2', attempt: 1, sent: false });
    expect(sent(machine.happen('task_commanded'))).toMatchObject([{ type: 'execute_command' }]);
  });

  test('and given up is free again', () => {
    const machine = assigned('command=none');
    const stopped = machine.happen('stop_asked');
    expect(outcome(stopped)?.fault?.code).toBe('CANCELLED');
    expect(sent(stopped)).toEqual([]);
    expect(sent(machine.happen('task_submitted task=t2'))).toMatchObject([{ taskId: 't2' }]);
  });
});
