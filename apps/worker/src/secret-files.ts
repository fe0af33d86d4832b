/** Reads the files of tokens and certificates, hidden from tasks first where they lie by now. */
import type { WorkerConfig } from './config.js';
import { TokenRegister } from './io/auth.js';
import type { ContainmentAdapter } from './io/containment/containment.js';
import { readTlsFiles, type TlsFiles } from './io/tls-files.js';

/** What is in the files, or why it is not to be taken. */
export interface Secrets {
  readonly tokens: TokenRegister | string[];
  /** Null where none is named. */
  readonly tls: TlsFiles | string[] | null;
}

/** @param containment Of the tasks; null where there is none, and so no task. */
export function readSecrets(
  { tokenFile, tls: paths }: Pick<WorkerConfig, 'tokenFile' | 'tls'>,
  containment: Pick<ContainmentAdapter, 'lookAgain'> | null,
): Secrets {
  const look = () => containment?.lookAgain?.() ?? null;
  const refuse = (fault: string) => ({ tokens: [fault], tls: paths === null ? null : [fault] });
  const before = look();
  if (before !== null) return refuse(before);
  const secrets = {
    tokens: tokenFile === '' ? [] : TokenRegister.read(tokenFile),
    tls: paths === null ? null : readTlsFiles(paths),
  };
  const after = look(); // a link may have been led elsewhere meanwhile; no task starts in between
  return after === null ? secrets : refuse(after);
}
