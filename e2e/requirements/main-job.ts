/** The main job: running a command, and telling how it ended, from the outside. */
import type { Requirement } from './requirement.js';

const WORKER = 'apps/worker/src';
const PROTOCOL = 'packages/protocol/src';
const CLI = 'apps/cli/src';

export const MAIN_JOB_REQUIREMENTS: readonly Requirement[] = [
  // After hello
  {
    source: 'Rules: Ids',
    says: 'hello comes first or not at all, and once.',
    test: ['e2e/tests/wire-manager', 'hello comes first or not at all, and once'],
    mutation: [`${WORKER}/core/session.ts`, "if (session.kind === 'new') session.kind = 'plain';", ''],
  },
  {
    source: 'Rules: Ids',
    says: 'A managerId belongs to a token name (4003); the newer of two connections wins (4001).',
    test: [
      'e2e/tests/wire-manager',
      'a managerId belongs to the name of the token that used it first; the newer of two connections wins',
    ],
    mutation: [`${WORKER}/core/session.ts`, 'CLOSE_CODES.managerIdTaken', 'CLOSE_CODES.normal'],
  },
  {
    source: 'Rules: Refusals',
    says: 'Ids of different owners never meet.',
    test: ['e2e/tests/wire-manager', 'ids of different owners never meet'],
    mutation: [`${WORKER}/core/state.ts`, '`${owner} ${taskId}`', '`${owner.length} ${taskId}`'],
  },
  {
    source: 'Output',
    says: 'After hello with binary, chunks are frames of at most 64 KiB whose offsets are contiguous.',
    test: ['e2e/tests/wire-manager', 'binary output is the raw bytes, offsets contiguous'],
    mutation: [
      `${PROTOCOL}/binary-frame.ts`,
      'view.setBigUint64(4, BigInt(offset))',
      'view.setBigUint64(4, BigInt(offset), true)',
    ],
  },
  {
    source: 'Output',
    says: 'At most windowBytes past the last ack; the child is never stopped; the end waits for all output.',
    test: [
      'e2e/tests/wire-manager',
      'without acks no more than the window is sent, the command still runs to its end, and the end waits for all output',
    ],
    mutation: [
      `${WORKER}/core/credit.ts`,
      'policy.windowBytes - state.unackedBytes',
      '2 * policy.windowBytes - state.unackedBytes',
    ],
  },
  {
    source: 'Rules: Acks and offsets',
    says: 'An ack going back is ignored; beyond what was sent, and a resume beyond the end, are invalid_offset.',
    test: [
      'e2e/tests/wire-manager',
      'acks: back is ignored, beyond what was sent is invalid_offset and gives nothing',
    ],
    mutation: [
      `${WORKER}/core/task-messages.ts`,
      'if (offset > task.sentOffset)',
      'if (offset > task.sentOffset + 9)',
    ],
  },
  {
    source: 'Output',
    says: 'Past retainBytes the oldest bytes go and output_gap tells exactly which; a gap uses no window.',
    test: [
      'e2e/tests/wire-manager',
      'past retainBytes the oldest bytes go, and exactly which is told; a gap uses no window',
    ],
    mutation: [`${WORKER}/core/delivery.ts`, 'subscriber.gaps.push(gap);', ''],
  },
  {
    source: 'Output',
    says: 'A connection that ends takes no task with it; hello.resume goes on at the byte.',
    test: [
      'e2e/tests/wire-manager',
      'a connection that ends takes no task with it: a new hello resumes each at its offset, no byte lost, none twice',
    ],
    mutation: [
      `${WORKER}/core/task-messages.ts`,
      'subscribe(turn, task, session, offset);',
      'subscribe(turn, task, session, offset + 1);',
    ],
  },
  {
    source: 'Rules: After a new connection',
    says: 'Output, gaps and the end wait for resume; a repeated execute_command gets its one answer.',
    test: [
      'e2e/tests/wire-manager',
      'after a new connection everything of a task waits for its resume; the same command gets its one answer',
    ],
    mutation: [
      `${WORKER}/core/task-messages.ts`,
      'if (task.terminal !== null) send(turn, session, task.terminal);',
      'if (task.terminal !== null) subscribe(turn, task, session, 0);',
    ],
  },
  {
    source: 'Rules: Acks and offsets',
    says: 'A resume below what is kept: output_gap for what is missing, then on from there.',
    test: ['e2e/tests/wire-manager', 'a resume below what is kept tells the gap and goes on from there'],
    mutation: [`${WORKER}/core/output-log.ts`, 'log.startOffset = upTo;', 'log.startOffset = upTo - 1;'],
  },
  {
    source: 'Rules: Text',
    says: 'A code point is never cut; a resume inside one looks back for its first bytes.',
    test: ['e2e/tests/wire-manager', 'text is never cut inside a code point, also not by a resume'],
    mutation: [`${WORKER}/core/output-log.ts`, 'const LOOKBACK_BYTES = 3;', 'const LOOKBACK_BYTES = 0;'],
  },
  {
    source: 'Output',
    says: 'An absent manager loses its running tasks after orphanTimeoutMs.',
    test: [
      'e2e/tests/wire-manager',
      'a manager that is away for orphanTimeoutMs loses its running tasks, and is told when it comes back',
    ],
    mutation: [
      `${WORKER}/core/session.ts`,
      "setTaskTimer(turn, task, 'orphan',",
      "setTaskTimer(turn, task, 'keep',",
    ],
  },
  {
    source: 'Rules: Who ended it',
    says: 'forget_task ends a running task without a terminal message.',
    test: [
      'e2e/tests/wire-manager',
      'forget_task ends a running task without a terminal message, and frees its id once it is dead',
    ],
    mutation: [
      `${WORKER}/core/session.ts`,
      'task === undefined || task.isForgotten ? null : task',
      'task === undefined ? null : task',
    ],
  },
  {
    source: 'Manager to worker',
    says: 'A workspace outlives tasks, is scoped by token name, and is not removed while a task runs in it.',
    test: [
      'e2e/tests/wire-manager',
      'workspaces outlive tasks, are scoped by token name, and are removed on request',
    ],
    mutation: [
      `${WORKER}/io/state-directory.ts`,
      "join(this.path, 'workspaces', tokenName, name)",
      "join(this.path, 'workspaces', 'main', name)",
    ],
  },
  {
    source: 'Rules: Refusals',
    says: 'More tasks than slots are busy.',
    test: ['e2e/tests/wire-manager', 'more tasks than slots are rejected as busy'],
    mutation: [
      `${WORKER}/core/admission.ts`,
      'means.runningTasks >= means.maxTasks',
      'means.runningTasks > means.maxTasks',
    ],
  },
  {
    source: 'Starting a worker',
    says: 'SIGTERM drains; a second one means now; exit 0.',
    test: [
      'e2e/tests/wire-manager',
      'SIGTERM drains: running tasks may end, no new one is taken, exit 0; a second one means now',
    ],
    mutation: [
      `${WORKER}/worker-run.ts`,
      'isDraining ? 0 : config.drainTimeoutMs',
      'isDraining ? 60_000 : config.drainTimeoutMs',
    ],
  },
  {
    source: 'Main job 3: PTY',
    says: 'PTY tasks: size, resize, controlling terminal, input, end of input.',
    test: ['e2e/tests/wire-manager', 'a terminal: size, resize, controlling terminal, input, end of input'],
    mutation: [
      `${WORKER}/io/terminal.ts`,
      'native.resize(master, newCols, newRows)',
      'native.resize(master, newRows, newCols)',
    ],
  },
  {
    source: 'Main job 3: PTY',
    says: "A task holds no descriptor of its neighbour's terminal.",
    test: ['e2e/tests/wire-manager', 'a task on a terminal shares no descriptor with its neighbours'],
    mutation: [`${WORKER}/io/spawn.ts`, 'if (leaking.size === 0) return', 'if (leaking.size >= 0) return'],
  },
  {
    source: 'Main job: audit',
    says: 'Each accepted command, with the token name, and its end is one audit line.',
    test: [
      'e2e/tests/wire-manager',
      'each accepted command and its end are one audit line, with the token name and without the environment',
    ],
    mutation: [`${WORKER}/core/audit.ts`, 'token: task.tokenName', 'token: task.owner'],
  },
  {
    source: 'Worker to manager',
    says: 'Heartbeats tell load and health at their pace.',
    test: ['e2e/tests/wire-plain', 'a heartbeat tells load and health'],
    mutation: [`${WORKER}/core/heartbeat.ts`, "count > 0 ? 'busy' : 'idle'", "count > 1 ? 'busy' : 'idle'"],
  },
  // Security defaults that stand already
  {
    source: 'Security: environment',
    says: "A task's environment is built from nothing.",
    test: ['e2e/tests/wire-plain', 'the environment is built from nothing'],
    mutation: [
      `${WORKER}/io/command-preparation.ts`,
      "CI: '1' };",
      "CI: '1', ...(process.env as Record<string, string>) };",
    ],
  },
  {
    source: 'Main job: real pipes',
    says: 'What a script writes to /dev/stderr arrives.',
    test: ['e2e/tests/wire-plain', 'streams are real pipes: /dev/stdout and /dev/stderr can be opened'],
    mutation: [`${WORKER}/io/containment/pid-namespace.ts`, '7>"$stderr"', '7>/dev/null'],
  },
  {
    source: 'Rules: Ids',
    says: 'A second hello is unexpected_hello.',
    test: ['e2e/tests/wire-manager', 'hello comes first or not at all, and once'],
    mutation: [
      `${WORKER}/core/session.ts`,
      "if (session.kind !== 'new') {",
      "if (session.kind === 'plain') {",
    ],
  },
  {
    source: 'Worker to manager',
    says: 'welcome tells the tasks that are kept, with their offsets.',
    test: [
      'e2e/tests/wire-manager',
      'welcome tells what the worker is, and which tasks of this manager it keeps',
    ],
    mutation: [`${WORKER}/core/session.ts`, 'ackedOffset: task.ackedOffset', 'ackedOffset: 0'],
  },
  {
    source: 'Worker to manager',
    says: 'A heartbeat comes right after welcome.',
    test: ['e2e/tests/wire-manager', 'a manager hears the load right after its welcome'],
    mutation: [
      `${WORKER}/core/session.ts`,
      "if (state.drain === 'no') sendHeartbeat(turn, session);",
      "if (state.drain === 'stopping') sendHeartbeat(turn, session);",
    ],
  },
  {
    source: 'Manager to worker',
    says: 'remove_workspace is refused while a task runs in it.',
    test: [
      'e2e/tests/wire-manager',
      'workspaces outlive tasks, are scoped by token name, and are removed on request',
    ],
    mutation: [`${WORKER}/core/session.ts`, 'if (isUsed || ', 'if ((isUsed && false) || '],
  },
  {
    source: 'Security: environment',
    says: 'HOME is one for each workspace, in the state directory.',
    test: [
      'apps/worker/test/io/surroundings',
      'a HOME of its own for each workspace, which outlives the task',
    ],
    mutation: [
      `${WORKER}/io/state-directory.ts`,
      "join(this.path, 'homes', tokenName, name)",
      "join(this.path, 'homes', tokenName, name.slice(99))",
    ],
  },
  {
    source: 'Rules: Timers',
    says: 'A worker restart keeps workspaces and deletes the old spool.',
    test: [
      'apps/worker/test/io/start',
      'keeps workspaces over a restart, and loses the spool of the run before',
    ],
    mutation: [
      `${WORKER}/io/output-spool.ts`,
      'await rm(join(this.#directory, left), { recursive: true, force: true });',
      'left.at(0);',
    ],
  },
  {
    source: 'Main job 3: PTY',
    says: '1,000 ends of programs on a terminal lose no byte of their tails.',
    test: ['apps/worker/test/io/terminal', '500 ends of `seq 1 2000` lose no byte of their tails'],
    mutation: [
      `${WORKER}/io/output-reader.ts`,
      "if (kind === 'terminal') source.on('end', () => this.#readRest(fd, stream, onData));",
      "source.on('end', () => kind === 'terminal' || this.#readRest(fd, stream, onData));",
    ],
  },
  {
    source: 'Starting a worker',
    says: 'One line of JSON on stdout when it listens.',
    test: [
      'apps/worker/test/io/start',
      'it prints one line when it listens, and logs JSON lines that never hold the token',
    ],
    mutation: [`${WORKER}/worker-run.ts`, "event: 'listening'", "event: 'ready'"],
  },
  {
    source: 'Starting a worker',
    says: 'Every fault of the configuration is named at once, exit 2.',
    test: ['apps/worker/test/io/start', 'every fault is named at once, each on a line'],
    mutation: [
      `${WORKER}/main.ts`,
      'for (const fault of faults) process',
      'for (const fault of faults.slice(0, 1)) process',
    ],
  },
  {
    source: 'Starting a worker',
    says: 'One worker holds a state directory.',
    test: ['apps/worker/test/io/start', 'is held by one worker at a time, and free again after a kill'],
    mutation: [
      `${WORKER}/io/state-directory.ts`,
      'if (isAlive(Number(pid), startTicks))',
      'if (isAlive(0 * Number(pid), startTicks))',
    ],
  },
  {
    source: 'Starting a worker',
    says: 'A stale socket is told apart from one where a server listens.',
    test: ['apps/worker/test/io/start', 'a stale socket, a live one and a file that is none are told apart'],
    mutation: [
      `${WORKER}/io/listen-target.ts`,
      "probe.once('error', () => resolve(false));",
      "probe.once('error', () => resolve(true));",
    ],
  },
  {
    source: 'Starting a worker',
    says: 'With --until-stdin-closes a worker ends with its parent, tasks and all.',
    test: [
      'apps/worker/test/io/lifetimes',
      'a worker that is told to end with its stdin does, tasks and all',
    ],
    mutation: [
      `${WORKER}/worker-run.ts`,
      "process.stdin.once('close', () => server.drain(0)).resume();",
      'process.stdin.resume();',
    ],
  },
  {
    source: 'Rules: Timers',
    says: 'A worker that has drained closes with 1001.',
    test: [
      'e2e/tests/wire-manager',
      'SIGTERM drains: running tasks may end, no new one is taken, exit 0; a second one means now',
    ],
    mutation: [`${WORKER}/core/drain.ts`, 'CLOSE_CODES.goingAway', 'CLOSE_CODES.normal'],
  },
  // The main job, from outside
  {
    source: 'Main job: real input',
    says: 'Exit code, byte counts and SHA-256 of real programs equal a direct run, by CLI and by library.',
    test: ['e2e/tests/real-input', 'an output of 200,000 lines, on both streams'],
    mutation: [
      `${WORKER}/core/output-log.ts`,
      'log.endOffset += data.length;\n}',
      'log.endOffset += data.length + 1;\n}',
    ],
  },
  {
    source: 'Main job 5: exit codes',
    says: "The CLI's exit code is the command's.",
    test: ['apps/cli/test/run', 'writes to stdout and stderr byte for byte, and exits as it exits'],
    mutation: [
      `${CLI}/exit-status.ts`,
      'return exitCode ?? statusOfSignal',
      'return (exitCode && 1) ?? statusOfSignal',
    ],
  },
  {
    source: 'Main job 5: exit codes',
    says: '124 on timeout, with the output so far.',
    test: ['apps/cli/test/run', 'that runs too long exits with 124 and keeps its output'],
    mutation: [`${CLI}/exit-status.ts`, 'timedOut: 124', 'timedOut: 125'],
  },
  {
    source: 'Main job 5: exit codes',
    says: '130 on Ctrl-C, which ends the task and leaves nothing.',
    test: ['apps/cli/test/run', 'ends the command, says so, and exits with 130; nothing is left'],
    mutation: [
      `${CLI}/interrupts.ts`,
      'this.#count === 1 && this.#reactions.first',
      'this.#count === 9 && this.#reactions.first',
    ],
  },
  {
    source: 'Main job: bad input',
    says: 'An unknown option suggests the near one.',
    test: ['apps/worker/test/config', 'unknown option --max-task suggests --max-tasks'],
    mutation: [
      `${WORKER}/given-options.ts`,
      'return distance(name, near) <=',
      'return distance(name, near) < 0 *',
    ],
  },
];
