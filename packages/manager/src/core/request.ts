/** Questions to a worker that are no tasks: "are you there?", "remove this workspace". */
export type RequestKind =
  | { readonly kind: 'ready' }
  | { readonly kind: 'remove_workspace'; readonly workspace: string };

export interface Request {
  readonly requestId: string;
  readonly workerKey: string;
  readonly kind: RequestKind;
  /** Whether the worker was asked. One removal at a time is: its refusal does not say which workspace it is about. */
  sent: boolean;
}
