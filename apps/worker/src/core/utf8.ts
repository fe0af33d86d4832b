/** Bytes of a command's output as text for people. */

/** UTF-8 where it is; what was cut in front is left out, and bytes that are no UTF-8 stand for themselves. */
export function textOf(bytes: Uint8Array): string {
  const start = bytes.findIndex((byte) => !isInside(byte));
  if (start < 0) return '';
  const whole = [...bytes.subarray(start)];
  const escaped = whole.map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
  try {
    return decodeURIComponent(escaped);
  } catch {
    return String.fromCharCode(...whole);
  }
}

/** Where to cut what may be longer, so as to have at most `maxBytes` and no code point in two. What is no UTF-8 loses up to three bytes more. */
export function cutOf(bytes: Uint8Array, maxBytes: number): number {
  let cut = maxBytes;
  while (cut > maxBytes - MAX_INSIDE_BYTES && isInside(bytes[cut] as number)) cut--;
  return cut;
}
/** Of a code point, behind its first byte. */
const MAX_INSIDE_BYTES = 3;

function isInside(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}
