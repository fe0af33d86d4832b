import Type, { type Static } from 'typebox';
import { Timestamp, WorkerId, WorkspaceName } from './fields.js';

/** Worker -> manager: answers `remove_workspace`; nothing of it is left. */
export const WorkspaceRemoved = Type.Object({
  type: Type.Literal('workspace_removed'),
  workspace: WorkspaceName,
  workerId: WorkerId,
  timestamp: Timestamp,
});
export type WorkspaceRemoved = Static<typeof WorkspaceRemoved>;
