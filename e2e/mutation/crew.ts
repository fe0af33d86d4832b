/** Some processes that try mutants, one each at a time: one that takes too long, or dies, is replaced. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Order, Reply } from './trial.js';

const TRIAL = fileURLToPath(new URL('./trial.js', import.meta.url));
/** Modules are never forgotten: a process is replaced before they fill its memory. */
const MAX_ORDERS = 400;

/** `overdue`: it took too long. `dead`: it ended by itself. */
export type Answer = Reply | { readonly type: 'overdue' | 'dead' };

export class CrewMember {
  #child: ChildProcess | null = null;
  #orders = 0;

  constructor() {
    // A mutant that never ends would go on without anybody.
    process.once('exit', () => this.end());
  }

  async ask(order: Order, timeoutMs: number): Promise<Answer> {
    if (this.#orders++ % MAX_ORDERS === 0) this.end();
    this.#child ??= fork(TRIAL, {
      execArgv: ['--experimental-vm-modules', '--experimental-import-meta-resolve', '--no-warnings'],
      // The same walks each time, and nothing of what a mutant says.
      env: { ...process.env, SEED: '1' },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const child = this.#child;
    const answer = await new Promise<Answer>((resolve) => {
      const timer = setTimeout(() => settle({ type: 'overdue' }), timeoutMs);
      const hear = (reply: Reply) => settle(reply);
      const miss = () => settle({ type: 'dead' });
      const settle = (said: Answer) => {
        clearTimeout(timer);
        child.off('message', hear).off('exit', miss);
        resolve(said);
      };
      child.once('message', hear).once('exit', miss);
      child.send(order);
    });
    if (answer.type === 'overdue' || answer.type === 'dead') this.end();
    return answer;
  }

  end(): void {
    this.#child?.kill('SIGKILL');
    this.#child = null;
  }
}
