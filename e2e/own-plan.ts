/**
 * `npm run test:plan`: the executor runs a real plan on this repository, on three workers: clone, install, build, lint and test in a
 * workspace, with a step that fails, one that waits at a prompt, and one whose worker is killed. It needs the package registry.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { SandboxExecutor, type TaskPlan, type TaskStep } from '@sandcrew/executor';
import { SandboxManager } from '@sandcrew/manager';
import { startWorker } from './worker-process.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const run = promisify(execFile);

/** What is expected of each step: its state, or the code with which it fails. */
const EXPECTED: Readonly<Record<string, string>> = {
  clone: 'completed',
  tools: 'completed',
  install: 'completed',
  build: 'completed',
  lint: 'completed',
  test: 'completed',
  broken: 'EXIT_CODE',
  'after-broken': 'skipped',
  prompt: 'completed',
  'killed-once': 'LOST',
  'killed-twice': 'completed',
  report: 'completed',
};

function planOf(pnpm: string, env: Record<string, string>): TaskPlan {
  const inRepo = { cwd: 'repo', env };
  const onSpare = {
    type: 'code-execution',
    command: 'until [ -e go ]; do sleep 0.2; done',
    workspace: 'spare',
    requirements: { labels: { spare: 'yes' } },
  } as const;
  const steps: TaskStep[] = [
    {
      taskId: 'clone',
      type: 'git-operation',
      description: 'Clone the repository',
      command: ['git', 'clone', '--quiet', '--', 'repo.bundle', 'repo'],
    },
    {
      taskId: 'tools',
      type: 'sandbox-execution',
      description: `Get ${pnpm}`,
      command: ['npm', 'install', '--no-audit', '--prefix', 'tools', pnpm],
      env,
    },
    {
      taskId: 'install',
      type: 'sandbox-execution',
      description: 'Install the dependencies',
      ...inRepo,
      dependsOn: ['clone', 'tools'],
    },
    { taskId: 'build', type: 'build', description: 'Build all packages', ...inRepo, dependsOn: ['install'] },
    { taskId: 'lint', type: 'sandbox-execution', description: 'Lint it', ...inRepo, dependsOn: ['build'] },
    {
      taskId: 'test',
      type: 'test',
      description: 'Run the tests of the executor',
      files: ['packages/executor/dist-test/core'],
      ...inRepo,
      dependsOn: ['build'],
      priority: 1,
    },
    {
      taskId: 'broken',
      type: 'compilation',
      description: 'Compile a text',
      command: ['node', '--check', 'README.md'],
      ...inRepo,
      dependsOn: ['clone'],
    },
    {
      taskId: 'after-broken',
      type: 'deployment',
      description: 'Ship it',
      command: 'echo shipped',
      dependsOn: ['broken'],
    },
    {
      taskId: 'prompt',
      type: 'sandbox-execution',
      description: 'Ask',
      command: 'printf "Go on? "; read a; test "$a" = yes',
      stdin: 'pipe',
    },
    { taskId: 'killed-once', description: 'Work on a worker that dies', ...onSpare },
    {
      taskId: 'killed-twice',
      description: 'The same, and safe to begin again',
      ...onSpare,
      idempotent: true,
    },
    { taskId: 'report', type: 'analysis', description: 'Say what came of it', dependsOn: ['test'] },
  ];
  return { planId: 'own', workspace: 'own', steps };
}

/** How this machine reaches the package registry; a task's own environment tells nothing of it. */
async function environment(workspace: string): Promise<Record<string, string>> {
  const env: Record<string, string> = { PATH: `${workspace}/tools/node_modules/.bin:${process.env['PATH']}` };
  for (const name of ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY', 'NODE_EXTRA_CA_CERTS']) {
    const value = process.env[name];
    if (value !== undefined) env[name] = value;
  }
  for (const name of ['registry', 'cafile']) {
    const value = (await run('npm', ['config', 'get', name])).stdout.trim();
    if (value !== 'null') env[`npm_config_${name}`] = value;
  }
  return env;
}

async function main(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'sandcrew-own-plan-'));
  const bundle = join(directory, 'repo.bundle');
  await run('git', ['-C', ROOT, 'bundle', 'create', '--quiet', bundle, 'HEAD']);
  const pnpm = `pnpm@${/pnpm@([\d.]+)/.exec(await readFile(join(ROOT, 'scripts/tool.mjs'), 'utf8'))?.[1]}`;
  const workers = await Promise.all([
    startWorker(['--worker-id', 'main']),
    startWorker(['--worker-id', 'spare-1', '--label', 'spare=yes']),
    startWorker(['--worker-id', 'spare-2', '--label', 'spare=yes']),
  ]);
  const manager = new SandboxManager({
    workers: workers.map(({ url, token }) => ({ url, token })),
    lostAfterMs: 2_000,
  });
  const executor = new SandboxExecutor({ manager, handler: (_step, { results }) => results.size });
  const startedAtMs = performance.now();
  const say = (text: string) =>
    process.stdout.write(
      `${((performance.now() - startedAtMs) / 1_000).toFixed(1).padStart(6)} s  ${text}\n`,
    );
  try {
    await Promise.all(workers.map(({ url }) => manager.connected(url)));
    await manager.putFiles('own', bundle, { worker: 'main' });
    const { stdout } = await manager.run({ command: 'pwd', workspace: 'own' });
    const plan = executor.executePlan(planOf(pnpm, await environment(stdout.trim())));
    const onSpare = new Set<string>();
    executor.on('message', (message) => {
      if (message.type === 'task_started')
        say(
          `${message.taskId} begun by ${message.workerId ?? message.doer}: ${[message.command].flat().join(' ')}`,
        );
      if (message.type === 'task_started' && message.workerId?.startsWith('spare')) {
        onSpare.add(message.taskId);
        // Both have one workspace, and so one worker.
        if (onSpare.size === 2) workers[Number(message.workerId.slice(-1))]?.process.kill('SIGKILL');
      }
      if (message.type === 'taskStarted' && message.args[0].attempt === 2)
        void manager.run({ command: 'touch go', workspace: 'spare' }).catch((error) => say(String(error)));
      if (message.type === 'sandbox_block_detected') {
        say(`${message.taskId} blocked: ${message.block.reason}, ${message.block.confidence}`);
        if (message.taskId === 'prompt') void plan.task('prompt')?.write('yes\n');
      }
      if (message.type === 'taskRequeued')
        say(`${message.args[0].taskId} is begun again: ${message.args[0].why}`);
      if (message.type === 'task_completed') say(`${message.taskId} completed`);
      if (message.type === 'task_failed') say(`${message.taskId} failed: ${message.failure.message}`);
      if (message.type === 'task_skipped') say(`${message.taskId} skipped: ${message.why}`);
    });
    const { state, steps } = await plan.ended;
    const wrong = [...steps.values()].filter(
      (step) => (step.failure?.code ?? step.state) !== EXPECTED[step.taskId],
    );
    for (const { taskId, failure, task, state: at } of wrong)
      say(
        `${taskId}: expected ${EXPECTED[taskId]}, got ${failure?.code ?? at}\n${task?.stdout ?? ''}${task?.stderr ?? ''}`,
      );
    say(`the plan has ${state}; ${steps.size - wrong.length} of ${steps.size} steps ended as expected`);
    process.exitCode = wrong.length === 0 ? 0 : 1;
  } finally {
    executor.close();
    await manager.close();
    await Promise.all(workers.map((worker) => worker.stop()));
    await rm(directory, { recursive: true, force: true });
  }
}

await main();
