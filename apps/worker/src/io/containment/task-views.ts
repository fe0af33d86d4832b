/** What tasks see of the host's files, as the worker's own files and the users' homes lie by now. */
import { existsSync } from 'node:fs';
import type { TaskUser } from '../../core/containment/bubblewrap-arguments.js';
import { judgePlaces } from '../../core/containment/places.js';
import { createView, type View, type ViewEntry } from '../../core/containment/view.js';
import type { TaskDirectories } from './containment.js';
import {
  type FoundFiles,
  type HostFiles,
  lookAtFiles,
  readClosedParents,
  readCommonView,
} from './host-files.js';

export class TaskViews {
  readonly #given: HostFiles;
  #found: FoundFiles;
  #common: readonly ViewEntry[];
  /** Views of another edition hide less, or something else. */
  edition = 0;

  /** @param found What stands for `given` now. */
  constructor(given: HostFiles, found: FoundFiles) {
    this.#given = given;
    this.#found = found;
    this.#common = readCommonView(found);
  }

  /** For views to come. What was a secret or a home stays hidden: a key that was replaced may be trusted still. Why nothing could be changed, or null. */
  lookAgain(): string | null {
    try {
      return this.#lookAgain();
    } catch (error) {
      return (error as Error).message; // out of descriptors, say
    }
  }

  #lookAgain(): string | null {
    const { secretFiles, secretLinks, homes } = lookAtFiles(this.#given);
    const found = {
      ...this.#found,
      secretFiles: [...new Set([...this.#found.secretFiles, ...secretFiles])],
      secretLinks: [...new Set([...this.#found.secretLinks, ...secretLinks])],
      homes: [...new Set([...this.#found.homes, ...homes])],
    };
    const fault = judgePlaces(found);
    if (fault !== null) return fault;
    this.#found = found;
    this.#common = readCommonView(found);
    this.edition++;
    return null;
  }

  /** @param user Whom the task runs as; null for the worker's own user. */
  create(directories: TaskDirectories | null, user: TaskUser | null): View {
    const { shownReadOnly, shownWritable } = this.#found;
    const own = directories === null ? [] : [directories.workspace, directories.home];
    const shown = [...shownReadOnly, ...shownWritable, ...own];
    const isThere = ({ path }: ViewEntry) => existsSync(path); // at the first start the state directory is not yet
    return createView([
      ...(user === null ? [] : readClosedParents(shown, user)),
      ...this.#common.filter(isThere),
      ...own.map((path): ViewEntry => ({ path, showing: 'writable' })),
    ]);
  }
}
