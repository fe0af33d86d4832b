/**
 * Terminal text as a reader sees it: escape sequences are taken out, what a carriage return writes over is gone, control
 * characters are shown as U+FFFD. The text is a command's, and may be made to keep a pattern busy: each of these stops where
 * another match could begin, so that it looks at no character more than a few times.
 */

/** Of ECMA-48: control sequences (CSI), whole or cut by the end, OSC with its end, and those of a few characters, as `ESC ( B`. */
const ESCAPES =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what they begin with
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*(?:[@-~]|$)|\u001b\][^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)|\u001b[ -/]*[0-~]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is replaced
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g;

export function showAsPlain(text: string): string {
  return text
    .replaceAll(ESCAPES, '')
    .replaceAll(/(?<!\r)\r+\n/g, '\n')
    .split('\n')
    .map((line) => lastWritten(line))
    .join('\n')
    .replaceAll(CONTROLS, '\ufffd');
}

/** A progress bar writes its line anew each time: the last one with text stands. */
function lastWritten(line: string): string {
  return line.split('\r').findLast((part) => part !== '') ?? '';
}
