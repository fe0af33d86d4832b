import { describe, expect, test } from '@jest/globals';
import { play, tidy } from './transcript.js';

/** A worker that is connected, and a task that runs on it. */
const RUNNING = `
  worker_named
  connection_opened
  welcome slots=2
  task_submitted task=t1 IDEMPOTENT
  execution_started task=t1
  ----
  dial worker=w1
  send worker=w1 hello
  send worker=w1 execute_command task=t1
`;
const running = RUNNING.replace(' IDEMPOTENT', '');
const runningIdempotent = RUNNING.replace('IDEMPOTENT', 'idempotent=yes');

function expectStory(transcript: string, policy = {}): void {
  expect(play(transcript, policy)).toBe(tidy(transcript));
}

describe('the machine', () => {
  test('a task waits for a worker, runs, and is forgotten there once its end was read', () => {
    expectStory(`
      worker_named
      task_submitted task=t1
      connection_opened
      ----
      dial worker=w1
      send worker=w1 hello

      welcome
      ----
      send worker=w1 execute_command task=t1
    `);
    expectStory(`${running}
      task_complete task=t1
      ----
      settle task=t1 completed
      send worker=w1 forget_task task=t1
    `);
  });

  test('what is asked of tasks in the tick that brings them counts before any is sent', () => {
    expectStory(`
      worker_named
      connection_opened
      welcome slots=1
      ----
      dial worker=w1
      send worker=w1 hello

      task_submitted task=t1 + stop_asked task=t1
      ----
      settle task=t1 CANCELLED

      task_submitted task=t2 + task_submitted task=t3 priority=1 + task_submitted task=t4 + stop_asked task=t4
      ----
      settle task=t4 CANCELLED
      send worker=w1 execute_command task=t3

      task_submitted task=t5 + close_asked
      ----
      settle task=t2 CLOSED
      send worker=w1 terminate_task task=t3
      settle task=t5 CLOSED
    `);
  });

  test('no worker can ever meet it: NO_WORKER at once', () => {
    expectStory(`
      task_submitted task=t1
      ----
      settle task=t1 NO_WORKER

      worker_named
      connection_opened
      welcome kind=general memory=1000
      task_submitted task=t2 type=gpu
      task_submitted task=t3 memory=1001
      task_submitted task=t4 memory=1000
      ----
      dial worker=w1
      send worker=w1 hello
      settle task=t2 NO_WORKER
      settle task=t3 NO_WORKER
      send worker=w1 execute_command task=t4
    `);
  });

  test('a task with limits goes where they are held, or where nothing is said of them, and nowhere else', () => {
    expectStory(`
      worker_named url=ws://a
      worker_named url=ws://b
      connection_opened worker=w1
      connection_opened worker=w2
      welcome worker=w1 enforced=memoryBytes
      welcome worker=w2 enforced=memoryBytes,pids
      task_submitted task=t1 pids=5
      task_submitted task=t2
      ----
      dial worker=w1
      dial worker=w2
      send worker=w1 hello
      send worker=w2 hello
      send worker=w2 execute_command task=t1
      send worker=w1 execute_command task=t2
    `);
    expectStory(`
      worker_named
      connection_opened
      welcome enforced=memoryBytes
      task_submitted task=t1 pids=5
      ----
      dial worker=w1
      send worker=w1 hello
      settle task=t1 NO_WORKER
    `);
    expectStory(`
      worker_named
      connection_opened
      welcome
      task_submitted task=t1 pids=5
      ----
      dial worker=w1
      send worker=w1 hello
      send worker=w1 execute_command task=t1
    `);
  });

  test('what fits nowhere now is passed over, and does not hold up what fits', () => {
    expectStory(`
      worker_named url=ws://a
      worker_named url=ws://b
      connection_opened worker=w1
      connection_opened worker=w2
      welcome worker=w1 kind=general
      welcome worker=w2 kind=gpu
      task_submitted task=g1 type=gpu
      task_submitted task=g2 type=gpu priority=9
      task_submitted task=c1 type=general priority=-5
      ----
      dial worker=w1
      dial worker=w2
      send worker=w1 hello
      send worker=w2 hello
      send worker=w2 execute_command task=g1
      send worker=w1 execute_command task=c1

      execution_started worker=w2 task=g1
      task_complete worker=w2 task=g1
      ----
      settle task=g1 completed
      send worker=w2 execute_command task=g2
      send worker=w2 forget_task task=g1
    `);
  });

  test('of tasks with different needs, too, the highest priority goes first, and of equals the oldest', () => {
    expectStory(`
      worker_named
      connection_opened
      welcome slots=1
      task_submitted task=t1
      task_submitted task=g1 type=general
      task_submitted task=t2
      task_submitted task=g2 type=general priority=1
      ----
      dial worker=w1
      send worker=w1 hello
      send worker=w1 execute_command task=t1

      task_complete task=t1
      ----
      settle task=t1 completed
      send worker=w1 execute_command task=g2
      send worker=w1 forget_task task=t1

      task_complete task=g2
      ----
      settle task=g2 completed
      send worker=w1 execute_command task=g1
      send worker=w1 forget_task task=g2

      task_complete task=g1
      ----
      settle task=g1 completed
      send worker=w1 execute_command task=t2
      send worker=w1 forget_task task=g1
    `);
  });

  test('the least loaded worker comes first, and a workspace keeps its tasks where its files are', () => {
    expectStory(`
      worker_named url=ws://a
      worker_named url=ws://b
      connection_opened worker=w1
      connection_opened worker=w2
      welcome worker=w1 slots=2
      welcome worker=w2 slots=2 workspaces=lib
      task_submitted task=t1
      task_submitted task=t2
      task_submitted task=l1 workspace=lib
      task_submitted task=l2 workspace=lib
      task_submitted task=t3
      ----
      dial worker=w1
      dial worker=w2
      send worker=w1 hello
      send worker=w2 hello
      send worker=w1 execute_command task=t1
      send worker=w2 execute_command task=t2
      send worker=w2 execute_command task=l1
      send worker=w1 execute_command task=t3

      task_complete worker=w1 task=t1
      ----
      settle task=t1 completed
      send worker=w1 forget_task task=t1

      task_complete worker=w2 task=t2
      ----
      settle task=t2 completed
      send worker=w2 execute_command task=l2
      send worker=w2 forget_task task=t2
    `);
  });

  test('a task goes to a worker that has its labels, though another is less loaded', () => {
    expectStory(`
      worker_named url=ws://a
      worker_named url=ws://b
      connection_opened worker=w1
      connection_opened worker=w2
      welcome worker=w1 slots=9 zone=us
      welcome worker=w2 slots=9 zone=eu
      task_submitted task=t1 zone=eu
      task_submitted task=t2 zone=eu
      task_submitted task=t3 zone=mars
      ----
      dial worker=w1
      dial worker=w2
      send worker=w1 hello
      send worker=w2 hello
      send worker=w2 execute_command task=t1
      send worker=w2 execute_command task=t2
      settle task=t3 NO_WORKER
    `);
  });

  test('a worker that has been silent for more than 60 s gets no task until it is heard', () => {
    expectStory(`
      worker_named
      connection_opened
      welcome
      pass ms=60001
      task_submitted task=t1
      ----
      dial worker=w1
      send worker=w1 hello
      send worker=w1 ping
      send worker=w1 ping
      send worker=w1 ping

      pong
      ----
      send worker=w1 execute_command task=t1
    `);
  });

  test('memory that tasks were promised, or that the host has used, is not promised again', () => {
    expectStory(`
      worker_named
      connection_opened
      welcome slots=9 memory=1000
      task_submitted task=t1 memory=600
      task_submitted task=t2 memory=600
      task_submitted task=t3 memory=300
      ----
      dial worker=w1
      send worker=w1 hello
      send worker=w1 execute_command task=t1
      send worker=w1 execute_command task=t3

      heartbeat memoryUsed=80
      task_complete task=t1
      ----
      settle task=t1 completed
      send worker=w1 forget_task task=t1

      heartbeat memoryUsed=10
      ----
      send worker=w1 execute_command task=t2
    `);
  });

  test('a worker that is away for connectTimeoutMs leaves waiting tasks WORKER_UNREACHABLE', () => {
    expectStory(`
      worker_named
      pass ms=4000
      dial_failed
      task_submitted task=t1
      pass ms=9999
      ----
      dial worker=w1
      dial worker=w1

      pass ms=1
      ----
      settle task=t1 WORKER_UNREACHABLE
    `);
  });

  test('a lost connection is dialled again, and resumes each task where its consumer stands', () => {
    expectStory(`${running}
      connection_lost
      ----

      pass ms=250
      connection_opened
      welcome slots=2 tasks=t1
      ----
      dial worker=w1
      send worker=w1 hello resume=t1@0

      task_complete task=t1
      ----
      settle task=t1 completed
      send worker=w1 forget_task task=t1
    `);
  });

  test('output that was asked for again on a lost connection is asked for again on the next', () => {
    expectStory(`
      worker_named
      connection_opened
      welcome
      task_submitted
      connection_lost
      pass ms=250
      connection_opened
      welcome tasks=t1
      task_complete bytes=9
      ----
      dial worker=w1
      send worker=w1 hello
      send worker=w1 execute_command task=t1
      dial worker=w1
      send worker=w1 hello
      send worker=w1 resume_task task=t1
      send worker=w1 execute_command task=t1
      send worker=w1 resume_task task=t1

      connection_lost
      pass ms=250
      connection_opened
      welcome tasks=t1
      task_complete bytes=9
      ----
      dial worker=w1
      send worker=w1 hello
      send worker=w1 resume_task task=t1
      send worker=w1 execute_command task=t1
      send worker=w1 resume_task task=t1
    `);
  });

  test('a worker away for lostAfterMs has lost its tasks; when it is back it is told to drop them', () => {
    expectStory(`${running}
      connection_lost
      pass ms=299999
      ----
      dial worker=w1

      pass ms=1
      ----
      settle task=t1 LOST may_have_run

      connection_opened
      welcome tasks=t1
      ----
      send worker=w1 hello
      send worker=w1 forget_task task=t1
    `);
  });

  test('a restarted worker has lost what may have run, and an idempotent task goes on to another worker', () => {
    expectStory(`${running}
      connection_lost
      pass ms=250
      connection_opened
      welcome boot=b2
      ----
      dial worker=w1
      send worker=w1 hello resume=t1@0
      settle task=t1 LOST may_have_run
      send worker=w1 forget_task task=t1
    `);
    expectStory(`${runningIdempotent}
      worker_named url=ws://b
      connection_opened worker=w2
      welcome worker=w2
      connection_lost worker=w1
      pass ms=250
      connection_opened worker=w1
      welcome boot=b2
      ----
      dial worker=w2
      send worker=w2 hello
      dial worker=w1
      send worker=w1 hello resume=t1@0
      restart task=t1
      send worker=w2 execute_command task=t1
    `);
  });

  test('where a task was lost it does not go again: elsewhere, though that is busier, or under another boot, or nowhere', () => {
    expectStory(`${runningIdempotent}
      worker_named url=ws://b
      connection_opened worker=w2
      welcome worker=w2 slots=3
      connection_lost worker=w1
      task_submitted task=t2
      pass ms=250
      connection_opened worker=w1
      welcome worker=w1 boot=b2
      ----
      dial worker=w2
      send worker=w2 hello
      send worker=w2 execute_command task=t2
      dial worker=w1
      send worker=w1 hello resume=t1@0
      restart task=t1
      send worker=w2 execute_command task=t1
    `);
    expectStory(`${runningIdempotent}
      connection_lost worker=w1
      pass ms=250
      connection_opened
      welcome boot=b1
      ----
      dial worker=w1
      send worker=w1 hello resume=t1@0
      restart task=t1
      settle task=t1 NO_WORKER
    `);
  });

  test('a connection that another manager with this managerId took over is not dialled again', () => {
    expectStory(`${running}
      connection_lost lasting=yes code=CONNECTION_REPLACED
      pass ms=600000
      ----
      settle task=t1 LOST may_have_run
    `);
  });

  test('a command that was never answered is sent again under the same boot, and is lost under another', () => {
    const sent = running.replace('  execution_started task=t1\n', '');
    expectStory(`${sent}
      connection_lost
      pass ms=250
      connection_opened
      welcome slots=2
      ----
      dial worker=w1
      send worker=w1 hello
      send worker=w1 execute_command task=t1
    `);
    expectStory(`${sent}
      connection_lost
      pass ms=250
      connection_opened
      welcome boot=b2
      ----
      dial worker=w1
      send worker=w1 hello
      settle task=t1 LOST may_have_run
      send worker=w1 forget_task task=t1
    `);
  });

  test('a worker that is full after all is left alone for a second, and the task keeps its place', () => {
    expectStory(`
      worker_named
      connection_opened
      welcome slots=1
      task_submitted task=t1
      task_error task=t1 code=rejected detail=busy
      task_submitted task=t2
      ----
      dial worker=w1
      send worker=w1 hello
      send worker=w1 execute_command task=t1

      pass ms=1000
      ----
      send worker=w1 execute_command task=t1
    `);
  });

  test('a connection that stood is dialled again within 40 ms; one that did not, with the usual delay', () => {
    expectStory(`${running}
      pass ms=40
      connection_lost
      pass ms=39
      ----

      pass ms=1
      connection_opened
      welcome tasks=t1
      connection_lost
      pass ms=249
      ----
      dial worker=w1
      send worker=w1 hello resume=t1@0

      pass ms=1
      ----
      dial worker=w1
    `);
  });

  test('an idempotent task that its worker ended to shut down is started again elsewhere; any other is told so', () => {
    const again = `${runningIdempotent}
      heartbeat status=draining
      worker_named
      connection_opened worker=w2
      welcome worker=w2
      ----
      dial worker=w2
      send worker=w2 hello

      task_error task=t1 code=worker_shutdown
      ----
      send worker=w1 forget_task task=t1
      restart task=t1
      send worker=w2 execute_command task=t1
    `;
    expectStory(again);
    expectStory(`${running}
      task_error task=t1 code=worker_shutdown
      ----
      settle task=t1 WORKER_SHUTDOWN
      send worker=w1 forget_task task=t1
    `);
  });

  test('a draining worker gets no task, and those that only it could take do not wait for ever', () => {
    expectStory(`
      worker_named
      connection_opened
      welcome
      heartbeat status=draining
      task_submitted task=t1
      pass ms=9999
      ----
      dial worker=w1
      send worker=w1 hello

      pass ms=1
      ----
      settle task=t1 WORKER_UNREACHABLE
    `);
  });

  test('a worker that never says how a task ended does not hold it for ever', () => {
    expectStory(`${running}
      pass ms=20000
      heartbeat
      pass ms=25000
      heartbeat
      pass ms=25000
      heartbeat
      pass ms=25000
      ----

      heartbeat
      pass ms=50000
      heartbeat
      pass ms=50000
      heartbeat
      pass ms=50000
      heartbeat
      pass ms=50000
      heartbeat
      pass ms=22000
      ----
      send worker=w1 ping
      send worker=w1 ping
      send worker=w1 ping
      send worker=w1 ping
      send worker=w1 ping
      send worker=w1 ping
      settle task=t1 TIMED_OUT
      send worker=w1 forget_task task=t1
    `);
  });

  test('a worker from which nothing comes is asked, and given up after 60 s', () => {
    expectStory(`
      worker_named
      connection_opened
      welcome
      pass ms=60000
      ----
      dial worker=w1
      send worker=w1 hello
      send worker=w1 ping
      send worker=w1 ping
      send worker=w1 ping

      pass ms=15000
      ----
      drop_connection worker=w1
    `);
  });

  test('a termination that nobody answers ends the task after its grace and a margin', () => {
    expectStory(`${running}
      stop_asked task=t1 grace=1000
      pass ms=12999
      ----
      send worker=w1 terminate_task task=t1

      pass ms=1
      ----
      settle task=t1 TERMINATED
      send worker=w1 forget_task task=t1
    `);
  });

  test('a command that never left is as if it had not been assigned', () => {
    expectStory(`
      worker_named
      connection_opened
      welcome
      task_submitted task=t1
      command_unsent task=t1
      connection_lost
      pass ms=250
      connection_opened
      welcome
      ----
      dial worker=w1
      send worker=w1 hello
      send worker=w1 execute_command task=t1
      restart task=t1
      dial worker=w1
      send worker=w1 hello
      send worker=w1 execute_command task=t1
    `);
  });

  test('close ends what runs, then shuts down', () => {
    expectStory(`${running}
      close_asked
      ----
      send worker=w1 terminate_task task=t1

      task_error task=t1 code=terminated
      ----
      settle task=t1 CLOSED
      send worker=w1 forget_task task=t1
      shut_down
    `);
  });

  test('without a named worker one is started for the first task, and again in its place when it is gone', () => {
    expectStory(
      `
      task_submitted task=t1
      task_submitted task=t2
      ----
      start_worker worker=w1 type=general

      worker_started
      connection_opened
      welcome slots=2
      ----
      dial worker=w1
      send worker=w1 hello
      send worker=w1 execute_command task=t1
      send worker=w1 execute_command task=t2

      worker_exited
      task_submitted task=t3
      ----
      drop_connection worker=w1
      settle task=t1 LOST may_have_run
      settle task=t2 LOST may_have_run
      restart_worker worker=w1 type=general

      worker_started
      connection_opened
      welcome boot=b2
      ----
      dial worker=w1
      send worker=w1 hello
      send worker=w1 execute_command task=t3
    `,
      { startsWorkers: true },
    );
  });
});
