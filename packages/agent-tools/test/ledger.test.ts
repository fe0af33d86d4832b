/** What is written down of a task, and when. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { SandboxManager } from '@sandcrew/manager';
import { AgentTools } from '#src/agent-tools.js';
import type { LedgerEntry, TaskLedger } from '#src/task-ledger.js';

let directory: string;
let manager: SandboxManager;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sandcrew-ledger-'));
  manager = new SandboxManager({ embedded: { directory } });
});
afterEach(async () => {
  await manager.close({ graceMs: 0 });
  rmSync(directory, { recursive: true, force: true });
});

/** Takes what `isTaken` says, as a disk takes what it has room for. */
function ledgerThat(isTaken: (entry: LedgerEntry) => boolean): TaskLedger & { readonly puts: LedgerEntry[] } {
  const puts: LedgerEntry[] = [];
  return {
    puts,
    entries: () => [],
    put: (entry) => {
      if (!isTaken(entry)) throw new Error('no space left on device');
      puts.push(entry);
    },
    remove: () => {},
  };
}

test('a task is on record before it is sent, and again with its end', async () => {
  const ledger = ledgerThat(() => true);
  const tools = new AgentTools({ manager, ledger });
  await tools.call('run', { command: 'echo hi; exit 3', taskId: 'a', env: { SECRET: 'hidden' } });
  expect(ledger.puts.map(({ end, outputBytes }) => [end?.exitCode, outputBytes])).toEqual([
    [undefined, 0],
    [3, 3],
  ]);
  expect(JSON.stringify(ledger.puts)).not.toContain('hidden');
});

test('what cannot be put on record is not run', async () => {
  const tools = new AgentTools({ manager, ledger: ledgerThat(() => false) });
  expect(await tools.call('run', { command: 'true', taskId: 'a' })).toMatchObject({
    isError: true,
    fault: { code: 'INTERNAL', message: 'no space left on device' },
  });
  expect(await tools.call('list_tasks', {})).toEqual({ isError: false, value: { tasks: [] } });
  expect(manager.getHealth().workers).toEqual([]);
});

test('an end that cannot be put on record is told all the same', async () => {
  const tools = new AgentTools({ manager, ledger: ledgerThat(({ end }) => end === null) });
  expect(await tools.call('run', { command: 'exit 3' })).toMatchObject({
    isError: false,
    value: { state: 'ended', exitCode: 3 },
  });
});
