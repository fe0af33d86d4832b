/** Makes docs/errors.md and docs/task-states.md from the tables in the code. With `--check`: fails where they are not up to date. */
import { readFile, writeFile } from 'node:fs/promises';
import { ERROR_CODES } from '../dist/core/sandbox-error.js';
import { TRANSITIONS } from '../dist/core/task.js';

const DOCS = new URL('../../../docs/', import.meta.url);
const MADE = '<!-- Made by packages/manager/scripts/generate.mjs: change the table in the code instead. -->';

const pages = { 'errors.md': errorsPage(), 'task-states.md': statesPage() };
const stale = [];
for (const [name, page] of Object.entries(pages)) {
  const file = new URL(name, DOCS);
  const before = await readFile(file, 'utf8').catch(() => '');
  if (before === page) continue;
  if (process.argv.includes('--check')) stale.push(`docs/${name}`);
  else await writeFile(file, page);
}
if (stale.length > 0) {
  console.error(`Not up to date: ${stale.join(', ')}. Run: pnpm generate`);
  process.exitCode = 1;
}

function errorsPage() {
  const rows = Object.entries(ERROR_CODES).map(
    ([code, { means, next }]) => `| \`${code}\` | ${means} | ${next} |`,
  );
  return `${MADE}

# Errors

What \`@sandcrew/manager\` throws, and what a task's handle rejects with, is a \`SandboxError\`: \`code\` is one of these and does not
change, \`message\` says what was expected, what came and what to do next, \`detail\` tells kinds of one code apart, \`details\` holds facts
for a program (\`url\`, \`status\`), \`cause\` is where it came from. Of a task, \`result\` is what is known of it all the same: its output so
far, its exit code or signal where they were told, its history.

\`run()\` throws \`INVALID_TASK\`, \`DUPLICATE_TASK\` and \`CLOSED\` at once; everything else rejects the handle. A command that exits with
another code than 0 is no error.

| code | means | what to do |
|---|---|---|
${rows.join('\n')}
`;
}

function statesPage() {
  const triggers = {
    assign: 'a worker was chosen for it',
    start: 'the worker says that the command runs (`execution_started`), or is back and has it still',
    block: '`block_detected`',
    clear: '`block_cleared`',
    disconnect: 'its worker is away',
    terminate: 'it was asked to end: `terminate()`, an AbortSignal, `close()`, or it is ended for a block',
    requeue:
      'the worker had no room after all, or was lost and the task is `idempotent` or never left, or a block ended it and it is to be started elsewhere',
    complete: '`task_complete`: the command came to its own end',
    fail: '`task_error`, a lost worker, or none to be found',
    cancel: 'it ended because that was asked for',
  };
  const rows = Object.entries(TRANSITIONS).flatMap(([from, moves]) =>
    Object.entries(moves).map(([trigger, to]) => `| ${from} | ${trigger} | ${to} |`),
  );
  const edges = Object.entries(TRANSITIONS).flatMap(([from, moves]) =>
    Object.entries(moves).map(([trigger, to]) => `  ${from} --> ${to}: ${trigger}`),
  );
  return `${MADE}

# The states of a task

A task is in one of these states at its manager. What is queued is sent at the earliest when the code that called \`run()\` has come
to its end: until then it can be taken back, and nothing of it is ever sent. \`completed\`, \`failed\` and \`cancelled\` are ends: each task reaches exactly one. A task
that is taken over by \`attach\` is assigned and unknown until its worker confirms it; one that is let go by \`detach\` has no state here any more.

\`\`\`mermaid
stateDiagram-v2
  [*] --> queued
${edges.join('\n')}
\`\`\`

| state | trigger | next |
|---|---|---|
${rows.join('\n')}

| trigger | when |
|---|---|
${Object.entries(triggers)
  .map(([name, when]) => `| ${name} | ${when} |`)
  .join('\n')}
`;
}
