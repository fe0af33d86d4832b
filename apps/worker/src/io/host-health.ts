/** Measures the host and this process for heartbeats. */
import { statfs } from 'node:fs/promises';
import { cpus, freemem, loadavg, totalmem } from 'node:os';
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import type { HostHealth } from '../core/event.js';
import { monotonicMs } from './clock.js';

export class HostHealthMeter {
  readonly #directory: string;
  readonly #startedAtMs = monotonicMs();
  readonly #loopDelay: IntervalHistogram = monitorEventLoopDelay({ resolution: 10 });
  #lastCpu = readCpuTimes();

  /** @param directory on the file system that holds the workspaces. */
  constructor(directory: string) {
    this.#directory = directory;
    this.#loopDelay.enable();
  }

  /** Since the last call, where a span is needed. */
  async measure(): Promise<HostHealth> {
    const cpu = readCpuTimes();
    const total = cpu.total - this.#lastCpu.total;
    const busy = total === 0 ? 0 : 1 - (cpu.idle - this.#lastCpu.idle) / total;
    this.#lastCpu = cpu;
    const { blocks, bavail } = await statfs(this.#directory);
    const eventLoopDelayMs = this.#loopDelay.percentile(99) / 1e6;
    this.#loopDelay.reset();
    const [one = 0, five = 0, fifteen = 0] = loadavg();
    return {
      cpu: percent(busy),
      memory: percent(1 - freemem() / totalmem()),
      disk: percent(1 - bavail / blocks),
      loadAverage: [one, five, fifteen],
      eventLoopDelayMs: Math.round(eventLoopDelayMs * 10) / 10,
      uptimeMs: Math.round(monotonicMs() - this.#startedAtMs),
    };
  }

  close(): void {
    this.#loopDelay.disable();
  }
}

function percent(share: number): number {
  return Math.round(Math.min(1, Math.max(0, share)) * 1_000) / 10;
}

function readCpuTimes(): { idle: number; total: number } {
  let idle = 0;
  let total = 0;
  for (const { times } of cpus()) {
    idle += times.idle;
    total += times.user + times.nice + times.sys + times.irq + times.idle;
  }
  return { idle, total };
}
