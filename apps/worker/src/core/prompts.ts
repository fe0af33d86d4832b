/** The prompt that a command has on its screen: the last line of its output that has no end yet. */
import { textOf } from './utf8.js';

/** So many of the last bytes of a stream are looked at. */
export const PROMPT_BYTES = 512;
const MAX_PROMPT_CHARACTERS = 200;
const NEWLINE = 0x0a;

/** Escape sequences: CSI with its final byte, OSC up to its end, and those of two characters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what they begin with
const ESCAPES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[()][0-9A-Za-z]|[ -~])/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: what is left of them is not for reading
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g;

/**
 * @param tail the last bytes of a stream
 * @returns the text after the last line end, without escape sequences, trimmed; '' where the last line is complete
 */
export function readPrompt(tail: Uint8Array): string {
  const text = textOf(tail.subarray(tail.lastIndexOf(NEWLINE) + 1)).replace(ESCAPES, '');
  // A carriage return begins the line anew: what stands after the last one with text is on the screen.
  const shown = text.split('\r').findLast((part) => part.replace(CONTROLS, '').trim() !== '') ?? '';
  const prompt = shown.replace(CONTROLS, '').trim();
  return prompt.length > MAX_PROMPT_CHARACTERS ? `…${prompt.slice(-MAX_PROMPT_CHARACTERS)}` : prompt;
}
