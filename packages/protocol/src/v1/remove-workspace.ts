import Type, { type Static } from 'typebox';
import { Timestamp, WorkspaceName } from './fields.js';

/** Manager -> worker: delete a workspace and all in it. Answered by `workspace_removed`, or `protocol_error` `workspace_busy`. */
export const RemoveWorkspace = Type.Object({
  type: Type.Literal('remove_workspace'),
  workspace: WorkspaceName,
  timestamp: Timestamp,
});
export type RemoveWorkspace = Static<typeof RemoveWorkspace>;
