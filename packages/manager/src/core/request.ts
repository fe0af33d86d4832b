/** Questions to a worker that are no tasks: "are you there?", "how loaded are you?", "remove this workspace". */
export type RequestKind =
  | { readonly kind: 'ready' | 'load' }
  | { readonly kind: 'remove_workspace'; readonly workspace: string };

export interface Request {
  readonly requestId: string;
  readonly workerKey: string;
  readonly kind: RequestKind;
  /**
   * Whether the worker was asked; its load it tells by itself, and is waited for from then on. One removal at a time is:
   * its refusal does not say which workspace it is about.
   */
  sent: boolean;
}
