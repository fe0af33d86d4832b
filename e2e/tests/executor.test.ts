/** Plans on real workers, with real tools: what a plan's steps make, break and wait for, and what survives their agent. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  type EnhancedMessage,
  type PlanRecord,
  SandboxExecutor,
  type TaskPlan,
  type TaskStep,
} from '@sandcrew/executor';
import { SandboxManager } from '@sandcrew/manager';
import { until } from '@sandcrew/testkit';
import { startWorker, type WorkerProcess } from '../worker-process.js';

const PATIENCE_MS = 60_000;
const NODE = process.execPath;
const WRITE = "require('fs').writeFileSync(process.argv[1], process.argv[2])";
const PRINT = "require('fs').writeFileSync('words.json', JSON.stringify(process.argv.slice(2)))";

let worker: WorkerProcess;
let manager: SandboxManager;
let executor: SandboxExecutor;
let planCount = 0;
const messages: EnhancedMessage[] = [];

beforeAll(async () => {
  worker = await startWorker(['--worker-id', 'stays']);
  open();
});

afterAll(async () => {
  executor.close();
  await manager.close({ graceMs: 0 });
  await worker.stop();
});

function open(): void {
  manager = new SandboxManager({
    workers: [{ url: worker.url, token: worker.token }],
    managerId: 'agent',
  });
  executor = new SandboxExecutor({ manager, handler: ({ taskId }) => `${taskId} by the agent` });
  executor.on('message', (message) => messages.push(message));
}

/** A plan in a workspace of its own. */
function planOf(steps: readonly (Partial<TaskStep> & { taskId: string })[]): TaskPlan {
  planCount++;
  return {
    planId: `plan-${planCount}`,
    workspace: `workspace-${planCount}`,
    steps: steps.map((step) => ({ type: 'custom', description: '', ...step })),
  };
}

function write(taskId: string, name: string, text: string): TaskStep {
  return {
    taskId,
    type: 'file-operation',
    description: `Write ${name}`,
    command: [NODE, '-e', WRITE, name, text],
  };
}

function toldOf(planId: string, type: EnhancedMessage['type']): string[] {
  return messages
    .filter((message) => message.type === type && 'planId' in message && message.planId === planId)
    .map((message) => ('taskId' in message ? message.taskId : '') ?? '');
}

test(
  'a real project is written, built, linted and tested by what its manifest says; a step that fails takes what needs it along',
  async () => {
    const scripts = { build: 'node build.js', lint: 'node -e "process.exit(7)"', test: 'node --test' };
    const plan = planOf([
      write('manifest', 'package.json', JSON.stringify({ scripts })),
      write('source', 'build.js', "require('fs').writeFileSync('made.txt', 'made'); console.log('built');"),
      { taskId: 'build', type: 'build', description: 'Build it', dependsOn: ['manifest', 'source'] },
      { taskId: 'lint', type: 'sandbox-execution', description: 'Lint it', dependsOn: ['build'] },
      { taskId: 'test', type: 'test', description: 'Run the tests', dependsOn: ['build'] },
      { taskId: 'read', type: 'custom', description: '', command: ['cat', 'made.txt'], dependsOn: ['test'] },
      { taskId: 'publish', type: 'deployment', description: 'Publish', dependsOn: ['lint', 'test'] },
      { taskId: 'notes', type: 'analysis', description: 'Write the notes', dependsOn: ['test'] },
    ]);
    const { state, steps } = await executor.executePlan(plan).ended;
    const states = Object.fromEntries([...steps].map(([taskId, step]) => [taskId, step.state]));
    expect(states).toEqual({
      manifest: 'completed',
      source: 'completed',
      build: 'completed',
      lint: 'failed',
      test: 'completed',
      read: 'completed',
      publish: 'skipped',
      notes: 'completed',
    });
    expect(state).toBe('failed');
    expect(steps.get('build')).toMatchObject({ command: ['npm', 'run', 'build'] });
    expect(steps.get('build')?.task?.stdout).toContain('built');
    expect(steps.get('lint')?.failure).toMatchObject({ code: 'EXIT_CODE', detail: '7' });
    expect(steps.get('publish')?.why).toBe('It needs "lint", which failed (EXIT_CODE).');
    expect(steps.get('read')?.task?.stdout).toBe('made');
    expect(steps.get('notes')?.value).toBe('notes by the agent');
    expect(toldOf(plan.planId, 'sandbox_output')).toContain('build');
    expect(toldOf(plan.planId, 'task_failed')).toEqual(['lint']);
    expect(toldOf(plan.planId, 'task_skipped')).toEqual(['publish']);
    expect(toldOf(plan.planId, 'plan_ended')).toHaveLength(1);
  },
  PATIENCE_MS,
);

test(
  'a step that waits at a prompt is told, and goes on by the answer of the agent',
  async () => {
    const plan = planOf([
      { taskId: 'ask', command: 'printf "Proceed? [y/N] "; read a; echo "got $a"', stdin: 'pipe' },
    ]);
    const run = executor.executePlan(plan);
    executor.once('sandbox_block_detected', ({ taskId, block }) => {
      void run.task(taskId)?.write(block.evidence['prompt'] === 'Proceed? [y/N]' ? 'yes\n' : 'no\n');
    });
    const { steps } = await run.ended;
    expect(steps.get('ask')?.task?.stdout).toBe('Proceed? [y/N] got yes\n');
    expect(toldOf(plan.planId, 'sandbox_block_detected')).toEqual(['ask']);
  },
  PATIENCE_MS,
);

test(
  'file names of any kind reach npm and node as they are, and none of them is run',
  async () => {
    const names = [
      'a b.js',
      '$(touch pwned).js',
      '`touch pwned`',
      '; touch pwned;',
      'it\'s "so" \\n.js',
      '-e.js',
      '* ?',
      'ü\n.js',
    ];
    const plan = planOf([
      write('manifest', 'package.json', JSON.stringify({ scripts: { test: 'node print.js' } })),
      write('source', 'print.js', PRINT),
      {
        taskId: 'npm',
        type: 'test',
        description: '$(touch pwned)',
        files: names,
        dependsOn: ['manifest', 'source'],
      },
      { taskId: 'words', command: ['cat', 'words.json'], dependsOn: ['npm'] },
      { ...write('odd', './$(touch pwned) -e.js', 'console.log(process.argv.length)'), dependsOn: ['words'] },
      {
        taskId: 'node',
        type: 'code-execution',
        description: 'run `touch pwned`',
        command: [NODE, './$(touch pwned) -e.js'],
        dependsOn: ['odd'],
      },
      { taskId: 'list', command: ['ls'], dependsOn: ['node'] },
    ]);
    const { steps } = await executor.executePlan(plan).ended;
    expect(steps.get('npm')).toMatchObject({
      state: 'completed',
      command: expect.arrayContaining(['./-e.js']),
    });
    expect(JSON.parse(steps.get('words')?.task?.stdout ?? '')).toEqual(
      names.map((name) => (name.startsWith('-') ? `./${name}` : name)),
    );
    expect(steps.get('node')?.task?.stdout).toBe('2\n');
    expect(steps.get('list')?.task?.stdout.split('\n')).not.toContain('pwned');
  },
  PATIENCE_MS,
);

test(
  'another life of the agent takes over the step that runs, and runs no step twice',
  async () => {
    const plan = planOf([
      { taskId: 'once', command: 'echo once >> log' },
      {
        taskId: 'slow',
        command: 'echo slow >> log; echo begun; until [ -e go ]; do sleep 0.1; done; echo ended',
        dependsOn: ['once'],
      },
      { taskId: 'last', command: 'cat log', dependsOn: ['slow'] },
    ]);
    let record = '';
    const first = executor.executePlan(plan, { onRecord: (kept) => (record = JSON.stringify(kept)) });
    await until('it has begun', () => toldOf(plan.planId, 'sandbox_output').includes('slow'), PATIENCE_MS);
    executor.close();
    await manager.close({ leaveTasks: true });
    expect((await first.ended).state).toBe('left');
    open();
    const run = executor.executePlan(plan, { record: JSON.parse(record) as PlanRecord });
    await manager.run({ command: 'touch go', workspace: plan.workspace as string });
    const { state, steps } = await run.ended;
    expect(state).toBe('completed');
    expect(steps.get('slow')?.task?.stdout).toBe('begun\nended\n');
    expect(steps.get('last')?.task?.stdout).toBe('once\nslow\n');
  },
  PATIENCE_MS,
);

test(
  'a step whose worker is killed is run again elsewhere where it is idempotent, and else reported lost',
  async () => {
    const doomed = await startWorker(['--worker-id', 'doomed']);
    const pool = new SandboxManager({
      workers: [
        { url: doomed.url, token: doomed.token },
        { url: worker.url, token: worker.token },
      ],
      lostAfterMs: 1_000,
    });
    await mkdir(worker.workspace, { recursive: true });
    await writeFile(join(worker.workspace, 'stays'), ''); // where a step runs, it sees by this
    try {
      const own = new SandboxExecutor({ manager: pool });
      const begun = new Map<string, string>();
      own.on('task_started', ({ taskId, workerId }) => begun.set(taskId, workerId ?? ''));
      const requeued: string[] = [];
      own.on('taskRequeued', ({ args: [{ taskId }] }) => requeued.push(taskId));
      await Promise.all([pool.connected(doomed.url), pool.connected(worker.url)]);
      const steps: TaskStep[] = [1, 2, 3, 4].map((index) => ({
        taskId: `s${index}`,
        type: 'code-execution',
        description: '',
        command: '[ -e stays ] && exit 0; sleep 300',
        idempotent: index % 2 === 0,
      }));
      const run = own.executePlan({ planId: 'doomed', steps });
      await until('all have begun', () => begun.size === 4, PATIENCE_MS);
      const onDoomed = steps.filter(({ taskId }) => begun.get(taskId) === 'doomed');
      doomed.process.kill('SIGKILL');
      const ofDoomed = (isIdempotent: boolean) =>
        onDoomed.filter(({ idempotent }) => idempotent === isIdempotent).map(({ taskId }) => taskId);
      await until(
        'its steps are lost or run again',
        () => {
          const states = run.record.steps;
          return onDoomed.every(({ taskId }) => states[taskId]?.state !== 'running');
        },
        PATIENCE_MS,
      );
      expect(onDoomed.length).toBeGreaterThan(0);
      const { record } = run;
      for (const taskId of ofDoomed(true)) expect(record.steps[taskId]?.state).toBe('completed');
      for (const taskId of ofDoomed(false)) expect(record.steps[taskId]?.failure?.code).toBe('LOST');
      expect(requeued.sort()).toEqual(ofDoomed(true).map((taskId) => `doomed:${taskId}`));
      run.cancel();
      await run.ended;
      own.close();
    } finally {
      await pool.close({ graceMs: 0 });
      await doomed.stop();
    }
  },
  PATIENCE_MS,
);
