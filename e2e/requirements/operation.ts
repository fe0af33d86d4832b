/** What an operator is promised: configuration, health, the binary. */
import type { Requirement } from './requirement.js';

const WORKER = 'apps/worker/src';

export const OPERATION_REQUIREMENTS: readonly Requirement[] = [
  {
    source: 'Configuration',
    says: 'The environment goes before the file.',
    test: ['apps/worker/test/config-file', 'the environment before the file'],
    mutation: [`${WORKER}/given-options.ts`, 'texts === null || values.has(row.name)', 'texts === null'],
  },
  {
    source: 'Configuration',
    says: 'An option given twice in a file is a fault.',
    test: ['apps/worker/test/config-file', 'an option given twice in a file is a fault'],
    mutation: [
      `${WORKER}/given-options.ts`,
      'else if (seen.has(name)) faults',
      'else if (seen.has("")) faults',
    ],
  },
  {
    source: 'Configuration',
    says: 'A relative path in a file is from the directory of the file.',
    test: ['apps/worker/test/config-file', 'a relative path in a file is from the directory of the file'],
    mutation: [`${WORKER}/given-options.ts`, 'return resolve(directory, text);', 'return resolve(text);'],
  },
  {
    source: 'Configuration',
    says: '--print-config tells where each value comes from.',
    test: [
      'apps/worker/test/config-file',
      '--print-config tells every lasting option, its value, and where that comes from',
    ],
    mutation: [`${WORKER}/config-report.ts`, "?.source ?? 'default'", "?.spelling ?? 'default'"],
  },
  {
    source: 'Operation: start',
    says: 'What a worker is born with is closed, but for the file that Node itself may be reading.',
    test: [
      'apps/worker/test/io/start',
      'it closes what it is born with, but for the file of certificates that Node itself may be reading',
    ],
    mutation: [`${WORKER}/io/inherited-fds.ts`, '&& target !== ownFile', '&& (target !== ownFile || fd > 2)'],
  },
  {
    source: 'Operation: health',
    says: 'A worker that drains is not ready, and its process lives.',
    test: ['apps/worker/test/io/health', 'a worker that drains lives and is not ready'],
    mutation: [`${WORKER}/core/readiness.ts`, "if (drain !== 'no')", "if (drain === 'stopping')"],
  },
  {
    source: 'Operation: health',
    says: 'A worker on a full disk is not ready.',
    test: ['apps/worker/test/core/measure', 'one on a full disk is not'],
    mutation: [`${WORKER}/core/readiness.ts`, 'MAX_DISK_PERCENT = 95', 'MAX_DISK_PERCENT = 99'],
  },
  {
    source: 'Operation: health',
    says: 'Numbers bear no name of a task, workspace, token or manager.',
    test: ['apps/worker/test/io/health', 'no label bears a task, a workspace, a token or a manager'],
    mutation: [
      `${WORKER}/core/measure.ts`,
      "return exitCode === 0 ? 'succeeded' : 'failed';",
      "return exitCode === 0 ? String(arguments[0].taskId) : 'failed';",
    ],
  },
  {
    source: 'Operation: health',
    says: 'Tasks are counted by how they ended.',
    test: ['apps/worker/test/io/health', '/metrics counts tasks by their end, bytes, starts and slots'],
    mutation: [`${WORKER}/core/measure.ts`, "if (event !== 'task_ended')", "if (event !== 'task_accepted')"],
  },
  {
    source: 'Operation: health',
    says: 'Output is timed until its last byte is given to the socket.',
    test: [
      'apps/worker/test/core/measure',
      'output is counted as it is read, and timed until its last byte is given to the socket',
    ],
    mutation: [`${WORKER}/core/measure.ts`, 'sentOffset < watch.endOffset', 'sentOffset <= watch.endOffset'],
  },
  {
    source: 'Operation: health',
    says: 'Beyond loopback the health listener warns at each start.',
    test: ['apps/worker/test/io/health', 'beyond loopback it warns at each start'],
    mutation: [`${WORKER}/worker-run.ts`, 'if (!isLoopback(listen.host))', 'if (isLoopback(listen.host))'],
  },
  {
    source: 'Operation: health',
    says: 'A port of health in use is told by the name of its option.',
    test: ['apps/worker/test/io/health', 'its port in use is told by the name of its option'],
    mutation: [
      `${WORKER}/io/health-listener.ts`,
      "listenFault(cause, listen, '--health-listen')",
      'listenFault(cause, listen)',
    ],
  },
  {
    source: 'Operation: doctor',
    says: 'doctor tells of a level what a start with it does.',
    test: ['apps/worker/test/io/doctor', 'what it tells of pid-namespace is what a start with it does'],
    mutation: [
      `${WORKER}/doctor.ts`,
      "await faultOf('pid-namespace', { ...files, shownReadOnly: [], shownWritable: [] })",
      "null ?? 'no'",
    ],
  },
  {
    source: 'Operation: doctor',
    says: 'A level that cannot be had is missing only where it is asked for.',
    test: ['apps/worker/test/core/diagnosis', '--containment auto: weaker'],
    mutation: [
      `${WORKER}/core/diagnosis.ts`,
      'return asked === level ? missing',
      'return asked !== level ? missing',
    ],
  },
  {
    source: 'Operation: doctor',
    says: 'A port in use is missing, and the exit code is 1.',
    test: ['apps/worker/test/io/doctor', 'a port in use and a state directory that is none are missing'],
    mutation: [`${WORKER}/doctor.ts`, "listen.kind === 'unix' ? []", "listen.kind !== 'unix' ? []"],
  },
  {
    source: 'Operation: doctor',
    says: 'doctor needs no token.',
    test: ['apps/worker/test/io/doctor', 'it needs no token, and tells the faults of one that is named'],
    mutation: [`${WORKER}/doctor.ts`, '{ needsToken: false }', '{ needsToken: true }'],
  },
];
