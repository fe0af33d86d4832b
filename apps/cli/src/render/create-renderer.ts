/** Chooses how a command is shown on our own streams. */
import { fstatSync } from 'node:fs';
import { OutputSink } from '../output-sink.js';
import { type Answerer, isTyping } from './block-sentences.js';
import { JsonRenderer } from './json-renderer.js';
import type { TaskRenderer } from './task-renderer.js';
import { TextRenderer } from './text-renderer.js';

const QUIET_MS = 5_000;

/**
 * @param answerer Who can answer the command now. Somebody at our terminal is not told of a silence: what they type stands
 *   where that would be written.
 */
export function createRenderer(
  format: 'text' | 'json',
  answerer: () => Answerer,
  tellsSilence = true,
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
  });
}

function isSameFile(one: number, other: number): boolean {
  const [first, second] = [fstatSync(one), fstatSync(other)];
  return first.dev === second.dev && first.ino === second.ino;
}
