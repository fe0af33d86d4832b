/** A manager in a process of its own that is killed while it reads, and the one that comes in its place. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SandboxManager } from '@sandcrew/manager';
import { until } from '@sandcrew/testkit';
import { patternDigest, writesPattern } from '../pattern.js';
import { endOf } from '../task-end.js';
import type { Ground } from './ground.js';

const AGENT = fileURLToPath(new URL('../tests/faults/programs/agent.js', import.meta.url));
const PATIENCE_MS = 90_000;

/** @returns what is wrong with what the two read together, or null. */
export async function adoptFromAgent(taskId: string, ground: Ground, bytes: number): Promise<string | null> {
  const { fleet, directory } = ground;
  const address = fleet.steady;
  const file = join(directory, `${taskId}.read`);
  const managerId = `agent-${taskId}`;
  const order = {
    ...address,
    managerId,
    taskId,
    command: writesPattern(bytes),
    connectTimeoutMs: PATIENCE_MS,
  };
  const output = openSync(file, 'w');
  const agent = spawn(process.execPath, [AGENT, JSON.stringify(order)], {
    stdio: ['ignore', output, 'ignore'],
  });
  closeSync(output);
  let isGone = false;
  const gone = new Promise<void>((resolve) => {
    agent.once('close', () => {
      isGone = true;
      resolve();
    });
  });
  await until(`${taskId} is read from`, () => isGone || statSync(file).size > bytes / 10, PATIENCE_MS);
  agent.kill('SIGKILL');
  await gone;
  const read = readFileSync(file);
  const hash = createHash('sha256').update(read);
  const manager = new SandboxManager({ workers: [address], managerId, connectTimeoutMs: PATIENCE_MS });
  try {
    // The first one may have come to the end of it: then nothing is kept any more.
    if (read.length === bytes) return judgeDigest(hash.digest('hex'), bytes);
    const task = manager.attach({ taskId, offset: read.length });
    const end = endOf(task);
    for await (const chunk of task.output) hash.update(chunk.bytes);
    const { code, exitCode, message } = await end;
    if (code !== 'completed' || exitCode !== 0) return `an adopted task ended as ${code}: ${message}`;
    return judgeDigest(hash.digest('hex'), bytes);
  } finally {
    await manager.close({ graceMs: 0 });
    rmSync(file);
  }
}

function judgeDigest(digest: string, bytes: number): string | null {
  return digest === patternDigest(bytes)
    ? null
    : `the ${bytes} bytes that two managers read are not what was written`;
}
