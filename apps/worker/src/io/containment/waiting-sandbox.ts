/** A sandbox of bubblewrap that stands ready: it takes its one command as a script. */
import type { Writable } from 'node:stream';
import { type ScriptTools, writeCommandScript } from '../../core/containment/command-script.js';
import type { ContainedCommand, ContainedProcess, PreparedSandbox } from './containment.js';
import type { Namespace } from './namespace.js';

/** The longest word that the kernel takes (MAX_ARG_STRLEN), its closing NUL included, bytes. */
const MAX_WORD_BYTES = 131_072;

/** Its init and the child that is to become the command run; the child reads its script. */
export class WaitingSandbox implements PreparedSandbox {
  readonly #namespace: Namespace;
  readonly #script: Writable;
  readonly #tools: ScriptTools;
  readonly #isOutdated: () => boolean;

  /** @param isOutdated Whether it shows what is hidden by now. */
  constructor(namespace: Namespace, script: Writable, tools: ScriptTools, isOutdated: () => boolean) {
    this.#isOutdated = isOutdated;
    this.#namespace = namespace;
    this.#script = script;
    this.#tools = tools;
  }

  get isSpoilt(): boolean {
    return this.#namespace.isGone || this.#isOutdated();
  }

  async run({
    argv,
    cwd,
    env,
    groupFiles,
  }: Pick<ContainedCommand, 'argv' | 'cwd' | 'env' | 'groupFiles'>): Promise<ContainedProcess | null> {
    try {
      const words = [...argv, ...Object.entries(env).map((pair) => pair.join('='))];
      if (words.some((word) => Buffer.byteLength(word) >= MAX_WORD_BYTES))
        throw Object.assign(new Error('a word of it is too long'), { code: 'E2BIG' });
      await this.#namespace.enterGroups(groupFiles);
    } catch (error) {
      const wasSpoilt = this.isSpoilt;
      this.abandon();
      if (wasSpoilt) return null;
      throw error;
    }
    if (this.isSpoilt) {
      this.abandon();
      return null;
    }
    this.#script.end(writeCommandScript({ argv, cwd, env }, this.#tools));
    return this.#namespace;
  }

  abandon(): void {
    this.#namespace.abandon();
  }
}
