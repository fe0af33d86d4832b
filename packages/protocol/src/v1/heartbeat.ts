import Type, { type Static } from 'typebox';
import { elapsedMs, percent, Timestamp, WorkerId } from './fields.js';

/** Worker -> manager: load and health, each `--heartbeat-interval-ms` (30 s). */
export const Heartbeat = Type.Object({
  type: Type.Literal('heartbeat'),
  status: Type.Union([Type.Literal('idle'), Type.Literal('busy'), Type.Literal('draining')], {
    description: '`busy`: at least one task runs. `draining`: no new task is taken.',
  }),
  runningTasks: Type.Integer({ minimum: 0, description: 'Tasks of all managers that run now, a count.' }),
  health: Type.Object(
    {
      cpu: percent('CPU in use.'),
      memory: percent('Memory in use.'),
      disk: percent('The file system that holds the workspaces, in use.'),
      loadAverage: Type.Array(Type.Number({ minimum: 0 }), {
        minItems: 3,
        maxItems: 3,
        description: 'Runnable processes of the host, averaged over 1, 5 and 15 minutes.',
      }),
      eventLoopDelayMs: Type.Number({ minimum: 0, description: 'p99 of the worker’s event-loop delay since the last heartbeat, milliseconds.' }),
      uptimeMs: elapsedMs('Since the worker started.'),
    },
    { description: 'How the host and the worker are.' },
  ),
  workerId: WorkerId,
  timestamp: Timestamp,
});
export type Heartbeat = Static<typeof Heartbeat>;
