/** What is asked of a worker beside its tasks: each question is answered, in time, or refused with the reason. */
import { describe, expect, test } from '@jest/globals';
import type { Effect } from '#src/core/effect.js';
import { ManagerMachine, only, sent } from './manager-machine.js';

/** Who was answered, and who was refused with what. */
function outcomes(effects: readonly Effect[]): string[] {
  return effects.flatMap((effect) => {
    if (effect.type === 'answer_request')
      return [`${effect.requestId} answered by ${effect.worker.workerId}`];
    return effect.type === 'refuse_request' ? [`${effect.requestId} ${effect.fault.code}`] : [];
  });
}

describe('the question whether a worker is ready', () => {
  test('is answered at once by one that is connected, and by another when it has answered hello', () => {
    const machine = ManagerMachine.connected();
    machine.happen('worker_named url=ws://b');
    expect(outcomes(machine.happen('request_made id=r1 at=w1'))).toEqual(['r1 answered by w1']);
    expect(outcomes(machine.happen('request_made id=r2 at=ws://b', 'connection_opened worker=w2'))).toEqual(
      [],
    );
    expect(outcomes(machine.happen('welcome worker=w2'))).toEqual(['r2 answered by w2']);
    expect(machine.timers).not.toHaveProperty('request r2');
    expect(outcomes(machine.happen('connection_lost worker=w2', 'connection_opened worker=w2'))).toEqual([]);
    expect(outcomes(machine.happen('welcome worker=w2'))).toEqual([]);
  });

  test('is refused after connectTimeoutMs with what the last dial met, or else that nobody answered', () => {
    const machine = new ManagerMachine();
    machine.happen('worker_named', 'worker_named url=ws://b', 'request_made id=r1 at=ws://a', 'dial_failed');
    machine.happen('request_made id=r2 at=ws://b');
    expect(outcomes(machine.happen('pass ms=9999'))).toEqual([]);
    const refused = only(machine.happen('pass ms=1'), 'refuse_request');
    expect(refused).toMatchObject([
      { requestId: 'r1', fault: { code: 'WORKER_UNREACHABLE', message: 'gone' } },
      {
        requestId: 'r2',
        fault: { code: 'WORKER_UNREACHABLE', message: 'No answer from ws://b within 10000 ms.' },
      },
    ]);
    expect(outcomes(machine.happen('connection_opened', 'welcome', 'pass ms=60000'))).toEqual([]);
  });

  test('waits longer for a worker process that is being started, which tells by itself that it was not', () => {
    const machine = new ManagerMachine({ startsWorkers: true });
    machine.happen('worker_wanted id=r1');
    expect(machine.timers).toMatchObject({ 'request r1': 25_000 });
    expect(outcomes(machine.happen('worker_start_failed'))).toEqual(['r1 WORKER_START_FAILED']);
    expect(machine.timers).toEqual({});
  });

  test('is refused with the reason where the worker refuses this manager, then and later', () => {
    const machine = new ManagerMachine();
    machine.happen('worker_named', 'request_made id=r1');
    expect(outcomes(machine.happen('dial_failed lasting=yes code=TOKEN_REFUSED'))).toEqual([
      'r1 TOKEN_REFUSED',
    ]);
    expect(outcomes(machine.happen('request_made id=r2'))).toEqual(['r2 TOKEN_REFUSED']);
    expect(machine.timers).not.toHaveProperty('request r2');
  });

  test('about no worker of the pool is refused with those that there are', () => {
    const machine = new ManagerMachine();
    const whyNot = (line: string) => only(machine.happen(line), 'refuse_request')[0]?.fault;
    expect(whyNot('request_made')).toEqual({
      code: 'UNKNOWN_WORKER',
      message: 'Expected one worker, or the name of one, got an empty pool.',
    });
    machine.happen('worker_named', 'worker_named url=ws://b');
    expect(whyNot('request_made')?.message).toBe(
      'Expected one worker, or the name of one, got the pool ws://a, ws://b.',
    );
    expect(whyNot('request_made at=w9')?.message).toBe(
      'Expected a worker "w9", got the pool ws://a, ws://b.',
    );
  });

  test('about a name that two workers bear is refused: either may be the one that is not meant', () => {
    const machine = ManagerMachine.connected('as=w7');
    machine.happen('worker_named url=ws://b', 'connection_opened worker=w2');
    expect(outcomes(machine.happen('request_made id=r1 at=w7'))).toEqual(['r1 answered by w7']);
    machine.happen('welcome worker=w2 as=w7');
    expect(outcomes(machine.happen('request_made id=r2 at=w7'))).toEqual(['r2 UNKNOWN_WORKER']);
    expect(outcomes(machine.happen('request_made id=r3 at=ws://b'))).toEqual(['r3 answered by w7']);
  });
});

describe('the question how loaded a worker is', () => {
  test('is answered by its last heartbeat, or else by the next', () => {
    const machine = ManagerMachine.connected();
    expect(outcomes(machine.happen('request_made id=r1 kind=load'))).toEqual([]);
    expect(outcomes(machine.happen('heartbeat'))).toEqual(['r1 answered by w1']);
    expect(outcomes(machine.happen('request_made id=r2 kind=load'))).toEqual(['r2 answered by w1']);
  });

  test('is answered without it 2 s after it was put, or after the welcome that it waited for', () => {
    const machine = new ManagerMachine();
    machine.happen(
      'worker_named',
      'connection_opened',
      'request_made id=r1 kind=load',
      'pass ms=9000',
      'welcome',
    );
    machine.happen('pass ms=500', 'request_made id=r2 kind=load');
    expect(outcomes(machine.happen('pass ms=1499'))).toEqual([]);
    expect(outcomes(machine.happen('pass ms=1'))).toEqual(['r1 answered by w1']);
    expect(outcomes(machine.happen('pass ms=499'))).toEqual([]);
    expect(outcomes(machine.happen('pass ms=1'))).toEqual(['r2 answered by w1']);
  });

  test('waits 2 s anew on each connection', () => {
    const machine = ManagerMachine.connected();
    machine.happen('request_made id=r1 kind=load', 'pass ms=1000', 'connection_lost', 'connection_opened');
    machine.happen('welcome', 'pass ms=1999');
    expect(machine.timers).toMatchObject({ 'request r1': 1 });
  });

  test('is refused where the worker is away when its time is up', () => {
    const machine = ManagerMachine.connected();
    machine.happen('request_made id=r1 kind=load', 'connection_lost');
    expect(outcomes(machine.happen('pass ms=2000'))).toEqual(['r1 WORKER_UNREACHABLE']);
  });
});

describe('a workspace', () => {
  const removal = (id: string, workspace: string, at = 'w1') =>
    `request_made id=${id} kind=remove_workspace workspace=${workspace} at=${at}`;

  test('is removed after the one before it: a refusal does not say which it is about', () => {
    const machine = ManagerMachine.connected('workspaces=a,b,c');
    expect(sent(machine.happen(removal('r1', 'a'), removal('r2', 'b'), removal('r3', 'c')))).toEqual([
      { type: 'remove_workspace', workspace: 'a' },
    ]);
    const first = machine.happen('protocol_error code=workspace_busy');
    expect(outcomes(first)).toEqual(['r1 WORKSPACE_BUSY']);
    expect(sent(first)).toEqual([{ type: 'remove_workspace', workspace: 'b' }]);
    const second = machine.happen('workspace_removed workspace=b');
    expect(outcomes(second)).toEqual(['r2 answered by w1']);
    expect(sent(second)).toEqual([{ type: 'remove_workspace', workspace: 'c' }]);
    expect(outcomes(machine.happen('protocol_error code=unknown_workspace'))).toEqual([
      'r3 UNKNOWN_WORKSPACE',
    ]);
    expect([...machine.worker().workspaces]).toEqual(['a', 'c']);
    expect(machine.timers).not.toHaveProperty('request r3');
  });

  test('is not taken for removed, nor for refused, by news of another one or of another matter', () => {
    const machine = ManagerMachine.connected('workspaces=a,b');
    machine.happen(removal('r1', 'a'), removal('r2', 'b'));
    expect(outcomes(machine.happen('workspace_removed workspace=b'))).toEqual([]);
    expect(outcomes(machine.happen('protocol_error code=invalid_message'))).toEqual([]);
    expect(outcomes(machine.happen('workspace_removed workspace=a'))).toEqual(['r1 answered by w1']);
    expect(outcomes(machine.happen('workspace_removed workspace=b'))).toEqual(['r2 answered by w1']);
    expect(
      outcomes(machine.happen('workspace_removed workspace=b', 'protocol_error code=workspace_busy')),
    ).toEqual([]);
  });

  test('is removed, or is not, whatever else its worker is asked meanwhile', () => {
    const machine = ManagerMachine.connected('workspaces=a');
    machine.happen('request_made id=r1 kind=load');
    expect(sent(machine.happen(removal('r2', 'a')))).toEqual([{ type: 'remove_workspace', workspace: 'a' }]);
    expect(outcomes(machine.happen('protocol_error code=workspace_busy'))).toEqual(['r2 WORKSPACE_BUSY']);
  });

  test('is removed at its own worker, whatever another one says', () => {
    const machine = ManagerMachine.connected('workspaces=a');
    machine.happen(
      'worker_named url=ws://b',
      'connection_opened worker=w2',
      'welcome worker=w2 workspaces=a',
    );
    machine.happen(removal('r1', 'a'));
    expect(outcomes(machine.happen('workspace_removed worker=w2 workspace=a'))).toEqual([]);
    expect(only(machine.happen(removal('r2', 'a', 'w2')), 'send')).toMatchObject([{ workerKey: 'w2' }]);
    expect(outcomes(machine.happen('workspace_removed workspace=a'))).toEqual(['r1 answered by w1']);
  });

  test('whose removal was on its way when the connection was lost is removed on the next', () => {
    const machine = ManagerMachine.connected('workspaces=a');
    machine.happen(removal('r1', 'a'), 'connection_lost', 'connection_opened');
    expect(sent(machine.happen('welcome workspaces=a'))).toEqual([
      { type: 'remove_workspace', workspace: 'a' },
    ]);
  });

  test('may take its worker 60 s to remove, and no longer', () => {
    const machine = ManagerMachine.connected('workspaces=a');
    machine.happen(removal('r1', 'a'));
    expect(outcomes(machine.happen('pass ms=59999'))).toEqual([]);
    expect(only(machine.happen('pass ms=1'), 'refuse_request')).toMatchObject([
      { fault: { code: 'NOT_ANSWERED', message: expect.stringContaining('remove_workspace') } },
    ]);
  });

  test('that was removed is no home any more: a task in it goes where there is most room', () => {
    const machine = ManagerMachine.connected('slots=3');
    machine.happen('worker_named url=ws://b', 'connection_opened worker=w2', 'welcome worker=w2 slots=3');
    const home = (task: string) =>
      only(machine.happen(`task_submitted task=${task} workspace=a`), 'send')[0]?.workerKey;
    expect([home('t1'), home('t2')]).toEqual(['w1', 'w1']);
    machine.happen('workspace_removed workspace=a');
    expect(home('t3')).toBe('w2');
  });
});

test('what is asked when the manager is closed is refused as CLOSED', () => {
  const machine = ManagerMachine.connected();
  machine.happen('request_made id=r1 kind=load');
  expect(outcomes(machine.happen('close_asked'))).toEqual(['r1 CLOSED']);
});
