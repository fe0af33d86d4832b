/** Which files of this host the configuration names, for whoever keeps tasks from them or shows them. */
import type { WorkerConfig } from './config.js';
import type { HostFiles } from './io/containment/host-files.js';

export function hostFilesOf(config: WorkerConfig): HostFiles {
  return {
    workspace: config.workspace,
    stateDir: config.stateDir,
    secretFiles: [config.tokenFile, config.tls?.key ?? ''].filter((path) => path !== ''),
    shownReadOnly: config.bindReadOnly,
    shownWritable: config.bindWritable,
  };
}
