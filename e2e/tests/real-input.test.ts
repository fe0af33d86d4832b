/**
 * Real programs through `sandcrew run` and through the library: exit code, byte counts and SHA-256 of each stream equal
 * to the same command run directly, each in a fresh copy of the same directory.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { SandboxManager } from '@sandcrew/manager';
import { WORKER_COMMAND } from '../worker-process.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const CLI = join(ROOT, 'apps/cli/dist/main.js');

interface Case {
  readonly name: string;
  readonly command: string;
  readonly input?: string;
  /** Programs that it needs; where one is missing the case says so instead of running. */
  readonly needs?: readonly string[];
  prepare?(directory: string): Promise<void>;
}

/** What a run came to, with nothing of when. */
interface Outcome {
  readonly exitCode: number | null;
  readonly stdoutBytes: number;
  readonly stderrBytes: number;
  readonly stdoutSha256: string;
  readonly stderrSha256: string;
}

const CASES: readonly Case[] = [
  {
    name: "this repository's own build, and tests of the protocol",
    // Of jest's report only what is the same in each run: no times, no order of files.
    command: `set -o pipefail; node node_modules/typescript/bin/tsc -b --force packages/protocol && node --experimental-vm-modules --disable-warning=ExperimentalWarning node_modules/jest/bin/jest.js --verbose --config jest.config.mjs --runInBand packages/protocol/dist-test/binary packages/protocol/dist-test/pins 2>&1 | grep -E '✓|✕|^Tests:' | sed -E 's/ .[0-9.]+ m?s.$//' | sort; echo built; ls packages/protocol/dist | sort; exit 5`,
    prepare: async (directory) => {
      for (const file of ['package.json', 'jest.config.mjs', 'tsconfig.base.json'])
        await cp(join(ROOT, file), join(directory, file));
      await symlink(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
      await mkdir(join(directory, 'packages/protocol'), { recursive: true });
      for (const part of ['package.json', 'tsconfig.json', 'src', 'test', 'fixtures', 'schema']) {
        await cp(join(ROOT, 'packages/protocol', part), join(directory, 'packages/protocol', part), {
          recursive: true,
        });
      }
      await symlink(
        join(ROOT, 'packages/protocol/node_modules'),
        join(directory, 'packages/protocol/node_modules'),
      );
    },
  },
  {
    name: 'a C program of several files, built by make -j2',
    command: 'make -s -j2 && ./program 7 && sha256sum main.o add.o mul.o && make -s fail',
    needs: ['gcc', 'make'],
    prepare: async (directory) => {
      const files = {
        'main.c':
          '#include <stdio.h>\n#include <stdlib.h>\nint add(int,int); int mul(int,int);\nint main(int n, char **v) { fprintf(stderr, "computing\\n"); printf("%d\\n", mul(add(1, 2), atoi(v[1]))); return 0; }\n',
        'add.c': 'int add(int a, int b) { return a + b; }\n',
        'mul.c': 'int mul(int a, int b) { return a * b; }\n',
        Makefile:
          'program: main.o add.o mul.o\n\tgcc -o $@ $^\n%.o: %.c\n\tgcc -O1 -c $< -o $@\nfail:\n\t@exit 3\n',
      };
      for (const [name, content] of Object.entries(files)) await writeFile(join(directory, name), content);
    },
  },
  {
    name: 'an output of 200,000 lines, on both streams',
    command: 'seq 1 100000; seq 100001 200000 >&2; exit 17',
  },
  { name: '100 MB on one line', command: "head -c 100000000 /dev/zero | tr '\\0' x" },
  {
    name: 'bytes that are no text',
    command:
      "printf '\\377\\376\\0\\033[1mx\\r\\n'; head -c 100000 /dev/urandom > r; cat r | wc -c; printf '\\342\\202'",
  },
  {
    name: 'git clone of a local repository',
    command:
      'git clone -q origin copy && cd copy && git log --format=%s && git status --short && git show HEAD:file | sha256sum',
    needs: ['git'],
    prepare: async (directory) => {
      const script =
        'git init -q origin && cd origin && git config user.email a@example.org && git config user.name a && for i in 1 2 3; do seq 1 $((i * 1000)) > file; git add file; git commit -qm "commit $i"; done';
      const { status, stderr } = spawnSync('bash', ['-c', script], { cwd: directory, encoding: 'utf8' });
      if (status !== 0) throw new Error(stderr);
    },
  },
  {
    name: 'an interactive program that is fed by input',
    command:
      'sum=0; while read -r number; do sum=$((sum + number)); echo "sum $sum"; done; echo "end of input" >&2; exit $((sum % 256))',
    input: Array.from({ length: 5_000 }, (_, index) => `${index}\n`).join(''),
  },
];

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sandcrew-real-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

test.each(CASES)(
  '$name',
  async (one) => {
    const missing = (one.needs ?? []).filter(
      (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0,
    );
    if (missing.length > 0)
      return console.warn(
        `skipped: ${one.name} needs ${missing.join(', ')}; on Debian: apt-get install ${missing.join(' ')}`,
      );
    const ways = { direct: runDirectly, cli: runByCli, library: runByLibrary };
    const outcomes: Record<string, Outcome> = {};
    for (const [way, run] of Object.entries(ways)) {
      const cwd = await mkdtemp(join(directory, 'case-'));
      await one.prepare?.(cwd);
      outcomes[way] = await run(one, cwd);
    }
    expect(outcomes.direct?.stdoutBytes).toBeGreaterThan(0);
    expect(outcomes).toEqual({ direct: outcomes.direct, cli: outcomes.direct, library: outcomes.direct });
  },
  120_000,
);

/** Bubblewrap hides a checkout below /tmp, /root or /home from tasks, and a case uses its tools; null where nothing hides it. */
const SHOWN = spawnSync('bwrap', ['--ro-bind', '/', '/', 'true']).status === 0 ? ROOT : null;

/** In an environment like a task's, so that what differs is only who ran it. */
function runDirectly({ command, input }: Case, cwd: string): Promise<Outcome> {
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: cwd,
    LANG: process.env.LANG ?? 'C.UTF-8',
    TERM: 'dumb',
    TMPDIR: tmpdir(),
    CI: '1',
  };
  return runChild('bash', ['--noprofile', '--norc', '-c', command], { cwd, env }, input);
}

function runByCli({ command, input }: Case, cwd: string): Promise<Outcome> {
  const options = input === undefined ? [] : ['--stdin'];
  return runChild(
    process.execPath,
    [CLI, 'run', ...options, '--', command],
    { cwd, env: SHOWN === null ? process.env : { ...process.env, SANDCREW_BIND_RO: SHOWN } },
    input,
  );
}

async function runByLibrary({ command, input }: Case, cwd: string): Promise<Outcome> {
  const args = SHOWN === null ? [] : ['--bind-ro', SHOWN];
  const manager = new SandboxManager({ embedded: { command: WORKER_COMMAND, directory: cwd, args } });
  try {
    const task = manager.run({ command, ...(input === undefined ? {} : { stdin: 'pipe' }) });
    const feeding = input === undefined ? null : task.write(input).then(() => task.endInput());
    const digest = digestStreams();
    for await (const { stream, bytes } of task.output) digest[stream].add(bytes);
    await feeding;
    const { exitCode, outputBytes } = await task;
    const outcome = digest.outcome(exitCode);
    expect(outputBytes).toBe(outcome.stdoutBytes + outcome.stderrBytes);
    return outcome;
  } finally {
    await manager.close();
  }
}

function runChild(
  program: string,
  args: readonly string[],
  options: { cwd: string; env: NodeJS.ProcessEnv },
  input = '',
): Promise<Outcome> {
  const child = spawn(program, args, options);
  child.stdin.end(input);
  const digest = digestStreams();
  child.stdout.on('data', (data: Buffer) => digest.stdout.add(data));
  child.stderr.on('data', (data: Buffer) => digest.stderr.add(data));
  return new Promise((resolve) => child.once('close', (code) => resolve(digest.outcome(code))));
}

function digestStreams() {
  const digestOne = () => {
    const hash = createHash('sha256');
    let count = 0;
    return {
      add: (data: Uint8Array) => {
        hash.update(data);
        count += data.length;
      },
      end: () => ({ bytes: count, sha256: hash.digest('hex') }),
    };
  };
  const streams = { stdout: digestOne(), stderr: digestOne() };
  return {
    ...streams,
    outcome: (exitCode: number | null): Outcome => {
      const [stdout, stderr] = [streams.stdout.end(), streams.stderr.end()];
      return {
        exitCode,
        stdoutBytes: stdout.bytes,
        stderrBytes: stderr.bytes,
        stdoutSha256: stdout.sha256,
        stderrSha256: stderr.sha256,
      };
    },
  };
}
