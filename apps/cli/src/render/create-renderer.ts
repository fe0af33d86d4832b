/** Chooses how a command is shown on our own streams. */
import { OutputSink } from '../output-sink.js';
import { JsonRenderer } from './json-renderer.js';
import type { TaskRenderer } from './task-renderer.js';
import { TextRenderer } from './text-renderer.js';

const QUIET_MS = 5_000;

export interface Showing {
  readonly tellsSilence: boolean;
  /** Whether our terminal is joined to the task's: it then takes newlines as they are. */
  readonly joinsTerminal?: boolean;
}

export function createRenderer(
  format: 'text' | 'json',
  { tellsSilence, joinsTerminal = false }: Showing,
): TaskRenderer {
  const stdout = new OutputSink(process.stdout);
  const stderr = new OutputSink(process.stderr);
  if (format === 'json') return new JsonRenderer(stdout, stderr);
  return new TextRenderer(stdout, stderr, {
    isColored: (process.env['NO_COLOR'] ?? '') === '',
    quietMs: tellsSilence ? QUIET_MS : null,
    lineEnd: joinsTerminal ? '\r\n' : '\n',
  });
}
