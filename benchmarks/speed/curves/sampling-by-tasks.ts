/** What one look at all running tasks costs the worker that looks for blocks. */
import type { Curve } from '../curve.js';
import { GOAL_MS_A_TASK, measureSampling } from '../metrics/sampling.js';

const TASKS = [10, 25, 50, 100];
const WINDOW_MS = 10_000;

export const samplingByTasks: Curve = {
  name: 'sampling-by-tasks',
  title: 'CPU time of one look at so many tasks, of which one in twenty is busy',
  x: { label: 'tasks', scale: 'linear' },
  y: { label: 'ms a look', scale: 'linear' },
  measure: async (bench) => {
    const points: [number, number][] = [];
    for (const tasks of TASKS) points.push([tasks, await measureSampling(tasks, WINDOW_MS * bench.scale)]);
    const goal = TASKS.map((tasks) => [tasks, GOAL_MS_A_TASK * tasks] as const);
    return [
      { name: 'Sandcrew', points },
      { name: `goal: ${GOAL_MS_A_TASK} ms a task`, points: goal },
    ];
  },
};
