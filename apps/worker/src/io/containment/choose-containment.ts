/** Finds the containment that an operator asked for, or the best that this host has. */
import type { Containment } from '@sandcrew/protocol';
import type { ContainmentAdapter } from './containment.js';
import { findBubblewrap } from './find-bubblewrap.js';
import type { HostFiles } from './host-files.js';
import { findPidNamespace } from './pid-namespace.js';
import { createProcessGroup } from './process-group.js';

export type ContainmentRequest = 'auto' | Containment;

/** The adapter, with a warning where it is weaker than could be wished; or why there is none. */
export type ContainmentChoice =
  | { readonly ok: true; readonly adapter: ContainmentAdapter; readonly warning: string | null }
  | { readonly ok: false; readonly fault: string };

const LESS = 'for less choose --containment auto, pid-namespace or process-group (docs/containment.md)';

export async function chooseContainment(
  request: ContainmentRequest,
  files: HostFiles,
): Promise<ContainmentChoice> {
  if ((request === 'process-group' || request === 'pid-namespace') && asksForFiles(files))
    return {
      ok: false,
      fault: `--bind-ro, --bind-rw: ${request} hides nothing that could be shown; leave them out`,
    };
  if (request === 'process-group') return weaker(createProcessGroup(), '');
  const bubblewrap = request === 'pid-namespace' ? null : await findBubblewrap(files);
  if (bubblewrap !== null && typeof bubblewrap !== 'string')
    return { ok: true, adapter: bubblewrap, warning: null };
  if (request === 'bubblewrap')
    return { ok: false, fault: `--containment bubblewrap: ${bubblewrap}; ${LESS}` };
  const withoutBubblewrap = bubblewrap === null ? '' : `; no bubblewrap: ${bubblewrap}`;
  if (bubblewrap !== null && asksForFiles(files))
    return { ok: false, fault: `--bind-ro, --bind-rw: they need bubblewrap, and ${bubblewrap}` };
  const found = await findPidNamespace();
  if (typeof found !== 'string') return weaker(found, withoutBubblewrap);
  if (request === 'pid-namespace')
    return { ok: false, fault: `--containment pid-namespace: ${found}; use process-group for less` };
  return weaker(createProcessGroup(), `${withoutBubblewrap}; no pid-namespace: ${found}`);
}

function weaker(adapter: ContainmentAdapter, because: string): ContainmentChoice {
  const holds =
    adapter.level === 'pid-namespace'
      ? 'pid-namespace ends every process of a task, and hides no file of this host from it'
      : 'process-group holds no daemon that leaves its group with a clean environment, and hides no file';
  return { ok: true, adapter, warning: `${holds}${because}` };
}

function asksForFiles({ shownReadOnly, shownWritable }: HostFiles): boolean {
  return shownReadOnly.length + shownWritable.length > 0;
}
