/** How fast output comes when the command writes so many bytes at a time. */
import { createHash } from 'node:crypto';
import type { Curve } from '../curve.js';
import { expectRight } from '../metric.js';
import type { OpenPeer } from '../peer.js';
import { barePipe } from '../peers/bare-pipe.js';
import { controlMaster } from '../peers/control-master.js';
import { sandcrewWire } from '../peers/sandcrew-wire.js';
import { linesOf, measureRounds } from '../rounds.js';

const CHUNKS = [16, 64, 256, 1_024, 4_096, 16_384, 65_536];
const REPEATS = 3;
const MAX_WRITES = 250_000;
const MAX_BYTES = 64 * 1_048_576;

const WRITER =
  'my ($bytes, $count) = @ARGV; my $chunk = pack("N*", 1 .. $bytes / 4); syswrite STDOUT, $chunk for 1 .. $count';

export const throughputByChunk: Curve = {
  name: 'throughput-by-chunk',
  title: 'output of a command that writes so many bytes at a time',
  x: { label: 'bytes a write', scale: 'log' },
  y: { label: 'MB/s', scale: 'log' },
  measure: async (bench) => {
    const plan = { rounds: CHUNKS.length * Math.ceil(REPEATS * bench.scale), width: 1, warmUps: 1 };
    const samples = await measureRounds(
      [barePipe, sandcrewWire('process-group'), controlMaster],
      plan,
      (peer, round) =>
        throughput(peer, CHUNKS[round % CHUNKS.length] as number, bench.scale, round < CHUNKS.length),
      bench.skip,
    );
    // The first of each is checked to the byte, and a hash is most of its time.
    const timed = new Map([...samples].map(([name, figures]) => [name, figures.slice(CHUNKS.length)]));
    return linesOf(timed, CHUNKS);
  },
};

/** Megabytes a second. */
async function throughput(
  peer: OpenPeer,
  chunkBytes: number,
  scale: number,
  isHashed: boolean,
): Promise<number> {
  const count = Math.ceil(Math.min(MAX_WRITES, MAX_BYTES / chunkBytes) * Math.min(1, scale));
  const hash = createHash('sha256');
  const onOutput = (data: Uint8Array) => void hash.update(data);
  const argv = ['perl', '-e', WRITER, String(chunkBytes), String(count)];
  const { exitCode, bytes, durationMs } = await peer.run(argv, isHashed ? { onOutput } : {});
  expectRight('exit code of perl', exitCode, 0);
  expectRight('bytes of perl', bytes, chunkBytes * count);
  if (isHashed) expectRight('SHA-256 of its output', hash.digest('hex'), expectedHash(chunkBytes, count));
  return bytes / durationMs / 1_000;
}

function expectedHash(chunkBytes: number, count: number): string {
  const chunk = Buffer.alloc(chunkBytes);
  for (let at = 0; at < chunkBytes; at += 4) chunk.writeUInt32BE(at / 4 + 1, at);
  const hash = createHash('sha256');
  for (let index = 0; index < count; index++) hash.update(chunk);
  return hash.digest('hex');
}
