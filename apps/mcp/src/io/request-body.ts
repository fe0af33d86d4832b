/** Reads the JSON of a request, up to a bound. */
import type { IncomingMessage } from 'node:http';
import type { HttpRefusal } from '../core/http-gate.js';

/** Room for files that are put, as text. */
const MAX_BODY_BYTES = 8_388_608;

export type Body =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly refusal: HttpRefusal };

export async function readBody(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES)
      return { ok: false, refusal: { status: 413, message: `Expected at most ${MAX_BODY_BYTES} bytes.` } };
    chunks.push(chunk);
  }
  try {
    return { ok: true, value: JSON.parse(Buffer.concat(chunks).toString()) };
  } catch {
    return { ok: false, refusal: { status: 400, message: 'Expected JSON.' } };
  }
}
