/** Terminal text as a reader sees it: what a carriage return writes over is gone, control characters are shown as U+FFFD. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is replaced
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g;

/** @param text without escape sequences */
export function showAsPlain(text: string): string {
  return text
    .replaceAll(/\r+\n/g, '\n')
    .split('\n')
    .map((line) => lastWritten(line))
    .join('\n')
    .replaceAll(CONTROLS, '\ufffd');
}

/** A progress bar writes its line anew each time: the last one with text stands. */
function lastWritten(line: string): string {
  if (!line.includes('\r')) return line;
  return line.split('\r').findLast((part) => part !== '') ?? '';
}
