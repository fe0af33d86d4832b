/** Every command of docs/getting-started.md, run one after the other in one shell, says what the page says. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** A block of commands, and the block of text behind it, or null where there is none. */
interface Step {
  readonly commands: string;
  readonly says: string | null;
}

function readSteps(page: string): Step[] {
  const blocks = [...page.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, kind, text]) => ({
    kind,
    text: text ?? '',
  }));
  return blocks.flatMap(({ kind, text }, index) => {
    if (kind !== 'sh') return [];
    const next = blocks[index + 1];
    return [{ commands: text, says: next?.kind === 'text' ? next.text : null }];
  });
}

test('each command of docs/getting-started.md works, and says what the page says', async () => {
  const steps = readSteps(await readFile(join(ROOT, 'docs/getting-started.md'), 'utf8'));
  expect(steps.length).toBeGreaterThan(6);
  const mark = '=== end of a block ===';
  const directory = await mkdtemp(join(tmpdir(), 'sandcrew-start-'));
  // A worker that is left where a step fails goes with its shell.
  const script = [
    "trap 'kill $worker 2>/dev/null || true' EXIT",
    ...steps.map(({ commands }) => `${commands}echo '${mark}'`),
  ];
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('SANDCREW_')),
  );
  const shell = spawn('sh', ['-e', '-c', `worker=\n${script.join('\n')}`], {
    cwd: ROOT,
    env: { ...env, TMPDIR: directory },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  shell.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  shell.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [status] = await once(shell, 'close');
  await rm(directory, { recursive: true, force: true });
  const said = stdout.split(`${mark}\n`).slice(0, -1);
  expect({ status, steps: said.length, stderr: status === 0 ? '' : stderr }).toEqual({
    status: 0,
    steps: steps.length,
    stderr: '',
  });
  for (const [index, { says }] of steps.entries())
    if (says !== null) expect(withoutNpm(said[index] ?? '')).toBe(says);
}, 180_000);

/** `npm start` names the script that it runs, and what it sets up. */
function withoutNpm(text: string): string {
  return text.replace(/^(\n?> .*\n)+\n/, '').replace(/^sandcrew: .*\n/gm, '');
}
