/** How what is to become a command gets into its control groups: seen on plain files, which take a line as theirs do. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import { findBubblewrap } from '#src/io/containment/find-bubblewrap.js';
import { findPidNamespace } from '#src/io/containment/pid-namespace.js';
import { TRUE_COMMAND } from '#src/io/containment/probe.js';
import { testIf } from '../needs.js';
import { LEVELS } from '../worker-process.js';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'sandcrew-groups-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const findOurBubblewrap = () =>
  findBubblewrap({
    stateDir: join(directory, 'state'),
    workspace: join(directory, 'workspace'),
    secretFiles: [],
    shownReadOnly: [],
    shownWritable: [],
  });

describe.each([
  ['pid-namespace', 5, findPidNamespace],
  ['bubblewrap', 3, findOurBubblewrap],
] as const)('%s', (level, ownEntries, find) => {
  const withLevel = testIf(LEVELS.includes(level), `what ${level} needs`);

  async function start(groupFiles: readonly string[]) {
    const adapter = await find();
    if (typeof adapter === 'string') throw new Error(adapter);
    try {
      const contained = await adapter.start({ ...TRUE_COMMAND, groupFiles });
      const { exitCode } = await contained.exited;
      await contained.endTree();
      return { pid: contained.pid, exitCode };
    } finally {
      adapter.close();
    }
  }

  withLevel(
    `it moves itself into ${ownEntries}, which waits for no lock that a fork bomb keeps busy`,
    async () => {
      const files = Array.from({ length: 5 }, (_, number) => join(directory, `${level} ${number}`));
      for (const file of files) writeFileSync(file, '');
      const { pid, exitCode } = await start(files);
      const oneself = Array.from({ length: ownEntries }, () => '0');
      const byPid = Array.from({ length: 5 - ownEntries }, () => `${pid}`);
      expect(files.map((file) => readFileSync(file, 'utf8').trim())).toEqual([...oneself, ...byPid]);
      expect(exitCode).toBe(0);
    },
  );

  withLevel('a command that cannot enter one of them does not begin', async () => {
    const file = join(directory, `${level} first`);
    writeFileSync(file, '');
    await expect(start([file, '/dev/full'])).rejects.toThrow(
      'the command could not enter its control groups',
    );
  });
});
