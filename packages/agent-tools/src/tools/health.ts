/** `health`: how the workers are. */
import type { SandboxWorker } from '@sandcrew/manager';
import { Type } from 'typebox';
import { defineTool, LOOKS } from '../tool.js';

const Nullable = (schema: ReturnType<typeof Type.String | typeof Type.Number>) =>
  Type.Union([schema, Type.Null()]);

const Worker = Type.Object({
  workerId: Type.String(),
  phase: Type.String({ description: 'starting, connecting, connected, away, refused or failed.' }),
  health: Type.String({ description: 'healthy, late or lost.' }),
  isEmbedded: Type.Boolean({ description: 'Whether this server started it.' }),
  containment: Nullable(Type.String()),
  maxTasks: Type.Integer(),
  isDraining: Type.Boolean({ description: 'Whether it takes no new commands.' }),
  workspaces: Type.Array(Type.String()),
  cpuPercent: Nullable(Type.Number()),
  memoryPercent: Nullable(Type.Number()),
  diskPercent: Nullable(Type.Number()),
  error: Nullable(Type.String()),
});

export const health = defineTool({
  name: 'health',
  title: 'Health',
  description: 'Tells how the sandbox workers are, and how many commands wait, run and are blocked.',
  annotations: LOOKS,
  input: Type.Object({}, { additionalProperties: false }),
  output: Type.Object({
    status: Type.Enum(['healthy', 'degraded', 'unavailable', 'idle'], {
      description: 'idle: no worker runs yet; the first command starts one.',
    }),
    workers: Type.Array(Worker),
    tasks: Type.Object({
      waiting: Type.Integer(),
      running: Type.Integer(),
      blocked: Type.Integer(),
      unreachable: Type.Integer(),
      ended: Type.Integer({ description: 'Of those that are still known.' }),
    }),
  }),
  async handle(_given, { manager, registry }) {
    const { status, workers } = manager.getHealth();
    const tasks = { waiting: 0, running: 0, blocked: 0, unreachable: 0, ended: 0 };
    for (const { condition } of registry.list()) tasks[condition] += 1;
    return { status: workers.length === 0 ? 'idle' : status, workers: workers.map(showWorker), tasks };
  },
});

function showWorker(worker: SandboxWorker) {
  const { load } = worker;
  return {
    workerId: worker.workerId,
    phase: worker.phase,
    health: worker.health,
    isEmbedded: worker.embedded,
    containment: worker.containment,
    maxTasks: worker.maxTasks,
    isDraining: worker.draining,
    workspaces: [...worker.workspaces],
    cpuPercent: load?.cpu ?? null,
    memoryPercent: load?.memory ?? null,
    diskPercent: load?.disk ?? null,
    error: worker.error?.message ?? null,
  };
}
