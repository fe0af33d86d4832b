/** Which worker this is. A test holds its version against package.json. */
import { PROTOCOL_VERSION } from '@sandcrew/protocol';

/** Put in by scripts/build-binary.mjs; a checkout has none, since it is whatever was edited. */
declare const SANDCREW_COMMIT: string | undefined;

export const VERSION = '0.1.0';

const COMMIT: string | null = typeof SANDCREW_COMMIT === 'string' ? SANDCREW_COMMIT : null;

/** One line: version, protocol, Node, and the commit where it is known. */
export function describeVersion(): string {
  const commit = COMMIT === null ? '' : `, commit ${COMMIT}`;
  return `sandcrew-worker ${VERSION}, protocol ${PROTOCOL_VERSION}, node ${process.versions.node}${commit}\n`;
}
