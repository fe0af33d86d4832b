/** Finds the containment that an operator asked for, or the best that this host has. */
import type { ContainmentAdapter } from './containment.js';
import { findPidNamespace } from './pid-namespace.js';
import { createProcessGroup } from './process-group.js';

export type ContainmentRequest = 'auto' | 'bubblewrap' | 'pid-namespace' | 'process-group';

/** The adapter, with a warning where it is weaker than could be wished; or why there is none. */
export type ContainmentChoice =
  | { readonly ok: true; readonly adapter: ContainmentAdapter; readonly warning: string | null }
  | { readonly ok: false; readonly fault: string };

export async function chooseContainment(request: ContainmentRequest): Promise<ContainmentChoice> {
  if (request === 'bubblewrap') {
    return {
      ok: false,
      fault:
        '--containment bubblewrap: this version has no bubblewrap yet; use pid-namespace, process-group or auto',
    };
  }
  if (request === 'process-group') {
    return {
      ok: true,
      adapter: createProcessGroup(),
      warning:
        'process-group holds no daemon that leaves its group with a clean environment, and hides no file',
    };
  }
  const found = await findPidNamespace();
  if (typeof found !== 'string') {
    return {
      ok: true,
      adapter: found,
      warning: 'pid-namespace ends every process of a task, and hides no file of this host from it',
    };
  }
  if (request === 'pid-namespace')
    return { ok: false, fault: `--containment pid-namespace: ${found}; use process-group for less` };
  return {
    ok: true,
    adapter: createProcessGroup(),
    warning: `tasks are held by process-group alone: ${found}`,
  };
}
