import Type, { type Static } from 'typebox';
import { elapsedMs, percent, Timestamp, WorkerId } from './fields.js';
import { oneWordOf } from './words.js';

/** Worker -> manager: load and health, after `welcome` and at a pace. */
export const Heartbeat = Type.Object(
  {
    type: Type.Literal('heartbeat'),
    status: oneWordOf(
      {
        idle: 'No task runs.',
        busy: 'At least one task runs.',
        draining: 'The worker is shutting down; no new task is taken.',
      },
      'Whether it works.',
    ),
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
        eventLoopDelayMs: Type.Number({
          minimum: 0,
          description:
            'How late the worker’s event loop ran since the last heartbeat, 99th percentile, milliseconds.',
        }),
        uptimeMs: elapsedMs('Since the worker started.'),
      },
      { description: 'How the host and the worker are.' },
    ),
    workerId: WorkerId,
    timestamp: Timestamp,
  },
  {
    description: 'Tells load and health, right after `welcome` and each `--heartbeat-interval-ms` (30 000).',
  },
);
export type Heartbeat = Static<typeof Heartbeat>;
