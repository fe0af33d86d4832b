/** What holds a command is said, as it is. */
import { existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TaskStart } from '@sandcrew/manager';
import { OutputSink } from '#src/output-sink.js';
import { containmentSentence, lacksOf, type WorkerPlace } from '#src/render/containment-sentences.js';
import { TextRenderer } from '#src/render/text-renderer.js';
import { sandcrew } from './sandcrew.js';
import { startWorker } from './worker-process.js';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'sandcrew-cli-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('the sentence', () => {
  test('of bubblewrap tells what it holds, wherever the worker is, and no remedy', () => {
    expect(containmentSentence('bubblewrap', 'own-on-linux')).toBe(
      'Contained by bubblewrap: it writes its workspace and HOME alone, sees the rest of the host read-only and without homes, and has no privileges.',
    );
    expect(containmentSentence('bubblewrap', 'named')).toBe(
      containmentSentence('bubblewrap', 'own-on-linux'),
    );
  });

  test.each([
    ['pid-namespace', 'own-on-linux', 'apt-get install bubblewrap'],
    ['process-group', 'own-on-linux', 'apt-get install bubblewrap'],
    [
      'pid-namespace',
      'own-beside-bubblewrap',
      'bubblewrap is installed here and does not work; `sandcrew worker doctor',
    ],
    ['process-group', 'own-elsewhere', 'a worker on Linux (--worker)'],
    ['pid-namespace', 'named', 'without --containment'],
  ] as const)(
    'of less tells what is missing, and the remedy of its place: %s, %s',
    (level, place, remedy) => {
      const sentence = containmentSentence(level, place);
      expect(sentence).toMatch(
        new RegExp(`^Contained by ${level}, which is less than bubblewrap: it reads and writes all files`),
      );
      expect(sentence.slice(sentence.indexOf('For more: '))).toContain(remedy);
      expect(sentence.includes('a daemon that leaves its group')).toBe(level === 'process-group');
    },
  );
});

test('the lacks of the levels are those of docs/containment.md', () => {
  expect(lacksOf('bubblewrap')).toEqual([]);
  expect(lacksOf('pid-namespace')).toEqual(['hidden_files', 'own_tmp', 'dropped_privileges']);
  expect(lacksOf('process-group')).toEqual([
    ...['hidden_files', 'own_tmp', 'dropped_privileges'],
    ...['hidden_processes', 'escaped_daemons', 'network_none'],
  ]);
});

test('it stands on a line of its own, before the command’s output', async () => {
  const stream = Object.assign(new PassThrough(), { isTTY: false });
  const sink = new OutputSink(stream);
  const renderer = new TextRenderer(sink, sink, {
    isColored: false,
    quietMs: null,
    isOneStream: true,
    answerer: () => 'nobody',
    containedAt: 'named',
  });
  renderer.started('t1', { workerId: 'w1', pid: 7, containment: 'bubblewrap' });
  const bytes = Buffer.from('out\n');
  await renderer.output({ stream: 'stdout', bytes, offset: 0, text: 'out\n' });
  expect(String(stream.read())).toBe(`sandcrew: ${containmentSentence('bubblewrap', 'named')}\nout\n`);
});

describe('on an embedded worker', () => {
  test('--verbose tells on stderr in a pipe what --json names, and without it a pipe is told nothing', async () => {
    const [told, json, plain] = await Promise.all([
      sandcrew(['run', '--verbose', '--', 'echo out'], { cwd: directory }),
      sandcrew(['run', '--json', '--', 'echo out'], { cwd: directory }),
      sandcrew(['run', '--', 'echo out'], { cwd: directory }),
    ]);
    const { containment, containmentLacks } = startOf(json.stdout);
    const place = process.platform === 'linux' ? placeOnLinux() : 'own-elsewhere';
    expect(told.stderr).toBe(`sandcrew: ${containmentSentence(containment, place)}\n`);
    expect(told.stdout.toString()).toBe('out\n');
    expect(containmentLacks).toEqual(lacksOf(containment));
    expect(plain.stderr).toBe('');
  }, 120_000);

  test('where there is no bubblewrap, the command runs with less, and what that lacks and how to get more is said', async () => {
    const env = { PATH: pathWithoutBubblewrap() };
    const [told, json] = await Promise.all([
      sandcrew(['run', '--verbose', '--', 'echo out'], { cwd: directory, env }),
      sandcrew(['run', '--json', '--', 'echo out'], { cwd: directory, env }),
    ]);
    expect(told.stdout.toString()).toBe('out\n');
    expect(told.stderr).toMatch(/^sandcrew: Contained by [a-z-]+, which is less than bubblewrap: /);
    expect(told.stderr).toContain(
      process.platform === 'linux' ? '`apt-get install bubblewrap`' : 'a worker on Linux',
    );
    const { containment, containmentLacks } = startOf(json.stdout);
    expect(['pid-namespace', 'process-group']).toContain(containment);
    expect(containmentLacks).toContain('hidden_files');
  }, 120_000);
});

test('where there is a bubblewrap that does not work, it is not told to be installed, but how to learn what it lacks', async () => {
  const path = pathWithoutBubblewrap();
  writeFileSync(join(path, 'bwrap'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  const { stdout, stderr } = await sandcrew(['run', '--verbose', '--', 'echo out'], {
    cwd: directory,
    env: { PATH: path },
  });
  expect(stdout.toString()).toBe('out\n');
  expect(stderr).toContain(
    process.platform === 'linux' ? '`sandcrew worker doctor --workspace .`' : 'a worker on Linux',
  );
  expect(stderr).not.toContain('apt-get');
}, 120_000);

test('of a worker that stays it is told too, for a command that is left running as well', async () => {
  const { worker, env } = await startWorker(directory);
  const words = ['run', '--verbose', '--', 'true'];
  const followed = await sandcrew(words, { env });
  const left = await sandcrew(['run', '--detach', ...words.slice(1)], { env });
  worker.child.kill('SIGTERM');
  await worker.ended;
  const said = `sandcrew: ${containmentSentence('pid-namespace', 'named')}\n`;
  expect([followed.status, followed.stderr]).toEqual([0, said]);
  expect([left.status, left.stderr]).toEqual([0, said]);
}, 120_000);

function startOf(json: Buffer): { containment: TaskStart['containment']; containmentLacks: unknown } {
  const [first = ''] = json.toString().split('\n');
  const event = JSON.parse(first);
  expect(event.event).toBe('started');
  return event;
}

function placeOnLinux(): WorkerPlace {
  const places = (process.env['PATH'] ?? '').split(':');
  const isThere = places.some((place) => place !== '' && existsSync(join(place, 'bwrap')));
  return isThere ? 'own-beside-bubblewrap' : 'own-on-linux';
}

/** A directory with all programs of our own PATH, but for bubblewrap. */
function pathWithoutBubblewrap(): string {
  const path = mkdtempSync(join(directory, 'bin-'));
  const places = (process.env['PATH'] ?? '').split(':').filter((place) => place !== '' && existsSync(place));
  const names = new Set(['bwrap']);
  for (const place of places) {
    for (const name of readdirSync(place)) {
      if (names.has(name)) continue; // the first one of a name is the one that runs
      names.add(name);
      symlinkSync(resolve(place, name), join(path, name));
    }
  }
  return path;
}
