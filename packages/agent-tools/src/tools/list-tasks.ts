/** `list_tasks`: what runs, and the last of what has ended. */
import { Type } from 'typebox';
import { defineTool, LOOKS } from '../tool.js';
import type { TrackedTask } from '../tracked-task.js';

const Row = Type.Object({
  taskId: Type.String(),
  command: Type.String({ description: 'In one line, shortened.' }),
  state: Type.Enum(['waiting', 'running', 'blocked', 'unreachable', 'ended']),
  startedAt: Type.String({ description: 'When it was asked for, ISO 8601.' }),
  outputBytes: Type.Integer(),
  exitCode: Type.Union([Type.Integer(), Type.Null()]),
  error: Type.Union([Type.String(), Type.Null()], { description: 'The code of what ended it otherwise.' }),
  block: Type.Union([Type.String(), Type.Null()], { description: 'The reason why it cannot go on.' }),
});

export const listTasks = defineTool({
  name: 'list_tasks',
  title: 'List commands',
  description:
    'Lists the commands of this server, the newest first: those that run, and the last of those that ended.',
  annotations: LOOKS,
  input: Type.Object({}, { additionalProperties: false }),
  output: Type.Object({ tasks: Type.Array(Row) }),
  async handle(_given, { registry }) {
    return { tasks: registry.list().map(rowOf) };
  },
});

function rowOf(task: TrackedTask) {
  const { end, fault, entry } = task;
  return {
    taskId: task.taskId,
    command: entry.command,
    state: task.condition,
    startedAt: new Date(entry.startedAtMs).toISOString(),
    outputBytes: task.record.endOffset,
    exitCode: end?.exitCode ?? null,
    error: end?.error?.code ?? fault?.code ?? null,
    block: task.blocks[0]?.reason ?? null,
  };
}
