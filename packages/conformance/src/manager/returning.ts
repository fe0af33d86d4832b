/** What a manager does about a connection that was lost. */
import type { Citation } from '../core/check.js';
import { expectSame, expectThat } from '../core/mismatch.js';
import type { ManagerConnection } from '../io/scripted-worker.js';
import type { ManagerBench } from '../manager-bench.js';
import type { ManagerCheck } from './manager-check.js';

const LOST = 'Lost connections, restarts, shutdown';
const RESUME: Citation = ['Output', 'Output comes from N on, none of it lost and none twice.'];
const RESTART: Citation = [LOST, 'a manager that meets a new `bootId` knows that they are lost'];
const TEXT = 'one\ntwo\nthree\nfour\n';

export const RETURNING_CHECKS: readonly ManagerCheck[] = [
  {
    id: 'returning.resumes',
    says: 'After a lost connection it resumes the task, and no byte is lost or comes twice.',
    cites: RESUME,
    run: async (bench) => {
      const { connection, taskId } = await beginTask(bench, 8);
      connection.socket.terminate();
      const { connection: next, offset } = await bench.resumption(connection, taskId);
      expectThat(offset <= 8, 'an offset up to the 8 bytes that were sent', offset);
      bench.worker.output(next, taskId, offset, Buffer.from(TEXT).subarray(offset));
      bench.worker.complete(next, taskId, TEXT.length);
      expectSame('its status', await bench.ended(), 0);
      expectSame('its stdout', bench.program.stdout.toString(), TEXT);
    },
  },
  {
    id: 'returning.starts-nothing',
    says: 'It does not start the task again at a worker that still has it.',
    cites: ['Commands', 'The same `execute_command` under an id that is known starts nothing'],
    run: async (bench) => {
      const { connection, taskId } = await beginTask(bench, 8);
      connection.socket.terminate();
      const { connection: next, offset } = await bench.resumption(connection, taskId);
      bench.worker.output(next, taskId, offset, Buffer.from(TEXT).subarray(offset));
      bench.worker.complete(next, taskId, TEXT.length);
      await bench.ended();
      const ids = bench.worker.received.flatMap((one) =>
        one.type === 'execute_command' ? [one.taskId] : [],
      );
      expectSame('the tasks that it started', [...new Set(ids)], [taskId]);
    },
  },
  {
    id: 'returning.ended-meanwhile',
    says: 'A task that ended while it was away is told with its end.',
    cites: ['Output', 'After the replay of an ended task its terminal message comes again'],
    run: async (bench) => {
      const { connection, taskId } = await beginTask(bench, 8);
      bench.worker.tasks = [{ taskId, state: 'complete', ackedOffset: 0, endOffset: TEXT.length }];
      connection.socket.terminate();
      const { connection: next, offset } = await bench.resumption(connection, taskId);
      bench.worker.output(next, taskId, offset, Buffer.from(TEXT).subarray(offset));
      bench.worker.complete(next, taskId, TEXT.length, { exitCode: 5 });
      expectSame('its status', await bench.ended(), 5);
      expectSame('its stdout', bench.program.stdout.toString(), TEXT);
    },
  },
  {
    id: 'returning.lost',
    says: 'A task that died with its worker is not told as a success; it is lost, or run again.',
    cites: RESTART,
    run: async (bench) => {
      const { connection, taskId } = await beginTask(bench, 8);
      bench.worker.bootId = 'boot-2';
      bench.worker.tasks = [];
      const commands = () => bench.worker.received.filter(({ type }) => type === 'execute_command').length;
      connection.socket.terminate();
      await bench.worker.until(
        () => bench.worker.connections.length > 1 || bench.program.isEnded,
        'a new connection',
      );
      const before = commands();
      const [, next] = bench.worker.connections;
      if (next !== undefined) refuseResumes(bench, next, taskId);
      await bench.worker.until(
        () => bench.program.isEnded || commands() > before,
        'an end, or a new start',
        3 * bench.patienceMs,
      );
      if (bench.program.isEnded) expectThat(bench.program.status !== 0, 'a status that is not 0', 0);
    },
  },
  {
    id: 'returning.shutdown',
    says: 'A task that the worker ended in its shutdown is not told as a success.',
    cites: [LOST, 'ends the rest with `worker_shutdown`, and closes with 1001'],
    run: async (bench) => {
      const { connection, taskId } = await beginTask(bench, 8);
      const known = {
        exitCode: null,
        signal: 'SIGTERM',
        durationMs: 1,
        outputBytes: 8,
        usage: {},
        leftover: 0,
      };
      bench.worker.send(connection, {
        type: 'task_error',
        taskId,
        code: 'worker_shutdown',
        message: 'bye',
        ...known,
      });
      connection.socket.close(1001);
      const commands = () => bench.worker.received.filter(({ type }) => type === 'execute_command').length;
      await bench.worker.until(
        () => bench.program.isEnded || commands() > 1,
        'an end, or a new start',
        3 * bench.patienceMs,
      );
      if (bench.program.isEnded) expectThat(bench.program.status !== 0, 'a status that is not 0', 0);
    },
  },
];

/** A task that runs and has sent the first bytes of TEXT. */
async function beginTask(
  bench: ManagerBench,
  bytes: number,
): Promise<{ connection: ManagerConnection; taskId: string }> {
  const { connection, taskId } = await bench.runUntilCommand();
  bench.worker.start(connection, taskId);
  bench.worker.output(connection, taskId, 0, Buffer.from(TEXT).subarray(0, bytes));
  bench.worker.tasks = [{ taskId, state: 'running', ackedOffset: 0, endOffset: bytes }];
  await bench.worker.until(() => bench.program.stdout.length >= bytes, 'the first bytes on its stdout');
  return { connection, taskId };
}

/** As a worker that knows nothing of the task, also where it was asked already. */
function refuseResumes({ worker }: ManagerBench, connection: ManagerConnection, taskId: string): void {
  const refuse = () =>
    worker.send(connection, {
      type: 'protocol_error',
      code: 'unknown_task',
      message: 'no such task',
      taskId,
    });
  const wants = (message: { type: string; resume?: readonly { taskId: string }[] | undefined }) =>
    message.type === 'resume_task' || (message.resume ?? []).some((one) => one.taskId === taskId);
  for (const message of connection.received) if (wants(message)) refuse();
  worker.script = (from, message) => {
    if (from === connection && wants(message)) refuse();
    if (from !== connection && message.type === 'hello') worker.welcome(from);
  };
}
