/** Where the programs of a deadlock or a loop stand, as the tools of their runtimes tell it. Bounded in time and size. */
import { execFile } from 'node:child_process';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import type { StackReport } from '../core/blocks/watch.js';
import { readLink } from './proc/read.js';

const TIMEOUT_MS = 3_000;
const MAX_CHARACTERS = 16_384;
const MAX_PROCESSES = 2;
const MAX_OUTPUT_BYTES = 8_388_608;

interface StackTool {
  /** Programs whose processes it reads, by the name of their file. */
  readonly reads: RegExp;
  readonly argv: (pid: string) => readonly [string, ...string[]];
}

/** Tools that look and do not stop what they look at for longer than a moment. Those that are not there are passed over. */
const TOOLS: readonly StackTool[] = [
  { reads: /^java$/, argv: (pid) => ['jstack', '-l', pid] },
  { reads: /^python[\d.]*$/, argv: (pid) => ['py-spy', 'dump', '--nonblocking', '--pid', pid] },
];

export async function collectStacks(pids: readonly number[]): Promise<StackReport[]> {
  const found = await Promise.all(pids.slice(0, MAX_PROCESSES).map(readStack));
  return found.filter((report) => report !== null);
}

async function readStack(pid: number): Promise<StackReport | null> {
  const program = basename(readLink(`/proc/${pid}/exe`) ?? '');
  const tool = TOOLS.find(({ reads }) => reads.test(program));
  if (tool === undefined) return null;
  const [file, ...args] = tool.argv(String(pid));
  try {
    const options = { timeout: TIMEOUT_MS, killSignal: 'SIGKILL' as const, maxBuffer: MAX_OUTPUT_BYTES };
    const { stdout } = await promisify(execFile)(file, args, options);
    return { pid, tool: file, text: shorten(stdout.trim()) };
  } catch {
    return null; // it is not there, or it could not
  }
}

/** What a runtime has found out itself stands at the end. */
function shorten(text: string): string {
  if (text.length <= MAX_CHARACTERS) return text;
  return `${text.slice(0, MAX_CHARACTERS / 2)}\n…\n${text.slice(-MAX_CHARACTERS / 2)}`;
}
