/**
 * What is looked for in output: words, or a regular expression that is matched in time linear in the text (RE2 syntax: no
 * look-around, no back-references), so that no pattern of a caller can hang the process (docs/adr/0019).
 */
import { RE2JS } from 're2js';
import { toolError } from './tool-error.js';

export const MAX_PATTERN_CHARACTERS = 256;
/** A line of 4 096 characters then takes some 20 ms at most, measured. */
const MAX_PROGRAM_SIZE = 1_200;

/** Whether a line has it. */
export type Pattern = (line: string) => boolean;

export interface PatternRequest {
  readonly text?: string | undefined;
  readonly regex?: string | undefined;
}

/** @returns null where nothing is looked for. @throws {ToolError} INVALID_PATTERN */
export function compilePattern({ text, regex }: PatternRequest): Pattern | null {
  if (text !== undefined && regex !== undefined)
    throw toolError('INVALID_PATTERN', 'Expected either text or regex, got both.');
  if (text !== undefined) return (line) => line.includes(text);
  if (regex === undefined) return null;
  const compiled = compile(regex);
  if (compiled.programSize() > MAX_PROGRAM_SIZE)
    throw toolError(
      'INVALID_PATTERN',
      `regex: expected one of at most ${MAX_PROGRAM_SIZE} instructions, got ${compiled.programSize()}: it repeats too much.`,
    );
  return (line) => compiled.matcher(line).find();
}

function compile(regex: string): RE2JS {
  try {
    return RE2JS.compile(regex);
  } catch (error) {
    throw toolError('INVALID_PATTERN', `regex: ${(error as Error).message}.`, error);
  }
}
