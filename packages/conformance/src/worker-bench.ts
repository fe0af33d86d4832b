/** What a check of a worker works with: connections, names of its own, and a hand that clears away behind it. */
import { randomBytes } from 'node:crypto';
import { Mismatch, Skipped } from './core/mismatch.js';
import { delay, monotonicMs } from './io/clock.js';
import { askUpgrade, type UpgradeAnswer, type UpgradeRequest } from './io/upgrade-request.js';
import { type Message, WireClient } from './io/wire-client.js';

export interface WorkerTarget {
  /** `ws://` or `wss://`. */
  readonly url: string;
  readonly token: string;
  /** A token of another name, where one was given. */
  readonly otherToken: string | null;
  /** How long an answer is waited for, milliseconds. */
  readonly patienceMs: number;
}

export interface Introduction {
  readonly managerId?: string;
  readonly output?: 'text' | 'binary';
  readonly resume?: readonly { readonly taskId: string; readonly offset: number }[];
  readonly token?: string;
}

/** A connection after its `hello`. */
export interface ManagerClient {
  readonly client: WireClient;
  readonly welcome: Message;
  readonly managerId: string;
}

const CLEAR_AWAY_MS = 2_000;

export class WorkerBench {
  readonly target: WorkerTarget;
  readonly #clients: WireClient[] = [];
  /** By manager: the token, and the tasks it began. */
  readonly #managers = new Map<string, { readonly token: string; readonly clients: WireClient[] }>();
  readonly #workspaces: string[] = [];
  readonly #onDispose: (() => void)[] = [];
  #isDisposed = false;

  constructor(target: WorkerTarget) {
    this.target = target;
  }

  /** A name that no other check and no earlier run has. */
  name(what: string): string {
    return `${what}-${randomBytes(6).toString('hex')}`;
  }

  /** The name of a workspace that is removed when the check has ended. */
  workspace(): string {
    const name = this.name('conformance');
    this.#workspaces.push(name);
    return name;
  }

  /** @throws {Skipped} where no second token was given. */
  get otherToken(): string {
    if (this.target.otherToken === null)
      throw new Skipped('it needs a token of another name: --other-token-file');
    return this.target.otherToken;
  }

  /** A connection that has sent nothing yet. */
  async plain(token = this.target.token): Promise<WireClient> {
    if (this.#isDisposed) throw new Mismatch('the check to go on', 'its end');
    const client = await WireClient.dial(this.target.url, token, this.target.patienceMs);
    this.#clients.push(client);
    if (this.#isDisposed) await client.cut(); // the check was given up meanwhile
    return client;
  }

  /** A connection that has said `hello` and was welcomed. */
  async manager(introduction: Introduction = {}): Promise<ManagerClient> {
    const {
      managerId = this.name('manager'),
      output = 'text',
      resume,
      token = this.target.token,
    } = introduction;
    const client = await this.plain(token);
    const known = this.#managers.get(managerId) ?? { token, clients: [] };
    known.clients.push(client);
    this.#managers.set(managerId, known);
    client.send({ type: 'hello', managerId, output, ...(resume === undefined ? {} : { resume }) });
    const welcome = await client.next('welcome');
    return { client, welcome, managerId };
  }

  upgrade(request: UpgradeRequest): Promise<UpgradeAnswer> {
    return askUpgrade(new URL(this.target.url), request, this.target.patienceMs);
  }

  /** The status that an upgrade with these headers gets. */
  async upgradeStatus(request: UpgradeRequest): Promise<number> {
    const { status, socket } = await this.upgrade(request);
    socket?.destroy();
    return status;
  }

  /** Runs a command of its own connection, and gives what it wrote. */
  async look(workspace: string, command: string): Promise<string> {
    const client = await this.plain();
    client.execute('look', command, { workspace });
    await client.terminal('look');
    const text = client.text('look');
    await client.close();
    return text;
  }

  /** Calls `clear` when the check has ended. */
  onDispose(clear: () => void): void {
    this.#onDispose.push(clear);
  }

  /** Ends what the check left running, removes its workspaces, closes its connections. Never throws. */
  async dispose(): Promise<void> {
    this.#isDisposed = true;
    for (const clear of this.#onDispose) clear();
    await this.#clearAway().catch(() => {});
    await Promise.all(this.#clients.map((client) => client.cut()));
  }

  async #clearAway(): Promise<void> {
    for (const [managerId, { token, clients }] of this.#managers) {
      const tasks = new Set(clients.flatMap(({ executed }) => [...executed]));
      if (tasks.size === 0) continue;
      const open = clients.find(({ isOpen }) => isOpen) ?? (await this.#comeBack(managerId, token));
      for (const taskId of tasks) open.send({ type: 'forget_task', taskId });
      await open.settle();
    }
    if (this.#workspaces.length === 0) return;
    for (const client of this.#clients) await client.cut(); // plain clients' tasks end with them
    const last = await WireClient.dial(this.target.url, this.target.token, CLEAR_AWAY_MS);
    this.#clients.push(last);
    for (const workspace of this.#workspaces) await removeWorkspace(last, workspace);
  }

  async #comeBack(managerId: string, token: string): Promise<WireClient> {
    const client = await WireClient.dial(this.target.url, token, CLEAR_AWAY_MS);
    this.#clients.push(client);
    client.send({ type: 'hello', managerId, output: 'text' });
    return client;
  }
}

/** What ran in it may need a moment to be gone. */
async function removeWorkspace(client: WireClient, workspace: string): Promise<void> {
  const deadlineMs = monotonicMs() + CLEAR_AWAY_MS;
  for (;;) {
    const from = client.received.length;
    client.send({ type: 'remove_workspace', workspace });
    const answer = await client.next(['workspace_removed', 'protocol_error'], undefined, from);
    if (answer['code'] !== 'workspace_busy' || monotonicMs() > deadlineMs) return;
    await delay(50);
  }
}
