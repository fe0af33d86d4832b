/**
 * Every command and every program of the pages that people read works as it stands there, or a row of `docs/block-rows` says
 * who else runs it, or why nobody does.
 */
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { decodeManagerMessage, decodeWorkerMessage } from '@sandcrew/protocol';
import { BLOCK_ROWS, type BlockRow, type BlockRun } from '../docs/block-rows.js';
import { type FencedBlock, ROOT, readCommandBlocks } from '../docs/fenced-blocks.js';

const BLOCK_TIMEOUT_MS = 90_000;
const BLOCKS = readCommandBlocks();
const OWN_PROGRAMS = {
  sandcrew: 'apps/cli/dist/main.js',
  'sandcrew-worker': 'apps/worker/dist/main.js',
  'sandcrew-mcp': 'apps/mcp/dist/main.js',
};
/** A client of MCP that is told of a server: it starts it, or calls it, and shows what it answers to `initialize`. */
const CLAUDE = 'e2e/dist-test/docs/mcp-client.js';

function isMeant(row: BlockRow, { page, text }: FencedBlock): boolean {
  return row.page === page && text.startsWith(row.begins);
}

/** The blocks that one kind of row is about, for `test.each`. */
function rowsWith<Kind extends string>(kind: Kind) {
  return BLOCK_ROWS.flatMap((row) => {
    const block = BLOCKS.find((one) => isMeant(row, one));
    if (!(kind in row) || block === undefined) return [];
    return [
      [`${row.page}: ${block.firstLine}`, row as Extract<BlockRow, Record<Kind, unknown>>, block] as const,
    ];
  });
}

test('each block of commands has one row, and each row its block', () => {
  expect(BLOCKS.length).toBeGreaterThan(40);
  const rowless = BLOCKS.filter((block) => BLOCK_ROWS.filter((row) => isMeant(row, block)).length !== 1);
  expect(rowless.map(({ page, firstLine }) => `${page}: ${firstLine}`)).toEqual([]);
  const blockless = BLOCK_ROWS.filter((row) => !BLOCKS.some((block) => isMeant(row, block)));
  expect(blockless.map(({ page, begins }) => `${page}: ${begins}`)).toEqual([]);
});

test.each(rowsWith('by'))('%s is run by a test that there is', async (_what, { by: [file, title] }) => {
  expect(await readFile(join(ROOT, `${file}.test.ts`), 'utf8')).toContain(title);
});

test.each(rowsWith('isFile'))('%s is a file that its own test runs', async (_what, { isFile }, { text }) => {
  expect(text).toBe(await readFile(join(ROOT, isFile), 'utf8'));
});

test.each(rowsWith('frames'))('%s are frames of the contract', (_what, _row, { text }) => {
  const lines = text.trimEnd().split('\n');
  for (const line of lines) {
    const decode = line.startsWith('-> ') ? decodeManagerMessage : decodeWorkerMessage;
    expect({ line, ...decode(line.slice(3)) }).toMatchObject({ ok: true });
  }
});

describe('as it stands there', () => {
  test.each(rowsWith('run'))(
    '%s',
    async (_what, { run }, block) => {
      const said = await runBlock(block, run);
      if (said.status !== 0)
        throw new Error(`expected exit status 0, got ${said.status}: ${said.stderr}${said.stdout}`);
      if (run.says !== undefined) expect(said.stdout).toMatch(run.says);
    },
    BLOCK_TIMEOUT_MS,
  );
});

async function runBlock({ language, text, page }: FencedBlock, run: BlockRun) {
  const home = await mkdtemp(join(tmpdir(), 'sandcrew-docs-'));
  try {
    const adapted = (run.adapt ?? []).reduce((changed, [from, to]) => {
      if (!changed.includes(from))
        throw new Error(`${page}: expected ${from} in what is run, got ${changed}`);
      return changed.replaceAll(from, to);
    }, text);
    const isShell = language === 'sh';
    const program = isShell ? '' : [run.prelude, adapted, run.postlude].filter(Boolean).join('');
    await mkdir(join(home, 'work-place/bin'), { recursive: true });
    await writeFile(join(home, 'program.mjs'), program);
    await symlink(join(ROOT, 'e2e/node_modules'), join(home, 'work-place/node_modules'));
    await writePrograms(join(home, 'work-place/bin'), run.tools ?? []);
    const script = [
      SHELL_HEAD,
      run.before,
      // README.md's commands are for the root of a checkout, and so are those that name its paths.
      isShell && page === 'README.md' ? 'cd "$CHECKOUT"' : '',
      isShell ? adapted : 'node --input-type=module < "$HOME/program.mjs"',
      isShell ? run.postlude : '',
    ];
    return await runShell(script.filter(Boolean).join('\n'), home);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

/** `serve` runs a server until the end of the script, and goes on once it says that it listens. */
const SHELL_HEAD = `
served=
trap 'kill $served 2>/dev/null || true; wait' EXIT
serve() {
  : > "$HOME/served.log"
  "$@" >> "$HOME/served.log" 2>&1 &
  served="$served $!"
  until grep -q listening "$HOME/served.log"; do
    kill -0 $! 2>/dev/null || { cat "$HOME/served.log" >&2; return 1; }
    sleep 0.05
  done
}
`;

/** In the directory of the tasks, which see it whatever holds them. */
async function writePrograms(directory: string, tools: readonly string[]): Promise<void> {
  const own = Object.entries(OWN_PROGRAMS).map(([name, main]) => [
    name,
    `exec node "${join(ROOT, main)}" "$@"`,
  ]);
  const others = tools.map((name) => [
    name,
    name === 'claude' ? `exec node "${join(ROOT, CLAUDE)}" "$@"` : `echo "${name} $*"`,
  ]);
  for (const [name = '', line = ''] of [...own, ...others]) {
    await writeFile(join(directory, name), `#!/bin/sh\n${line}\n`);
    await chmod(join(directory, name), 0o755);
  }
}

async function runShell(script: string, home: string) {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('SANDCREW_'));
  const child = spawn('sh', ['-e', '-c', script], {
    cwd: join(home, 'work-place'),
    env: {
      ...Object.fromEntries(own),
      PATH: `${join(home, 'work-place/bin')}:${process.env['PATH']}`,
      HOME: home,
      CHECKOUT: ROOT,
      PORT: String(await freePort()),
      OTHER_PORT: String(await freePort()),
      SANDCREW_CONTAINMENT: 'process-group', // what a host has is another test's matter
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // a group of its own, so that all of it can be ended
  });
  const overdue = setTimeout(
    () => process.kill(-(child.pid as number), 'SIGKILL'),
    BLOCK_TIMEOUT_MS - 10_000,
  );
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      said[stream] += text;
    });
  const [status] = await once(child, 'close');
  clearTimeout(overdue);
  return { status, ...said };
}

/** One that nobody has now, below those that the system hands out to whoever asks for any. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    const server = createServer().listen(port, '127.0.0.1');
    const isFree = await Promise.race([
      once(server, 'listening').then(() => true),
      once(server, 'error').then(() => false),
    ]);
    if (!isFree) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}
