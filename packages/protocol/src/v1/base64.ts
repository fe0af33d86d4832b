/** Base64 as `send_input` takes it: the standard alphabet, padded to whole groups (RFC 4648, section 4). */

export function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}
