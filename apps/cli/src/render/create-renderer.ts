/** Chooses how a command is shown on our own streams. */
import { OutputSink } from '../output-sink.js';
import { JsonRenderer } from './json-renderer.js';
import type { TaskRenderer } from './task-renderer.js';
import { TextRenderer } from './text-renderer.js';

const QUIET_MS = 5_000;

export function createRenderer(format: 'text' | 'json', tellsSilence: boolean): TaskRenderer {
  const stdout = new OutputSink(process.stdout);
  if (format === 'json') return new JsonRenderer(stdout);
  const isColored = (process.env['NO_COLOR'] ?? '') === '';
  return new TextRenderer(stdout, new OutputSink(process.stderr), {
    isColored,
    quietMs: tellsSilence ? QUIET_MS : null,
  });
}
