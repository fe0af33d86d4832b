import Type, { type Static } from 'typebox';
import { Timestamp, WorkspaceName } from './fields.js';

/** Manager -> worker: delete a workspace. */
export const RemoveWorkspace = Type.Object(
  {
    type: Type.Literal('remove_workspace'),
    workspace: WorkspaceName,
    timestamp: Timestamp,
  },
  {
    description: 'Deletes a workspace and all in it.',
    answeredBy: '`workspace_removed`, or `protocol_error` `workspace_busy` or `unknown_workspace`',
  },
);
export type RemoveWorkspace = Static<typeof RemoveWorkspace>;
