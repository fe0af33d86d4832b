import Type, { type Static } from 'typebox';
import { Timestamp, WorkerId, WorkspaceName } from './fields.js';

/** Worker -> manager: answers `remove_workspace`. */
export const WorkspaceRemoved = Type.Object(
  {
    type: Type.Literal('workspace_removed'),
    workspace: WorkspaceName,
    workerId: WorkerId,
    timestamp: Timestamp,
  },
  { description: 'Says that nothing of the workspace is left. Answers `remove_workspace`.' },
);
export type WorkspaceRemoved = Static<typeof WorkspaceRemoved>;
