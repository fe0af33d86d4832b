/** A worker with tasks that it looks at twice a second, or never: what looking costs is the difference of the two. */
import { readdirSync, readFileSync } from 'node:fs';
import type { WorkerMessage } from '@sandcrew/protocol';
import { WorkerConnection } from './worker-connection.js';
import { startWorker, type WorkerProcess } from './worker-process.js';

export const LOOK_EVERY_MS = 500;
const NEVER_MS = 2_147_483_647;
const START_TIMEOUT_MS = 60_000;

/** It waits for input that never comes: a worker that looks says so, and one that does not cannot know. */
const WITNESS = { taskId: 'witness', command: 'read line', stdin: 'pipe' } as const;

export class LookedAtWorker {
  readonly #worker: WorkerProcess;
  readonly #connection: WorkerConnection;
  readonly #looks: boolean;
  #isWitnessSeen = false;
  #ended = 0;

  /** With these commands running, and one more, by which it shows that it looks. */
  static async start(commands: readonly string[], looks: boolean): Promise<LookedAtWorker> {
    const intervalMs = looks ? LOOK_EVERY_MS : NEVER_MS;
    const options = ['--block-interval-ms', String(intervalMs), '--heartbeat-interval-ms', '60000'];
    const worker = await startWorker(commands.length + 1, options);
    try {
      const connection = await WorkerConnection.open(worker.url, worker.token);
      const looked = new LookedAtWorker(worker, connection, looks);
      const tasks = commands.map((command, index) => ({ taskId: `t${index}`, command }));
      await Promise.all([...tasks, WITNESS].map((task) => looked.#start(task)));
      return looked;
    } catch (error) {
      await worker.stop();
      throw error;
    }
  }

  /** Made by `start`. */
  constructor(worker: WorkerProcess, connection: WorkerConnection, looks: boolean) {
    this.#worker = worker;
    this.#connection = connection;
    this.#looks = looks;
  }

  /** CPU time of all threads of the worker so far, to the nanosecond: its `stat` counts ticks of 10 ms. */
  cpuMs(): number {
    const threads = readdirSync(`/proc/${this.#worker.pid}/task`);
    const nanoseconds = threads.map((tid) =>
      Number(readFileSync(`/proc/${this.#worker.pid}/task/${tid}/schedstat`, 'utf8').split(' ')[0]),
    );
    return nanoseconds.reduce((sum, one) => sum + one, 0) / 1e6;
  }

  /** @throws {Error} where it did not look, looked against its orders, or has fewer tasks than it was given. */
  expectHonest(): void {
    if (this.#ended > 0) throw new Error(`expected all tasks to run until the end, ${this.#ended} did not`);
    if (this.#isWitnessSeen !== this.#looks)
      throw new Error(
        `expected ${this.#looks ? 'the' : 'no'} task that waits for input to be reported, got ${this.#isWitnessSeen ? 'a' : 'no'} report`,
      );
  }

  async stop(): Promise<void> {
    this.#connection.close();
    await this.#worker.stop();
  }

  #start(task: {
    readonly taskId: string;
    readonly command: string;
    readonly stdin?: 'pipe';
  }): Promise<void> {
    return new Promise((resolve, reject) => {
      const signal = AbortSignal.timeout(START_TIMEOUT_MS);
      signal.addEventListener('abort', () => reject(new Error(`${task.taskId} did not start in time`)));
      this.#connection.listen(task.taskId, (message) => {
        if (message.type === 'execution_started') resolve();
        else if (message.type === 'task_error') reject(new Error(`${task.taskId} was refused`));
        this.#note(message);
      });
      this.#connection.send({ type: 'execute_command', timeoutMs: 0, ...task });
    });
  }

  #note(message: WorkerMessage): void {
    const { type } = message;
    if (type === 'task_complete' || type === 'task_error') this.#ended++;
    else if (type === 'block_detected' && message.taskId === WITNESS.taskId)
      this.#isWitnessSeen ||= message.reason === 'waiting_for_input';
  }
}
