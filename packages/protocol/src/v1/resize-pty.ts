import Type, { type Static } from 'typebox';
import { ColumnCount, RowCount, TaskId, Timestamp } from './fields.js';

/** Manager -> worker: a PTY has a new size. */
export const ResizePty = Type.Object(
  {
    type: Type.Literal('resize_pty'),
    taskId: TaskId,
    cols: ColumnCount,
    rows: RowCount,
    timestamp: Timestamp,
  },
  { description: 'Tells the new size of a PTY task’s terminal.', answeredBy: 'nothing' },
);
export type ResizePty = Static<typeof ResizePty>;
