/** What is done about a block that stands, as it was ordered beforehand, and what where that does not help. */
import { describe, expect, test } from '@jest/globals';
import { judgeChunk, noteAcked, noteTaken } from '#src/core/output-cursor.js';
import { embedded, expectStory, running } from './block-stories.js';
import { ManagerMachine, only } from './manager-machine.js';

describe('a blocked task', () => {
  test('is only told where nothing is ordered', () => {
    expectStory(`${running('idempotent=yes')}
      block_detected
      pass ms=60000
      ----
      send worker=w1 ping
      send worker=w2 ping
      send worker=w1 ping
      send worker=w2 ping
      send worker=w1 ping
      send worker=w2 ping
    `);
  });

  test('is answered once, then its input is ended, then it is ended: each 5 s after the one before', () => {
    expectStory(`${running('answer=Sure? orders=terminate,end_input stdin=pipe')}
      block_detected reason=waiting_for_input prompt=Sure?
      pass ms=4999
      ----
      rung task=t1 waiting_for_input answer
      reply task=t1 "y\\n"

      pass ms=1
      ----
      rung task=t1 waiting_for_input end_input
      end_input task=t1

      pass ms=5000
      ----
      rung task=t1 waiting_for_input terminate
      send worker=w1 terminate_task task=t1

      task_error task=t1 code=terminated
      ----
      settle task=t1 BLOCKED waiting_for_input
      send worker=w1 forget_task task=t1
    `);
  });

  test('is not begun with again where its block is told again', () => {
    expectStory(`${running('orders=end_input,terminate stdin=pipe')}
      block_detected reason=waiting_for_input
      block_detected reason=waiting_for_input
      pass ms=4999
      block_detected reason=waiting_for_input
      ----
      rung task=t1 waiting_for_input end_input
      end_input task=t1

      pass ms=1
      ----
      rung task=t1 waiting_for_input terminate
      send worker=w1 terminate_task task=t1
    `);
  });

  test('is answered once for one block, though the answer may be given again for another', () => {
    expectStory(`${running('answer=Sure? times=2 orders=end_input stdin=pipe')}
      block_detected reason=waiting_for_input prompt=Sure?
      block_cleared reason=waiting_for_input
      block_detected reason=waiting_for_input prompt=Sure?
      pass ms=5000
      ----
      rung task=t1 waiting_for_input answer
      reply task=t1 "y\\n"
      rung task=t1 waiting_for_input answer
      reply task=t1 "y\\n"
      rung task=t1 waiting_for_input end_input
      end_input task=t1
    `);
    expectStory(`${running('answer=Sure? times=9 orders=end_input stdin=pipe')}
      block_detected reason=waiting_for_input prompt=Sure?
      pass ms=5000
      ----
      rung task=t1 waiting_for_input answer
      reply task=t1 "y\\n"
      rung task=t1 waiting_for_input end_input
      end_input task=t1
    `);
  });

  test('is not answered for a prompt that stands before the new one on its line', () => {
    expectStory(`${running('answer=Sure? times=9 stdin=pipe')}
      block_detected reason=waiting_for_input prompt=Sure?
      block_cleared reason=waiting_for_input
      block_detected reason=waiting_for_input prompt=Sure?Delete?
      ----
      rung task=t1 waiting_for_input answer
      reply task=t1 "y\\n"
      rung task=t1 waiting_for_input report
    `);
  });

  test('has its input ended once', () => {
    expectStory(`${running('orders=end_input stdin=pipe')}
      block_detected reason=waiting_for_input
      block_cleared reason=waiting_for_input
      block_detected reason=waiting_for_input
      pass ms=20000
      ----
      rung task=t1 waiting_for_input end_input
      end_input task=t1
      rung task=t1 waiting_for_input report
    `);
  });

  test('is left alone once nothing is left to do, or its caller has it ended', () => {
    expectStory(`${running('orders=continue')}
      block_detected
      pass ms=20000
      ----
      rung task=t1 deadlock report
    `);
    expectStory(`${running('orders=end_input,terminate stdin=pipe')}
      block_detected reason=waiting_for_input
      stop_asked task=t1
      pass ms=5000
      ----
      rung task=t1 waiting_for_input end_input
      end_input task=t1
      send worker=w1 terminate_task task=t1
    `);
  });

  test('leaves nothing to be awaited once its block has cleared, was looked at anew, or its task has ended', () => {
    for (const lines of [
      ['block_cleared reason=stopped'],
      ['block_detected reason=stopped claim=confirmed'],
      ['task_complete'],
    ]) {
      const machine = ManagerMachine.connected();
      machine.happen('task_submitted orders=end_input suspected=9000', 'execution_started');
      machine.happen('block_detected reason=stopped claim=suspected');
      expect(machine.timers['block t1 stopped']).toBe(9_000);
      machine.happen(...lines);
      expect(machine.timers).not.toHaveProperty('block t1 stopped');
    }
  });

  test('is left alone once the block has cleared', () => {
    expectStory(`${running('answer=Sure? orders=terminate stdin=pipe')}
      block_detected reason=waiting_for_input prompt=Sure?
      block_cleared reason=waiting_for_input
      pass ms=7000
      ----
      rung task=t1 waiting_for_input answer
      reply task=t1 "y\\n"
    `);
  });

  test('is not answered a second time: a wrong answer does not circle', () => {
    expectStory(`${running('answer=Sure? stdin=pipe')}
      block_detected reason=waiting_for_input prompt=Sure?
      block_cleared reason=waiting_for_input
      block_detected reason=waiting_for_input prompt=Sure?
      ----
      rung task=t1 waiting_for_input answer
      reply task=t1 "y\\n"
      rung task=t1 waiting_for_input report
    `);
  });

  test('that asks for a password gets no answer that is not for one', () => {
    expectStory(`${running('answer=word stdin=pipe')}
      block_detected reason=waiting_for_input prompt=Password: password=yes
      ----
      rung task=t1 waiting_for_input report
    `);
    expectStory(`${running('answer=word secret=yes stdin=pipe')}
      block_detected reason=waiting_for_input prompt=Password: password=yes
      ----
      rung task=t1 waiting_for_input answer
      reply task=t1 "y\\n"
    `);
  });

  test('that is stopped, and stays so 5 s after it was let go on, is ended', () => {
    expectStory(`${running('orders=continue,terminate')}
      block_detected reason=stopped
      pass ms=5000
      ----
      rung task=t1 stopped continue
      send worker=w1 signal_task SIGCONT task=t1
      rung task=t1 stopped terminate
      send worker=w1 terminate_task task=t1
    `);
  });

  test('that is stopped is let go on, three times at most', () => {
    expectStory(`${running('orders=continue')}
      block_detected reason=stopped
      block_cleared reason=stopped
      block_detected reason=stopped
      block_cleared reason=stopped
      block_detected reason=stopped
      block_cleared reason=stopped
      block_detected reason=stopped
      ----
      rung task=t1 stopped continue
      send worker=w1 signal_task SIGCONT task=t1
      rung task=t1 stopped continue
      send worker=w1 signal_task SIGCONT task=t1
      rung task=t1 stopped continue
      send worker=w1 signal_task SIGCONT task=t1
      rung task=t1 stopped report
    `);
  });

  test('that is suspected is acted upon only after suspectedAfterMs, and not where the suspicion went', () => {
    expectStory(`${running('orders=terminate suspected=3000')}
      block_detected reason=infinite_loop claim=suspected
      pass ms=2999
      block_cleared reason=infinite_loop
      pass ms=4000
      ----

      block_detected reason=infinite_loop claim=suspected
      pass ms=3000
      ----
      rung task=t1 infinite_loop terminate
      send worker=w1 terminate_task task=t1
    `);
    expectStory(`${running('orders=terminate')}
      block_detected reason=infinite_loop claim=suspected
      pass ms=20000
      ----
    `);
  });

  test('that is suspected, then confirmed, is acted upon at once', () => {
    expectStory(`${running('orders=terminate')}
      block_detected claim=suspected
      block_detected claim=confirmed
      ----
      rung task=t1 deadlock terminate
      send worker=w1 terminate_task task=t1
    `);
  });

  test('goes to another worker, and runs there as a new attempt; the one that failed is excluded', () => {
    expectStory(`${running('orders=requeue idempotent=yes')}
      block_detected
      ----
      rung task=t1 deadlock terminate
      send worker=w1 terminate_task task=t1

      task_error task=t1 code=terminated
      ----
      rung task=t1 deadlock requeue
      send worker=w1 forget_task task=t1
      restart task=t1
      send worker=w2 execute_command task=t1
    `);
  });

  test('ends as BLOCKED once it has blocked on every worker, and goes round no more', () => {
    expectStory(`${running('orders=requeue idempotent=yes')}
      block_detected
      task_error task=t1 code=terminated
      execution_started worker=w2 task=t1
      block_detected worker=w2
      task_error worker=w2 task=t1 code=terminated
      pass ms=14000
      ----
      rung task=t1 deadlock terminate
      send worker=w1 terminate_task task=t1
      rung task=t1 deadlock requeue
      send worker=w1 forget_task task=t1
      restart task=t1
      send worker=w2 execute_command task=t1
      rung task=t1 deadlock terminate
      send worker=w2 terminate_task task=t1
      rung task=t1 deadlock give_up
      settle task=t1 BLOCKED deadlock
      send worker=w2 forget_task task=t1
    `);
  });

  test('is started maxAttempts times at most', () => {
    expectStory(
      `${running('orders=requeue idempotent=yes')}
      block_detected
      task_error task=t1 code=terminated
      ----
      rung task=t1 deadlock terminate
      send worker=w1 terminate_task task=t1
      rung task=t1 deadlock give_up
      settle task=t1 BLOCKED deadlock
      send worker=w1 forget_task task=t1
    `,
      { maxAttempts: 1 },
    );
  });

  test.each([
    ['orders=terminate,requeue', 3, 'it has run, and is not `idempotent`'],
    ['orders=requeue idempotent=yes', 1, 'it was started as often as `maxAttempts` allows'],
    ['orders=requeue idempotent=yes', 3, 'there is no other worker that may take it'],
  ])(
    'with %s, of which %d starts are allowed, is not started again, since %s',
    (fields, maxAttempts, why) => {
      for (const ends of [
        ['block_detected', 'task_error code=terminated'],
        ['task_error code=blocked reason=deadlock'],
      ]) {
        const machine = ManagerMachine.connected('', { maxAttempts });
        machine.happen(`task_submitted ${fields}`, 'execution_started');
        const ended = machine.happen(...ends);
        expect(only(ended, 'tell_recovery').at(-1)?.recovery.rung).toBe('give_up');
        const [settled] = only(ended, 'settle_task');
        expect(settled?.outcome.fault).toMatchObject({ code: 'BLOCKED', detail: 'deadlock' });
        expect(settled?.outcome.fault?.message).toContain(`It is not started again: ${why}.`);
      }
    },
  );

  test('that was attached to is not started again, whatever its orders say', () => {
    const machine = ManagerMachine.connected('tasks=t1');
    machine.happen('worker_named url=ws://b', 'connection_opened worker=w2', 'welcome worker=w2');
    machine.happen('task_adopted at=w1 idempotent=yes orders=terminate,requeue', 'block_detected');
    const ended = machine.happen('task_error code=terminated');
    expect(only(ended, 'settle_task')).toMatchObject([{ outcome: { fault: { code: 'BLOCKED' } } }]);
  });

  test('that its worker ended by its own policy goes to another worker too', () => {
    expectStory(`${running('orders=requeue idempotent=yes')}
      task_error task=t1 code=blocked reason=deadlock
      ----
      rung task=t1 deadlock requeue
      send worker=w1 forget_task task=t1
      restart task=t1
      send worker=w2 execute_command task=t1
    `);
    expectStory(`${running('orders=terminate idempotent=yes')}
      task_error task=t1 code=blocked reason=deadlock
      ----
      settle task=t1 BLOCKED deadlock
      send worker=w1 forget_task task=t1
    `);
  });

  test('that ran out of memory goes only to a host with more of it', () => {
    expectStory(`${running('orders=requeue idempotent=yes')}
      task_error task=t1 code=memory_exhausted
      ----
      rung task=t1 memory_exhausted give_up
      settle task=t1 MEMORY_EXHAUSTED
      send worker=w1 forget_task task=t1
    `);
    const larger = running('orders=requeue idempotent=yes').replace(
      'worker=w2 slots=1 memory=1000',
      'worker=w2 slots=1 memory=1001',
    );
    expectStory(`${larger}
      task_error task=t1 code=memory_exhausted
      ----
      rung task=t1 memory_exhausted requeue
      send worker=w1 forget_task task=t1
      restart task=t1
      send worker=w2 execute_command task=t1
    `);
  });

  test('that ran out of memory waits for a host with more of it, though another is free', () => {
    const machine = ManagerMachine.connected('memory=1000');
    for (const [at, memory] of [
      ['w2', 1_000],
      ['w3', 1_001],
    ])
      machine.happen(
        `worker_named url=ws://${at}`,
        `connection_opened worker=${at}`,
        `welcome worker=${at} memory=${memory}`,
      );
    machine.happen('task_submitted task=t1 orders=requeue idempotent=yes', 'execution_started task=t1');
    machine.happen('task_submitted task=t2 named=w3', 'task_error task=t1 code=memory_exhausted');
    expect(machine.task().state).toBe('queued');
    machine.happen('task_complete worker=w3 task=t2');
    expect(machine.task()).toMatchObject({ state: 'assigned', workerKey: 'w3' });
  });

  test('that waits for a worker which goes away has ended for its block all the same', () => {
    expectStory(`${running('orders=requeue idempotent=yes')}
      task_submitted task=t2
      block_detected
      task_error task=t1 code=terminated
      connection_lost worker=w2 lasting=yes
      ----
      send worker=w2 execute_command task=t2
      rung task=t1 deadlock terminate
      send worker=w1 terminate_task task=t1
      rung task=t1 deadlock requeue
      send worker=w1 forget_task task=t1
      restart task=t1
      settle task=t1 BLOCKED deadlock
    `);
  });

  test.each([
    ['code=terminated', 'TERMINATED'],
    ['code=memory_exhausted', 'MEMORY_EXHAUSTED'],
    ['code=blocked reason=deadlock', 'BLOCKED deadlock'],
  ])(
    'that its caller ends while it is being ended for a block is not started again: %s is %s',
    (end, told) => {
      expectStory(`${running('orders=requeue idempotent=yes')}
      block_detected
      stop_asked task=t1
      task_error task=t1 ${end}
      ----
      rung task=t1 deadlock terminate
      send worker=w1 terminate_task task=t1
      send worker=w1 terminate_task task=t1
      settle task=t1 ${told}
      send worker=w1 forget_task task=t1
    `);
    },
  );

  test('that is being ended for its block, and ends for something else, is told so and not started again', () => {
    expectStory(`${running('orders=requeue idempotent=yes')}
      block_detected
      task_error task=t1 code=timed_out
      ----
      rung task=t1 deadlock terminate
      send worker=w1 terminate_task task=t1
      settle task=t1 TIMED_OUT
      send worker=w1 forget_task task=t1
    `);
  });

  test('of a connection that was cut is looked at anew: only what is told again stands', () => {
    expectStory(`${running('orders=terminate suspected=9000')}
      block_detected claim=suspected
      connection_lost
      pass ms=250
      connection_opened
      welcome tasks=t1
      pass ms=20000
      ----
      dial worker=w1
      send worker=w1 hello resume=t1@0

      block_detected claim=suspected
      pass ms=9000
      ----
      rung task=t1 deadlock terminate
      send worker=w1 terminate_task task=t1
    `);
  });
});

describe('a function that is asked', () => {
  test('has its answer done; about a block that has gone since, it has no say', () => {
    expectStory(`${running('handler=yes idempotent=yes stdin=pipe')}
      block_detected claim=suspected
      ----
      ask_handler task=t1 climb=1

      block_cleared
      block_answered climb=1 rungs=terminate
      ----

      block_detected claim=suspected
      block_answered climb=2 rungs=requeue
      ----
      ask_handler task=t1 climb=2
      rung task=t1 deadlock terminate
      send worker=w1 terminate_task task=t1
    `);
  });

  test('has all of its answer done, in its time, and is not asked again', () => {
    expectStory(`${running('handler=yes stdin=pipe')}
      block_detected reason=waiting_for_input
      pass ms=9000
      block_answered rungs=end_input,terminate
      pass ms=4999
      ----
      ask_handler task=t1 climb=1
      rung task=t1 waiting_for_input end_input
      end_input task=t1

      pass ms=1
      ----
      rung task=t1 waiting_for_input terminate
      send worker=w1 terminate_task task=t1
    `);
  });

  test('and has answered, or has failed, is not waited for', () => {
    for (const answer of ['rungs=', 'fault=threw']) {
      const machine = ManagerMachine.connected();
      machine.happen('task_submitted handler=yes', 'execution_started', 'block_detected');
      expect(machine.timers['block t1 deadlock']).toBe(10_000);
      machine.happen(`block_answered ${answer}`);
      expect(machine.timers).not.toHaveProperty('block t1 deadlock');
    }
  });

  test('and throws, or says nothing for 10 s, counts as a report', () => {
    expectStory(`${running('handler=yes')}
      block_detected
      block_answered fault=threw
      ----
      ask_handler task=t1 climb=1
      rung task=t1 deadlock report
    `);
    expectStory(`${running('handler=yes')}
      block_detected
      pass ms=9999
      ----
      ask_handler task=t1 climb=1

      pass ms=1
      block_answered rungs=terminate
      ----
      rung task=t1 deadlock report
    `);
  });
});

describe('a worker that does not end a blocked task', () => {
  test('is left with it where others started it: the task goes on elsewhere, 5 s after its grace', () => {
    expectStory(`${running('orders=requeue idempotent=yes')}
      block_detected
      pass ms=9999
      ----
      rung task=t1 deadlock terminate
      send worker=w1 terminate_task task=t1

      pass ms=1
      ----
      rung task=t1 deadlock requeue
      send worker=w1 forget_task task=t1
      restart task=t1
      send worker=w2 execute_command task=t1
    `);
  });

  test('and is away is told nothing: the task goes on elsewhere', () => {
    expectStory(`${running('orders=requeue idempotent=yes')}
      block_detected
      connection_lost lasting=yes code=TOKEN_REFUSED
      pass ms=14999
      ----
      rung task=t1 deadlock terminate
      send worker=w1 terminate_task task=t1

      pass ms=1
      ----
      rung task=t1 deadlock requeue
      restart task=t1
      send worker=w2 execute_command task=t1
    `);
  });

  test('and waits for the reader of its output is not blamed, as long as it does', () => {
    const machine = ManagerMachine.connected('window=100000');
    machine.happen('task_submitted orders=terminate', 'execution_started', 'block_detected');
    const { cursor } = machine.task();
    judgeChunk(cursor, 0, 60_000, 100_000);
    machine.happen('pass ms=10000');
    expect(machine.task().state).toBe('terminating');
    expect(machine.timers['task t1']).toBe(5_000);
    noteTaken(cursor, 60_000, 60_000);
    noteAcked(cursor);
    expect(only(machine.happen('pass ms=5000'), 'settle_task')).toMatchObject([
      { outcome: { fault: { code: 'BLOCKED' } } },
    ]);
  });

  test('is started again where this manager started it', () => {
    expectStory(
      `${embedded('orders=requeue idempotent=yes')}
      block_detected
      pass ms=10000
      ----
      rung task=t1 deadlock terminate
      send worker=w1 terminate_task task=t1
      rung task=t1 deadlock restart_worker
      drop_connection worker=w1
      rung task=t1 deadlock requeue
      restart task=t1
      restart_worker worker=w1 type=general

      worker_started
      connection_opened
      welcome boot=b2
      ----
      dial worker=w1
      send worker=w1 hello
      send worker=w1 execute_command task=t1
    `,
      { startsWorkers: true, maxWorkers: 1 },
    );
  });

  test('is not started again where that would cost tasks that may not run twice', () => {
    expectStory(
      `${embedded('orders=terminate')}
      task_submitted task=t2
      execution_started task=t2
      block_detected
      pass ms=10000
      ----
      send worker=w1 execute_command task=t2
      rung task=t1 deadlock terminate
      send worker=w1 terminate_task task=t1
      settle task=t1 BLOCKED deadlock
      send worker=w1 forget_task task=t1
    `,
      { startsWorkers: true },
    );
  });

  test('and cannot be started again is replaced, and a replacement that fails too is given up', () => {
    expectStory(
      `${embedded('orders=requeue idempotent=yes')}
      block_detected
      pass ms=10000
      worker_start_failed
      worker_start_failed worker=w2
      ----
      rung task=t1 deadlock terminate
      send worker=w1 terminate_task task=t1
      rung task=t1 deadlock restart_worker
      drop_connection worker=w1
      rung task=t1 deadlock requeue
      restart task=t1
      restart_worker worker=w1 type=general
      rung task=t1 deadlock replace_worker
      drop_connection worker=w1
      stop_worker worker=w1
      start_worker worker=w2 type=general
      rung task=t1 deadlock give_up
      drop_connection worker=w2
      settle task=t1 BLOCKED deadlock
    `,
      { startsWorkers: true, maxWorkers: 1 },
    );
  });

  test('and does not connect within 20 s of its new start is replaced', () => {
    expectStory(
      `${embedded('orders=terminate')}
      block_detected
      worker_exited
      pass ms=19999
      ----
      rung task=t1 deadlock terminate
      send worker=w1 terminate_task task=t1
      rung task=t1 deadlock restart_worker
      drop_connection worker=w1
      settle task=t1 BLOCKED deadlock
      restart_worker worker=w1 type=general

      pass ms=1
      ----
      rung task=t1 deadlock replace_worker
      drop_connection worker=w1
      stop_worker worker=w1
      start_worker worker=w2 type=general
    `,
      { startsWorkers: true },
    );
  });
});

describe('restarts of a worker', () => {
  const life = (boot: number) => `
      worker_started
      connection_opened
      welcome boot=c${boot}
      worker_exited`;
  const told = `
      dial worker=w1
      send worker=w1 hello
      drop_connection worker=w1
      restart_worker worker=w1 type=general`;

  test('are five within a minute at most: then it is failed, and gets no task', () => {
    expectStory(
      `
      worker_wanted
      ${[1, 2, 3, 4, 5].map(life).join('')}
      worker_started
      connection_opened
      welcome boot=c6
      worker_exited
      task_submitted task=t1
      ----
      start_worker worker=w1 type=general
      ${told.repeat(5)}
      dial worker=w1
      send worker=w1 hello
      drop_connection worker=w1
      stop_worker worker=w1
      settle task=t1 WORKER_FAILED
    `.replace(/\n\s*\n/g, '\n'),
      { startsWorkers: true },
    );
  });

  test('of a minute ago count no more', () => {
    expectStory(
      `
      worker_wanted
      ${[1, 2, 3, 4, 5].map(life).join('')}
      worker_started
      connection_opened
      welcome boot=c6
      pass ms=20000
      heartbeat
      pass ms=20000
      heartbeat
      pass ms=20000
      worker_exited
      ----
      start_worker worker=w1 type=general
      ${told.repeat(5)}
      dial worker=w1
      send worker=w1 hello
      drop_connection worker=w1
      restart_worker worker=w1 type=general
    `.replace(/\n\s*\n/g, '\n'),
      { startsWorkers: true },
    );
  });
});
