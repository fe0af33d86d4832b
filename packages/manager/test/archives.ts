/** Tar archives as tests want them, also such as no honest program makes. */
import { type Header, pack } from 'tar-stream';

/** An entry; `content` counts for files alone. */
export type TestEntry = Partial<Header> & Pick<Header, 'name'> & { readonly content?: string | Uint8Array };

export async function makeArchive(entries: readonly TestEntry[]): Promise<Buffer> {
  const archive = pack();
  for (const { content, ...header } of entries) {
    const isFile = header.type === undefined || header.type === 'file';
    if (isFile) archive.entry(header, Buffer.from(content ?? ''));
    else archive.entry(header);
  }
  archive.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of archive as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
