/** A plan with ten steps on three workers of this machine. */
import { SandboxExecutor } from '@sandcrew/executor';
import { SandboxManager } from '@sandcrew/manager';

const manager = new SandboxManager({ maxWorkers: 3 });
await Promise.all([1, 2, 3].map(() => manager.createWorker()));
const executor = new SandboxExecutor({
  manager,
  maxConcurrent: 6,
  handler: (_step, { results }) => `The squares add up to ${results.get('sum').task.stdout.trim()}.`,
});
const workers = new Set();
executor.on('task_started', ({ workerId }) => workerId !== null && workers.add(workerId));

// Eight parts at once, each for some time, then their sum, then what the agent itself does.
const parts = [1, 2, 3, 4, 5, 6, 7, 8].map((part) => ({
  taskId: `part-${part}`,
  type: 'code-execution',
  description: `Work out part ${part}`,
  command: `sleep 0.2; echo ${part * part}`,
}));
const steps = [
  ...parts,
  {
    taskId: 'sum',
    type: 'code-execution',
    description: 'Add them up',
    command: `echo $((${parts.map((_, index) => (index + 1) ** 2).join(' + ')}))`,
    dependsOn: parts.map(({ taskId }) => taskId),
    priority: 1,
  },
  { taskId: 'report', type: 'analysis', description: 'Say what came of it', dependsOn: ['sum'] },
];
const result = await executor.executePlan({ planId: 'squares', steps }).ended;
console.log(`${result.state}: ${result.steps.size} steps on ${workers.size} workers`);
console.log(result.steps.get('report').value);
await manager.close();
