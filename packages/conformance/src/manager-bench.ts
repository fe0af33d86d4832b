/** What a check of a manager works with: a scripted worker of its own, and the manager's program. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecuteCommand } from '@sandcrew/protocol';
import { Mismatch, shown } from './core/mismatch.js';
import { ManagerProcess } from './io/manager-process.js';
import { helloOf, type ManagerConnection, ScriptedWorker } from './io/scripted-worker.js';

export interface ManagerTarget {
  /** The program's command line, placeholders and all. */
  readonly words: readonly string[];
  readonly patienceMs: number;
}

const COMMAND = 'echo conformance';

export class ManagerBench {
  readonly patienceMs: number;
  readonly worker: ScriptedWorker;
  readonly #words: readonly string[];
  readonly #directory = mkdtempSync(join(tmpdir(), 'conformance-'));
  #process: ManagerProcess | null = null;

  constructor({ words, patienceMs }: ManagerTarget) {
    this.#words = words;
    this.patienceMs = patienceMs;
    this.worker = new ScriptedWorker(randomBytes(32).toString('hex'), patienceMs);
    this.worker.script = (connection, message) => {
      if (message.type === 'hello') this.worker.welcome(connection);
    };
  }

  /** The program, once `run` has started it. */
  get program(): ManagerProcess {
    if (this.#process === null) throw new Error('the program was not started');
    return this.#process;
  }

  /** Starts the program. */
  async run(): Promise<void> {
    const url = await this.worker.listen();
    const tokenFile = join(this.#directory, 'token');
    writeFileSync(tokenFile, `${this.worker.token}\n`, { mode: 0o600 });
    const program = { words: this.#words, url, tokenFile, command: COMMAND };
    this.#process = new ManagerProcess(program, () => this.worker.nudge());
  }

  /** Starts it, answers hello, and waits for the command. */
  async runUntilCommand(): Promise<{ connection: ManagerConnection; taskId: string }> {
    await this.run();
    return this.command();
  }

  /** The first command that came, and its connection. */
  async command(): Promise<{ connection: ManagerConnection; taskId: string; message: ExecuteCommand }> {
    await this.#unlessEnded(
      () => this.worker.received.some(({ type }) => type === 'execute_command'),
      'execute_command',
    );
    for (const connection of this.worker.connections) {
      const message = connection.received.find((one) => one.type === 'execute_command');
      if (message !== undefined) return { connection, taskId: message.taskId, message };
    }
    throw new Mismatch('execute_command', 'none');
  }

  /** The connection that was made after `older`, once it asked for the task's output; and from where. */
  async resumption(
    older: ManagerConnection,
    taskId: string,
  ): Promise<{ connection: ManagerConnection; offset: number }> {
    const find = () => {
      for (const connection of this.worker.connections.slice(this.worker.connections.indexOf(older) + 1)) {
        const inHello = helloOf(connection)?.resume?.find((one) => one.taskId === taskId);
        const message = connection.received.find(
          (one) => one.type === 'resume_task' && one.taskId === taskId,
        );
        const offset = inHello?.offset ?? (message?.type === 'resume_task' ? message.offset : undefined);
        if (offset !== undefined) return { connection, offset };
      }
      return null;
    };
    await this.#unlessEnded(() => find() !== null, 'a new connection that resumes the task');
    return find() as { connection: ManagerConnection; offset: number };
  }

  /** Waits for the end of the program, and gives its status. */
  async ended(what = 'the end of the program'): Promise<number | null> {
    await this.worker.until(() => this.program.isEnded, what, 3 * this.patienceMs);
    if (this.program.failure !== null) throw new Mismatch('a program that starts', this.program.failure);
    return this.program.status;
  }

  async dispose(): Promise<void> {
    await this.#process?.kill();
    await this.worker.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #unlessEnded(holds: () => boolean, what: string): Promise<void> {
    await this.worker.until(() => holds() || this.program.isEnded, what);
    if (holds()) return;
    const { failure, status, stderr } = this.program;
    throw new Mismatch(what, failure ?? `the program ended with ${status}: ${shown(stderr.toString())}`);
  }
}
