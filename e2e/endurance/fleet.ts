/** The workers of a run of endurance, each behind a proxy: one that is never killed, one that is, again and again. */
import { FaultProxy } from '@sandcrew/testkit';
import { startWorker, type WorkerProcess } from '../worker-process.js';

export interface Member {
  readonly proxy: FaultProxy;
  readonly token: string;
  worker: WorkerProcess;
}

export class Fleet {
  /** Workers that were killed so far. */
  deaths = 0;
  /** Connections that were cut or went dead, and stops. */
  disturbances = 0;
  readonly #steady: Member;
  readonly #mortal: Member;
  #rebirth: Promise<void> = Promise.resolve();
  #isMortalUp = true;

  /** Made by `start`. */
  constructor(steady: Member, mortal: Member) {
    this.#steady = steady;
    this.#mortal = mortal;
  }

  static async start(): Promise<Fleet> {
    const [steady, mortal] = await Promise.all([startMember('steady'), startMember('mortal')]);
    return new Fleet(steady, mortal);
  }

  get addresses(): readonly { readonly url: string; readonly token: string }[] {
    return [this.#steady, this.#mortal].map(addressOf);
  }

  get steady(): { readonly url: string; readonly token: string } {
    return addressOf(this.#steady);
  }

  /** Both are up when it resolves. Rejects where none could be started in the place of one that was killed. */
  get rebirth(): Promise<void> {
    return this.#rebirth;
  }

  get steadyWorker(): WorkerProcess {
    return this.#steady.worker;
  }

  get workerPids(): readonly number[] {
    return [this.#steady, this.#mortal].map(({ worker }) => worker.pid);
  }

  cut(who: 'steady' | 'mortal'): void {
    this.disturbances++;
    this.#member(who).proxy.cut();
  }

  halfOpen(who: 'steady' | 'mortal', direction: 'up' | 'down'): void {
    this.disturbances++;
    this.#member(who).proxy.halfOpen(direction);
  }

  /** Stops a worker for a while. */
  pause(who: 'steady' | 'mortal', forMs: number): void {
    const { worker } = this.#member(who);
    this.disturbances++;
    worker.process.kill('SIGSTOP');
    setTimeout(() => worker.process.kill('SIGCONT'), forMs);
  }

  /** kill -9 of the mortal one; another comes in its place after a while. */
  killMortal(afterMs: number): void {
    if (!this.#isMortalUp) return;
    this.#isMortalUp = false;
    const dead = this.#mortal.worker;
    this.deaths++;
    dead.process.kill('SIGKILL');
    this.#rebirth = (async () => {
      await dead.stop();
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      this.#mortal.worker = await startWorker(argsOf('mortal'), [this.#mortal.token]);
      this.#mortal.proxy.redirect(this.#mortal.worker.url);
      this.#isMortalUp = true;
    })();
    this.#rebirth.catch(() => {}); // told at the end
  }

  async stop(): Promise<void> {
    await this.#rebirth.catch(() => {});
    for (const { worker, proxy } of [this.#steady, this.#mortal]) {
      worker.process.kill('SIGCONT');
      await worker.stop();
      await proxy.close();
    }
  }

  #member(who: 'steady' | 'mortal'): Member {
    return who === 'steady' ? this.#steady : this.#mortal;
  }
}

async function startMember(name: string): Promise<Member> {
  const worker = await startWorker(argsOf(name));
  return { worker, token: worker.token, proxy: await FaultProxy.listen(worker.url) };
}

function argsOf(name: string): string[] {
  return ['--worker-id', name, '--max-tasks', '8', '--log-level', 'warn'];
}

function addressOf({ proxy, token }: Member) {
  return { url: proxy.url, token };
}
