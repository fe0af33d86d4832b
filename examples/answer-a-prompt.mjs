/** A step that asks something: what it may always be told is ordered with it, all else is asked of the agent. */
import { SandboxExecutor } from '@sandcrew/executor';
import { SandboxManager } from '@sandcrew/manager';

const manager = new SandboxManager();
const executor = new SandboxExecutor({ manager });

const run = executor.executePlan({
  planId: 'install',
  steps: [
    {
      taskId: 'install',
      type: 'sandbox-execution',
      description: 'Install it',
      command: 'read -p "Proceed? [y/N] " sure; read -p "Where to? " where; echo "$sure, to $where"',
      pty: { cols: 80, rows: 24 },
      onBlock: { answers: [{ prompt: /Proceed\?/, reply: 'y' }] },
    },
  ],
});
executor.on('sandbox_block_detected', async ({ taskId, block }) => {
  console.log(`${block.reason}: ${block.evidence.prompt}`);
  if (/Where to/.test(block.evidence.prompt)) await run.task(taskId).write('/opt/tool\n');
});

const { state, steps } = await run.ended;
console.log(state);
console.log(steps.get('install').task.stdout.trim().split(/\r?\n/).at(-1));
await manager.close();
