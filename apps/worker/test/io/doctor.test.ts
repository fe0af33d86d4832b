/** `doctor` on this very host: what it tells is what a start does. */
import { chownSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { testIf } from '../needs.js';
import { copyOf, Place, WorkerRun } from '../worker-process.js';

interface Report {
  readonly isFit: boolean;
  readonly host: Record<string, unknown>;
  readonly findings: readonly { name: string; state: string; found: string; remedy: string | null }[];
}

let place: Place;
beforeEach(() => {
  place = new Place();
});
afterEach(() => place.remove());

async function report(args: readonly string[], expected: number): Promise<Report> {
  const run = new WorkerRun(['doctor', '--json', '--state-dir', place.stateDir, ...args]);
  expect({ code: await run.ended, stderr: run.stderr }).toEqual({ code: expected, stderr: '' });
  return JSON.parse(run.stdout);
}

test('it tells a line for each thing, and starts nothing', async () => {
  const run = new WorkerRun([
    'doctor',
    ...place.arguments,
    '--containment',
    'process-group',
    '--listen',
    '127.0.0.1:0',
  ]);
  expect(await run.ended).toBe(0);
  expect(run.stdout).toMatch(/^sandcrew-worker \d.*, Linux .*, Node \d.*, as (root|an ordinary user)\n/);
  for (const name of ['containment bubblewrap', 'limits', 'terminals', '--state-dir', '--token-file'])
    expect(run.stdout).toMatch(new RegExp(`^(ok|weaker|missing) +${name} `, 'm'));
  expect(run.stdout).toMatch(/and --containment process-group starts here\.\n$/);
});

test.each(['bubblewrap', 'pid-namespace'] as const)(
  'what it tells of %s is what a start with it does',
  async (level) => {
    const run = new WorkerRun(['doctor', '--json', ...place.arguments, '--containment', level]);
    const code = await run.ended;
    const { isFit, findings } = JSON.parse(run.stdout) as Report;
    const started = new WorkerRun([...place.arguments, '--containment', level]);
    const doesStart = await Promise.race([
      started.listening().then(
        () => true,
        () => false,
      ),
      started.ended.then(() => false),
    ]);
    started.kill('SIGTERM');
    await started.ended;
    expect({ code, isFit }).toEqual({ code: doesStart ? 0 : 1, isFit: doesStart });
    expect(findings.find(({ name }) => name === `containment ${level}`)?.state).toBe(
      doesStart ? 'ok' : 'missing',
    );
  },
);

test('it needs no token, and tells the faults of one that is named', async () => {
  const fit = await report(['--containment', 'process-group'], 0);
  expect(fit.findings.map(({ name }) => name)).not.toContain('--token-file');
  writeFileSync(place.tokenFile, 'short\n', { mode: 0o600 });
  const faulty = await report(['--containment', 'process-group', '--token-file', place.tokenFile], 1);
  expect(faulty.findings.find(({ name }) => name === '--token-file')).toMatchObject({
    state: 'missing',
    found: expect.stringContaining('line 1'),
  });
});

test('a port in use and a state directory that is none are missing', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  writeFileSync(place.stateDir, 'a file');
  const { findings } = await report(['--containment', 'process-group', '--listen', `127.0.0.1:${port}`], 1);
  const state = (name: string) => findings.find((finding) => finding.name === name);
  expect(state('--listen')).toMatchObject({ state: 'missing', found: expect.stringContaining('in use') });
  expect(state('--state-dir')).toMatchObject({ state: 'missing' });
  await new Promise((resolve) => server.close(resolve));
  rmSync(place.stateDir);
  mkdirSync(place.stateDir);
});

test('bad options are told as a start tells them, and nothing else', async () => {
  const run = new WorkerRun(['doctor', '--max-task', '3']);
  expect(await run.ended).toBe(2);
  expect(run.stdout).toBe('');
  expect(run.stderr).toMatch(/did you mean --max-tasks\?/);
});

const asRoot = testIf(process.getuid?.() === 0, 'root, to become an ordinary user');

asRoot('an ordinary user is told what is his', async () => {
  const uid = 65_534;
  chownSync(place.path, uid, uid);
  const command = copyOf(place.path, uid);
  const launcher = ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
  const args = ['doctor', '--json', '--state-dir', place.stateDir, '--containment', 'process-group'];
  const run = new WorkerRun(args, { HOME: place.path }, launcher, command);
  expect(await run.ended).toBe(0);
  const { host, findings } = JSON.parse(run.stdout) as Report;
  expect(host).toMatchObject({ isRoot: false });
  expect(findings.find(({ name }) => name === '--state-dir')).toMatchObject({ state: 'ok' });
});
