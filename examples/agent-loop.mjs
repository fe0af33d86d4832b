/** An agent without a model: it builds a project that is broken, reads the error, mends it, and tests again. */
import { SandboxExecutor } from '@sandcrew/executor';
import { SandboxManager } from '@sandcrew/manager';

const WRITE = "require('fs').writeFileSync(process.argv[1], process.argv[2])";
const FILES = {
  'package.json': JSON.stringify({ scripts: { build: 'node --check sum.mjs', test: 'node --test' } }),
  'sum.mjs': 'export const sum = (a, b) => a - b;;)\n',
  'sum.test.mjs':
    "import assert from 'node:assert';\nimport test from 'node:test';\nimport { sum } from './sum.mjs';\n\ntest('1 + 2 is 3', () => assert.strictEqual(sum(1, 2), 3));\n",
};
/** What this agent knows: what an error looks like, and the file that mends it. */
const KNOWN = [
  [/SyntaxError/, 'sum.mjs', 'export const sum = (a, b) => a - b;\n'],
  [/-1 !== 3/, 'sum.mjs', 'export const sum = (a, b) => a + b;\n'],
];

const manager = new SandboxManager();
const executor = new SandboxExecutor({ manager });

function write(taskId, [name, text]) {
  return {
    taskId,
    type: 'file-operation',
    description: `Write ${name}`,
    command: ['node', '-e', WRITE, name, text],
  };
}

let edits = Object.entries(FILES);
for (let round = 1; edits.length > 0; round++) {
  const writes = edits.map((edit, index) => write(`write-${index}`, edit));
  const dependsOn = writes.map(({ taskId }) => taskId);
  const plan = {
    planId: `round-${round}`,
    workspace: 'sum',
    steps: [
      ...writes,
      { taskId: 'build', type: 'build', description: 'Build it', dependsOn },
      { taskId: 'test', type: 'test', description: 'Run the tests', dependsOn: ['build'] },
    ],
  };
  const { state, steps } = await executor.executePlan(plan).ended;
  console.log(`round ${round}: ${state}`);
  const failed = [...steps.values()].find((step) => step.state === 'failed');
  const output = `${failed?.task?.stdout}${failed?.task?.stderr}`;
  edits = KNOWN.filter(([error]) => failed !== undefined && error.test(output)).map(([, ...edit]) => edit);
  if (failed !== undefined) console.log(`  ${failed.taskId} failed; ${edits.length} file to mend`);
}
await manager.close();
