/** Says what holds a command, what that does not hold, and how to get more. docs/containment.md compares the levels. Pure. */
import type { TaskStart } from '@sandcrew/manager';

type Containment = TaskStart['containment'];

/** What bubblewrap holds and a lesser level does not: stable words, for machines. */
export type ContainmentLack =
  | 'hidden_files'
  | 'own_tmp'
  | 'dropped_privileges'
  | 'hidden_processes'
  | 'escaped_daemons'
  | 'network_none';

/** Where the worker is, on which it hangs who can make its host hold more. */
export type WorkerPlace = 'own-on-linux' | 'own-beside-bubblewrap' | 'own-elsewhere' | 'named';

const NO_VIEW: readonly ContainmentLack[] = ['hidden_files', 'own_tmp', 'dropped_privileges'];
const LACKS: Readonly<Record<Containment, readonly ContainmentLack[]>> = {
  bubblewrap: [],
  'pid-namespace': NO_VIEW,
  'process-group': [...NO_VIEW, 'hidden_processes', 'escaped_daemons', 'network_none'],
};

/** Empty under bubblewrap. */
export function lacksOf(containment: Containment): readonly ContainmentLack[] {
  return LACKS[containment];
}

/** In one line: of bubblewrap what it holds, of less also what is missing and what to do about it. */
export function containmentSentence(containment: Containment, place: WorkerPlace): string {
  const lacks = lacksOf(containment);
  if (lacks.length === 0) return `Contained by ${containment}: ${BUBBLEWRAP_WORDS}.`;
  const missing = lacks.map((lack) => LACK_WORDS[lack]).join('; ');
  return `Contained by ${containment}, which is less than bubblewrap: ${missing}. ${MORE_WORDS[place]}`;
}

const BUBBLEWRAP_WORDS =
  'it writes its workspace and HOME alone, sees the rest of the host read-only and without homes, and has no privileges';

const LACK_WORDS: Readonly<Record<ContainmentLack, string>> = {
  hidden_files: 'it reads and writes all files that the user of the worker can',
  own_tmp: '/tmp is that of the host',
  dropped_privileges: 'it has the privileges of that user',
  hidden_processes: 'it sees the other processes of the host',
  escaped_daemons: 'a daemon that leaves its group with a cleaned environment lives on',
  network_none: 'its network cannot be taken away',
};

const MORE_WORDS: Readonly<Record<WorkerPlace, string>> = {
  'own-on-linux': 'For more: `apt-get install bubblewrap`, or as your system installs it.',
  'own-beside-bubblewrap':
    'For more: bubblewrap is installed here and does not work; `sandcrew worker doctor --workspace .` says what keeps it from that.',
  'own-elsewhere': 'For more: a worker on Linux (--worker).',
  named:
    'For more: start that worker without --containment; `sandcrew-worker doctor` says what its host lacks for that.',
};
