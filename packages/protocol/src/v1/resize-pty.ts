import Type, { type Static } from 'typebox';
import { ColumnCount, RowCount, TaskId, Timestamp } from './fields.js';

/** Manager -> worker: the terminal of a PTY task has a new size. Not answered. */
export const ResizePty = Type.Object({
  type: Type.Literal('resize_pty'),
  taskId: TaskId,
  cols: ColumnCount,
  rows: RowCount,
  timestamp: Timestamp,
});
export type ResizePty = Static<typeof ResizePty>;
