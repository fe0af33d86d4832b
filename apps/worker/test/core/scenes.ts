/** What a sample may show of a task, by the names under which stories tell of it. */
import type { Evidence } from '#src/core/blocks/evidence.js';
import {
  CHILDREN,
  evidenceOf,
  FUTEX,
  INPUT,
  polling,
  RUNNING,
  reading,
  type Scene,
  TIME,
} from './blocks/looks.js';

const memory = (share: number, kills: number) => ({
  process: { residentBytes: share * 1_000 },
  evidence: { limits: { memory: { chargedBytes: share * 1_000, maxBytes: 1_000, kills } } },
});
const seesSignal = { caughtSignals: ['SIGUSR1'], hasTimers: false, catchesTermination: false };

const PEER = { sockets: { s: { kind: 'outside', peer: '10.0.0.1:22' } } } as const;
const INPUT_OR_PEER: Scene = {
  waits: { 10: reading({ kind: 'input' }, { kind: 'socket', id: 's' }) },
  surroundings: PEER,
};

const SCENES: Readonly<Record<string, Scene>> = {
  running: { waits: { 10: RUNNING } },
  running_in_two_threads: { waits: { 10: [RUNNING, RUNNING] } },
  sleeping: { waits: { 10: TIME } },
  reading_input: { waits: { 10: INPUT } },
  polling_input: { waits: { 10: polling(1_000, { kind: 'input' }) } },
  reading_input_or_peer: INPUT_OR_PEER,
  waiting_for_peer: { waits: { 10: reading({ kind: 'socket', id: 's' }) }, surroundings: PEER },
  deadlocked: { waits: { 10: CHILDREN, 11: [FUTEX, FUTEX] } },
  deadlocked_over_zombie: { waits: { 10: FUTEX }, zombies: [11], parents: { 11: 10 } },
  deadlocked_unless_signalled: { waits: { 10: FUTEX }, surroundings: { habits: { 10: seesSignal } } },
  deadlocked_beside_unreadable: { waits: { 10: FUTEX }, evidence: { unreadable: ['sudo (pid 9)'] } },
  java_quiet: { waits: { 10: [{ ...FUTEX, isTimed: true }, TIME] }, names: ['main', 'VM Periodic Tas'] },
  stopped: { waits: { 10: { on: 'continue', signal: 'SIGSTOP' } } },
  memory_full: { waits: { 10: TIME }, ...memory(0.99, 0) },
  memory_full_reading_input_or_peer: { ...INPUT_OR_PEER, ...memory(0.99, 0) },
  memory_killed: { waits: { 10: TIME }, ...memory(0.1, 1) },
};

/** @param isCloser whether it was looked at closely. @param stillMs for how long nothing of it was scheduled. */
export function sampleOf(name: string, isCloser: boolean, stillMs: number): Evidence {
  const scene = SCENES[name];
  if (scene === undefined) throw new Error(`a story samples "${name}", which means nothing`);
  const evidence = evidenceOf({ ...scene, stillMs });
  return isCloser ? evidence : { ...evidence, surroundings: null };
}
