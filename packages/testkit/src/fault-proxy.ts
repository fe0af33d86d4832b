/**
 * A network that goes wrong on purpose: a TCP proxy between a manager and a worker. It cuts, delays, slows and loses what
 * passes, on order. It knows WebSocket's frames, so that it can cut where one ends, and nothing of what they say.
 */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { FrameReader } from './frame-reader.js';

/** `up`: from who dials to who is dialled. `down`: back. */
export type Direction = 'up' | 'down';

export interface Passage {
  /** Each byte comes so much later, milliseconds. Default 0. */
  readonly delayMs?: number;
  /** At most so much passes, bytes a second. Default: as much as there is. */
  readonly bytesPerSecond?: number;
}

/** `welcome`, and the `heartbeat` behind it. */
const GREETING_FRAMES = 2;

export class FaultProxy {
  /** WebSocket frames that passed whole, over all connections. */
  readonly frames: Record<Direction, number> = { up: 0, down: 0 };
  connections = 0;
  readonly #server: Server;
  #target: { readonly host: string; readonly port: number };
  readonly #links = new Set<Link>();
  readonly #passages: Record<Direction, Passage> = { up: {}, down: {} };
  #refuses = false;
  #cutAfter: { readonly direction: Direction; readonly frame: number } | null = null;

  /** Made by `listen`. */
  constructor(target: { readonly host: string; readonly port: number }) {
    this.#target = target;
    this.#server = createServer((near) => this.#accept(near));
  }

  /** @param url the `ws://` URL of the worker behind it. */
  static async listen(url: string): Promise<FaultProxy> {
    const proxy = new FaultProxy(targetOf(url));
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  /** To dial instead of the worker's own. */
  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get openConnections(): number {
    return this.#links.size;
  }

  /** Resets every connection: both ends hear of it at once. */
  cut(): void {
    for (const link of [...this.#links]) link.cut();
  }

  /**
   * Cuts each so often, milliseconds, every connection on which more than its greeting came down: were it cut before, nothing
   * would ever pass where greetings take longer than that. Until `calm` is called.
   */
  cutEach(everyMs: number): { readonly cuts: () => number; readonly calm: () => void } {
    let cuts = 0;
    const timer = setInterval(() => {
      for (const link of [...this.#links]) {
        if (link.downFrames <= GREETING_FRAMES) continue;
        cuts++;
        link.cut();
      }
    }, everyMs);
    return { cuts: () => cuts, calm: () => clearInterval(timer) };
  }

  /** Cuts when the n-th frame of a direction, counted from 1 over all connections, has passed whole. */
  cutAfterFrame(direction: Direction, frame: number): void {
    this.#cutAfter = { direction, frame };
  }

  /** What comes that way from now on is taken and goes nowhere, on the connections that there are: nobody hears of it. */
  halfOpen(direction: Direction): void {
    for (const link of this.#links) link.drop(direction);
  }

  /** Where new connections lead from now on: a worker that was started again has another port. */
  redirect(url: string): void {
    this.#target = targetOf(url);
  }

  /** How bytes pass that way, on connections that are made from now on. */
  pass(direction: Direction, passage: Passage): void {
    this.#passages[direction] = passage;
  }

  /** Whether new connections are reset at once. */
  refuse(refuses: boolean): void {
    this.#refuses = refuses;
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(near: Socket): void {
    if (this.#refuses) {
      near.resetAndDestroy();
      return;
    }
    this.connections++;
    const link = new Link(near, connect(this.#target), this.#passages, {
      closed: () => this.#links.delete(link),
      framePassed: (direction) => {
        this.frames[direction]++;
        const order = this.#cutAfter;
        if (order?.direction !== direction || this.frames[direction] !== order.frame) return false;
        this.#cutAfter = null;
        return true;
      },
    });
    this.#links.add(link);
  }
}

function targetOf(url: string) {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port) };
}

interface LinkEvents {
  closed(): void;
  /** @returns whether the connection is to be cut behind this frame. */
  framePassed(direction: Direction): boolean;
}

/** One connection: two sockets, and what passes between them. */
class Link {
  /** Whole frames that came down on it. */
  downFrames = 0;
  readonly #near: Socket;
  readonly #far: Socket;
  readonly #events: LinkEvents;
  readonly #dropped = new Set<Direction>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #closed = new Set<Direction>();
  #isOver = false;

  constructor(near: Socket, far: Socket, passages: Record<Direction, Passage>, events: LinkEvents) {
    this.#near = near;
    this.#far = far;
    this.#events = events;
    this.#carry('up', near, far, passages.up);
    this.#carry('down', far, near, passages.down);
    near.on('close', () => this.#end('up'));
    far.on('close', () => this.#end('down'));
    for (const socket of [near, far]) {
      socket.setNoDelay(true);
      socket.on('error', () => {}); // 'close' follows
    }
  }

  drop(direction: Direction): void {
    this.#dropped.add(direction);
  }

  cut(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const timer of this.#timers) clearTimeout(timer);
    // What was passed on before is still delivered to a peer that reads; a reset alone might overtake it.
    for (const socket of [this.#near, this.#far]) {
      if (socket.writableLength > 0) socket.destroySoon();
      else socket.resetAndDestroy();
    }
    this.#events.closed();
  }

  /** Who sends in this direction is gone. The other end hears of it, unless what goes that way is lost. */
  #end(direction: Direction): void {
    this.#closed.add(direction);
    if (!this.#dropped.has(direction) || this.#closed.size === 2) this.cut();
  }

  #carry(direction: Direction, from: Socket, to: Socket, { delayMs = 0, bytesPerSecond }: Passage): void {
    const reader = new FrameReader();
    let isFree = performance.now();
    const deliver = (bytes: Buffer, isCut: boolean) => {
      if (this.#isOver) return;
      if (!this.#dropped.has(direction) && !to.write(bytes)) {
        from.pause();
        to.once('drain', () => from.resume());
      }
      if (isCut) this.cut();
    };
    const later = (bytes: Buffer, isCut: boolean) => {
      const nowMs = performance.now();
      const tookMs = bytesPerSecond === undefined ? 0 : (bytes.length / bytesPerSecond) * 1_000;
      isFree = Math.max(isFree, nowMs) + tookMs;
      const waitMs = isFree - nowMs + delayMs;
      if (waitMs <= 0) return deliver(bytes, isCut);
      if (tookMs > 0) from.pause(); // a slow way takes no more than it carries
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        deliver(bytes, isCut);
        if (tookMs > 0) from.resume();
      }, waitMs);
      this.#timers.add(timer);
    };
    from.on('data', (bytes: Buffer) => {
      let start = 0;
      for (const end of reader.read(bytes)) {
        if (direction === 'down') this.downFrames++;
        if (!this.#events.framePassed(direction)) continue;
        later(bytes.subarray(start, end), true);
        start = bytes.length;
        break;
      }
      if (start < bytes.length) later(bytes.subarray(start), false);
    });
    from.on('end', () => {
      if (!this.#dropped.has(direction)) to.end();
    });
  }
}
