/** Chooses how a command is shown on our own streams. */
import { fstatSync } from 'node:fs';
import { OutputSink } from '../output-sink.js';
import { type Answerer, isTyping } from './block-sentences.js';
import type { WorkerPlace } from './containment-sentences.js';
import { JsonRenderer } from './json-renderer.js';
import type { TaskRenderer } from './task-renderer.js';
import { TextRenderer } from './text-renderer.js';

const QUIET_MS = 5_000;

/** What is said beside the command's output and end. */
export interface Telling {
  /** Whether a long silence is, on a terminal. Default true. */
  readonly tellsSilence?: boolean;
  /** Where the worker is, for what is said of what holds the command, on a terminal. Default null: that is not said. */
  readonly containedAt?: WorkerPlace | null;
  /** Whether what only a terminal is told is told in a pipe too, but for silences and suspicions. Default false. */
  readonly isVerbose?: boolean;
}

/**
 * @param answerer Who can answer the command now. Somebody at our terminal is told neither of a silence nor, unless it is
 *   asked for, of what holds the command: the screen is that of the command and what they type to it.
 */
export function createRenderer(
  format: 'text' | 'json',
  answerer: () => Answerer,
  { tellsSilence = true, containedAt = null, isVerbose = false }: Telling = {},
): TaskRenderer {
  const stdout = new OutputSink(process.stdout);
  const stderr = new OutputSink(process.stderr);
  if (format === 'json') return new JsonRenderer(stdout, stderr);
  return new TextRenderer(stdout, stderr, {
    isColored: (process.env['NO_COLOR'] ?? '') === '',
    quietMs: tellsSilence && !isTyping(answerer()) ? QUIET_MS : null,
    lineEnd: answerer() === 'keys' ? '\r\n' : '\n',
    isOneStream: isSameFile(process.stdout.fd, process.stderr.fd),
    answerer,
    containedAt: isVerbose || (stderr.isTerminal && !isTyping(answerer())) ? containedAt : null,
  });
}

function isSameFile(one: number, other: number): boolean {
  const [first, second] = [fstatSync(one), fstatSync(other)];
  return first.dev === second.dev && first.ino === second.ino;
}
