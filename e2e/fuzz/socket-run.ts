/** Throws frames at a real worker, right and wrong ones; a good client beside them has to be served all along. */
import fc from 'fast-check';
import { frame, RawSocket } from '../raw-socket.js';
import { WireClient } from '../wire-client.js';
import { startWorker, type WorkerProcess } from '../worker-process.js';
import { mutatedFrame, structuredFrame } from './inputs.js';
import type { Progress } from './progress.js';

/** Connections at once; a worker takes 64. */
const ATTACKERS = 24;
/** Frames of one connection, where it does not end before. */
const FRAMES_EACH = 50;
const ROUND = ATTACKERS * FRAMES_EACH;

interface Shot {
  readonly bytes: Buffer;
  /** WebSocket may end the connection on it, and what came behind it would not be met. */
  readonly isLast: boolean;
}

/** Mostly frames that WebSocket allows, so that what they hold is met. */
const shot: fc.Arbitrary<Shot> = fc.oneof(
  {
    weight: 30,
    arbitrary: fc.oneof(mutatedFrame, structuredFrame).map(({ text }) => whole(frame(1, harmless(text)))),
  },
  { weight: 4, arbitrary: fc.uint8Array({ maxLength: 125 }).map((data) => whole(frame(9, data))) },
  {
    weight: 4,
    arbitrary: fc
      .record({
        opcode: fc.nat(15),
        payload: fc.uint8Array({ maxLength: 300 }),
        isFinal: fc.boolean(),
        reserved: fc.constantFrom(0, 0, 0, 1, 4, 7),
        isMasked: fc.constantFrom(true, true, true, false),
        claimedBytes: fc.constantFrom(undefined, undefined, undefined, 0n, 1_048_577n, 2n ** 63n),
      })
      .map(({ opcode, payload, claimedBytes, ...shape }) => ({
        bytes: frame(opcode, payload, { ...shape, ...(claimedBytes === undefined ? {} : { claimedBytes }) }),
        isLast: true,
      })),
  },
  {
    weight: 1,
    arbitrary: fc
      .uint8Array({ minLength: 1, maxLength: 60 })
      .map((bytes) => ({ bytes: Buffer.from(bytes), isLast: true })),
  },
);

function whole(bytes: Buffer): Shot {
  return { bytes, isLast: false };
}

/** What a frame may ask is not what is tried here: a command that runs would be. */
function harmless(text: string): string {
  return text.replaceAll('execute_command', 'execute_commanb');
}

/** @returns how many frames were sent. @throws {Error} where the worker does not hold, with the seed of the round. */
export async function runSockets(count: number, seed: number, progress: Progress): Promise<number> {
  const worker = await startWorker(['--containment', 'process-group', '--log-level', 'silent']);
  const good = await WireClient.connect(worker.url, worker.token);
  good.execute('good', 'cat', { stdin: 'pipe' });
  await good.next('execution_started', 'good');
  try {
    return await throwFrames(worker, good, { count, seed, progress });
  } finally {
    good.cut();
    await worker.stop();
  }
}

async function throwFrames(
  worker: WorkerProcess,
  good: WireClient,
  { count, seed, progress }: { count: number; seed: number; progress: Progress },
): Promise<number> {
  let sent = 0;
  for (let round = 0; sent < count && !progress.isOver; round++) {
    const roundSeed = seed + round;
    const frames = fc.sample(shot, { seed: roundSeed, numRuns: Math.min(ROUND, count - sent) });
    const shares = Array.from({ length: ATTACKERS }, (_, one) =>
      frames.filter((_, at) => at % ATTACKERS === one),
    );
    try {
      await Promise.all(shares.map((share) => attack(worker.url, worker.token, share)));
      await serve(good, round);
    } catch (cause) {
      const state = worker.process.exitCode ?? worker.process.signalCode ?? 'lives';
      throw new Error(`in the round of seed ${roundSeed} (the worker: ${state}): ${cause}`, { cause });
    }
    sent += frames.length;
    await progress.tell('sockets', sent, count);
  }
  return sent;
}

/** Sends all of them, on as many connections as that takes, and waits until the worker has read each to its end. */
async function attack(url: string, token: string, shots: readonly Shot[]): Promise<void> {
  let raw: RawSocket | null = null;
  for (const { bytes, isLast } of shots) {
    raw ??= await RawSocket.upgraded(url, token);
    raw.send(bytes);
    if (!isLast) continue;
    await hangUp(raw);
    raw = null;
  }
  if (raw !== null) await hangUp(raw);
}

async function hangUp(raw: RawSocket): Promise<void> {
  raw.socket.end();
  await raw.ended;
}

/** The good client's input comes back, byte for byte. */
async function serve(good: WireClient, round: number): Promise<void> {
  const line = `round ${round}\n`;
  good.send({ type: 'send_input', taskId: 'good', input: line });
  await good.until(() => good.text('good').endsWith(line), line);
}
