/** Tells whether a running task is blocked and why, from what the host shows of it. The judgement itself is core's. */
import type { BlockFinding } from '../core/event.js';
import { type BlockEvidence, type BlockVerdict, judgeBlock } from '../core/judge-block.js';
import type { ProcessManager } from './process-manager.js';

export class BlockDetector {
  readonly #processes: ProcessManager;

  constructor(processes: ProcessManager) {
    this.#processes = processes;
  }

  /** Whether a task cannot go on by itself, as far as its evidence tells. */
  isProcessBlocked(evidence: BlockEvidence, timeoutMs: number): boolean {
    return this.determineBlockReason(evidence, timeoutMs) !== null;
  }

  /** Why, or null where nothing speaks against its going on. */
  determineBlockReason(evidence: BlockEvidence, timeoutMs: number): BlockVerdict['reason'] | null {
    return judgeBlock(evidence, timeoutMs)?.reason ?? null;
  }

  /** Who holds the output of a command that has exited, and what they use. */
  async examine(taskKey: string): Promise<BlockFinding> {
    const processes = this.#processes.listProcesses(taskKey);
    const holders = processes.map(({ pid, name }) => `${name} (pid ${pid})`).join(', ');
    const summary = `the command has exited and its output is held open by ${holders || 'a process that is out of reach'}`;
    return { summary, processes, resourceUsage: await this.#processes.getResourceUsage(taskKey) };
  }
}
