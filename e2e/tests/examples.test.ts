/** What stands in examples/ runs, ends by itself, and says what it is there to show. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const EXAMPLE_TIMEOUT_MS = 60_000;

test.each([
  [
    'agent-loop',
    'round 1: failed\n  build failed; 1 file to mend\nround 2: failed\n  test failed; 1 file to mend\nround 3: completed\n',
  ],
  ['plan-on-three-workers', 'completed: 10 steps on 3 workers\nThe squares add up to 204.\n'],
  [
    'answer-a-prompt',
    'waiting_for_input: Proceed? [y/N]\nwaiting_for_input: Where to?\ncompleted\ny, to /opt/tool\n',
  ],
  [
    'traced-task',
    'sandcrew.attempt: failed, below another\nsandcrew.task: failed, below another\nthe command was told a context of version 00\nmend the build: done\n',
  ],
])(
  '%s runs as it stands there',
  async (name, said) => {
    const path = fileURLToPath(new URL(`../../../examples/${name}.mjs`, import.meta.url));
    const cwd = await mkdtemp(join(tmpdir(), 'sandcrew-example-'));
    try {
      const { stdout, stderr } = await promisify(execFile)(process.execPath, [path], {
        cwd,
        timeout: EXAMPLE_TIMEOUT_MS,
      });
      expect({ stdout, stderr }).toEqual({ stdout: said, stderr: '' });
    } finally {
      await rm(cwd, { recursive: true, force: true });
    }
  },
  EXAMPLE_TIMEOUT_MS,
);
