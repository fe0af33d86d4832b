/** Finds out whether bubblewrap holds tasks on this host, or says what it needs. */
import { existsSync, readFileSync } from 'node:fs';
import { writeLeavingNoDump } from '../../core/containment/bubblewrap-arguments.js';
import { judgePlaces } from '../../core/containment/places.js';
import { Bubblewrap } from './bubblewrap.js';
import type { ContainmentAdapter } from './containment.js';
import { type HostFiles, lookAtFiles } from './host-files.js';
import { findTools, probe, succeeds } from './probe.js';
import { TaskViews } from './task-views.js';

/** The adapter, or in a sentence why it cannot be had. */
export async function findBubblewrap(given: HostFiles): Promise<ContainmentAdapter | string> {
  if (process.platform !== 'linux') return 'bubblewrap needs Linux';
  const { arch } = process;
  if (arch !== 'x64' && arch !== 'arm64')
    return `its system call filter is written for x64 and arm64, got ${arch}`;
  if ((await findTools('bwrap')) === null) return 'there is no bwrap in PATH; install the package bubblewrap';
  const tools = await findTools('bwrap', 'setpriv', 'setsid', 'env', 'unshare', 'nsenter', 'prlimit');
  if (tools === null)
    return 'it needs setpriv, setsid, unshare, nsenter and prlimit (package util-linux) and env (coreutils) in PATH';
  const perl = await findTools('perl');
  const files = lookAtFiles(given);
  const fault = findMissing(files) ?? judgePlaces(files);
  if (fault !== null) return fault;
  const canLimit = await succeeds([...writeLeavingNoDump(tools.prlimit), 'true']);
  const known = { ...tools, perl: perl?.perl ?? null, prlimit: canLimit ? tools.prlimit : null };
  const adapter = new Bubblewrap(known, new TaskViews(given, files), arch);
  const probed = await probe(adapter);
  if (probed !== null) return `bwrap does not work here (${probed})${whatToAllow()}`;
  const unusable = await adapter.tryWorkspace(files.workspace);
  if (unusable === null) return adapter;
  adapter.close();
  return unusable;
}

function findMissing({ shownReadOnly, shownWritable }: HostFiles): string | null {
  const missing = [...shownReadOnly, ...shownWritable].find((path) => !existsSync(path));
  return missing === undefined ? null : `--bind-ro and --bind-rw expect what is there, got ${missing}`;
}

/** What an ordinary user's bubblewrap needs of the host, where the host tells that it is off. */
function whatToAllow(): string {
  if (process.getuid?.() === 0) return '';
  const settings: [file: string, off: string, sentence: string][] = [
    ['kernel/unprivileged_userns_clone', '0', 'sysctl kernel.unprivileged_userns_clone=1'],
    ['user/max_user_namespaces', '0', 'sysctl user.max_user_namespaces=10000'],
    [
      'kernel/apparmor_restrict_unprivileged_userns',
      '1',
      'an AppArmor profile for bwrap with `userns,`, or sysctl kernel.apparmor_restrict_unprivileged_userns=0',
    ],
  ];
  const needed = settings
    .filter(([file, off]) => readSetting(file) === off)
    .map(([, , sentence]) => sentence);
  return needed.length === 0 ? '' : `; an ordinary user needs user namespaces: ${needed.join('; ')}`;
}

function readSetting(file: string): string | null {
  try {
    return readFileSync(`/proc/sys/${file}`, 'utf8').trim();
  } catch {
    return null;
  }
}
