/**
 * Each line of the specification, the test that shows it, and the change of code that turns that test red.
 * `npm run test:requirements` makes each change in a copy, runs its test and wants it red.
 */

export interface Requirement {
  /** Where it is asked for: a section of docs/protocol.md, or of the main job. */
  readonly source: string;
  readonly says: string;
  /** The file, without its ending, and the title of the test (of a table: the title of its row). */
  readonly test: readonly [file: string, title: string];
  /** File, what stands there, what stands there instead. */
  readonly mutation: readonly [file: string, from: string, to: string];
}

const WORKER = 'apps/worker/src';
const PROTOCOL = 'packages/protocol/src';
const CLI = 'apps/cli/src';

export const REQUIREMENTS: readonly Requirement[] = [
  // The upgrade
  {
    source: 'Upgrade',
    says: 'A token missing, wrong, sent twice or of another scheme gets 401.',
    test: ['e2e/tests/wire-upgrade', 'two tokens is refused'],
    mutation: [`${WORKER}/core/upgrade.ts`, 'more.length > 0', 'more.length > 9'],
  },
  {
    source: 'Upgrade',
    says: 'A token in the query string gets 401, also beside a valid header.',
    test: ['e2e/tests/wire-upgrade', 'a token in the query, beside a good one is refused'],
    mutation: [
      `${WORKER}/core/upgrade.ts`,
      'hasToken(query, nameToken) ? null : readToken',
      'hasToken(query, nameToken) && false ? null : readToken',
    ],
  },
  {
    source: 'Upgrade',
    says: 'A further failed token after 20 in a minute gets 429; a good one always passes.',
    test: [
      'e2e/tests/wire-upgrade',
      'after 20 failed tokens in a minute the next gets 429, and a good one still passes',
    ],
    mutation: [
      `${WORKER}/core/upgrade.ts`,
      'recentFailures >= MAX_FAILED_TOKENS',
      'recentFailures > MAX_FAILED_TOKENS',
    ],
  },
  {
    source: 'Upgrade',
    says: 'Any Origin that is not on the allow-list gets 403.',
    test: ['e2e/tests/wire-upgrade', 'an Origin is refused'],
    mutation: [
      `${WORKER}/core/upgrade.ts`,
      '!policy.allowedOrigins.includes(request.origin)',
      'policy.allowedOrigins.includes(request.origin)',
    ],
  },
  {
    source: 'Upgrade',
    says: 'Another path gets 404, before all else.',
    test: ['e2e/tests/wire-upgrade', 'a wrong path is judged before an Origin is refused'],
    mutation: [`${WORKER}/core/upgrade.ts`, "if (path !== '/')", "if (path === '')"],
  },
  {
    source: 'Upgrade',
    says: 'Offered but unsupported subprotocols get 400 that names the supported one.',
    test: ['e2e/tests/wire-upgrade', 'the refusal of a version names the supported one'],
    mutation: [`${PROTOCOL}/version.ts`, "'sandcrew.v1'", "'sandcrew.v2'"],
  },
  {
    source: 'Upgrade',
    says: 'Headers that are not finished in 5 s close the connection.',
    test: ['e2e/tests/wire-upgrade', 'headers that are not finished in 5 s close the connection'],
    mutation: [
      `${WORKER}/io/websocket.ts`,
      'const HEADERS_TIMEOUT_MS = 5_000',
      'const HEADERS_TIMEOUT_MS = 20_000',
    ],
  },
  // Frames
  {
    source: 'Rules: Frames',
    says: 'A message over 1 MiB closes with 1009, a binary frame with 1003.',
    test: ['e2e/tests/wire-plain', 'a binary frame closes with 1003, a message over 1 MiB with 1009'],
    mutation: [
      `${WORKER}/io/websocket.ts`,
      'maxPayload: MAX_PAYLOAD_BYTES',
      'maxPayload: 2 * MAX_PAYLOAD_BYTES',
    ],
  },
  {
    source: 'Rules: Frames',
    says: 'Only malformed frames count towards 1008; late messages never kill a session.',
    test: [
      'e2e/tests/wire-plain',
      '100 malformed frames in a minute close with 1008; late messages never do',
    ],
    mutation: [
      `${WORKER}/core/session.ts`,
      'session.malformedAtMs.length < MAX_MALFORMED_FRAMES',
      'session.malformedAtMs.length <= MAX_MALFORMED_FRAMES',
    ],
  },
  {
    source: 'Versions',
    says: 'An unknown type or an invalid message gets protocol_error naming the path, and changes nothing.',
    test: ['e2e/tests/wire-plain', 'malformed frames name the path and change nothing'],
    mutation: [`${PROTOCOL}/codec.ts`, "'unknown_type'", "'invalid_message'"],
  },
  // The plain client
  {
    source: 'Manager to worker',
    says: 'A plain client may skip hello: the conversation of the specification works to the letter.',
    test: ['e2e/tests/wire-plain', 'the literal conversation of the specification works'],
    mutation: [
      `${WORKER}/core/delivery.ts`,
      'offset: subscriber.sentOffset, data',
      'offset: subscriber.sentOffset + 1, data',
    ],
  },
  {
    source: 'Manager to worker',
    says: 'An array is an argv and no shell is involved.',
    test: ['e2e/tests/wire-plain', 'an argv, without a shell'],
    mutation: [
      `${WORKER}/io/command-preparation.ts`,
      ': launch.command;',
      ": [...findShell(path), launch.command.join(' ')];",
    ],
  },
  {
    source: 'Manager to worker',
    says: 'stdin is none by default: the command reads end of file at once.',
    test: ['e2e/tests/wire-plain', 'stdin is at its end by default'],
    mutation: [`${WORKER}/core/same-command.ts`, "(said.stdin ?? 'none')", "(said.stdin ?? 'pipe')"],
  },
  {
    source: 'Manager to worker',
    says: 'cwd may not leave the workspace, also not by a link.',
    test: ['e2e/tests/wire-plain', 'a cwd that leaves the workspace by a link is rejected'],
    mutation: [`${WORKER}/io/command-preparation.ts`, 'isInside && (await', '(isInside || path) && (await'],
  },
  {
    source: 'Rules: Plain clients',
    says: "A plain client's tasks end when its connection does.",
    test: ['e2e/tests/wire-plain', "a plain client's tasks end when its connection does"],
    mutation: [
      `${WORKER}/core/session.ts`,
      "if (session.kind === 'manager') {\n      if (task.phase",
      "if (session.kind !== 'new') {\n      if (task.phase",
    ],
  },
  {
    source: 'Rules: Refusals',
    says: 'A command that cannot be run is rejected with its detail, and its id stays free.',
    test: ['e2e/tests/wire-plain', 'a NUL in the command is rejected, and its id stays free'],
    mutation: [
      `${WORKER}/core/admission.ts`,
      'findIndex((word) => word.includes(',
      'findIndex((word) => word === words[9] && word.includes(',
    ],
  },
  {
    source: 'Rules: Refusals',
    says: 'A limit that cannot be enforced refuses the task that asks for it.',
    test: ['e2e/tests/wire-plain', 'a limit that cannot be enforced is rejected, and its id stays free'],
    mutation: [`${WORKER}/core/admission.ts`, 'if (asked.length === 0) return null;', 'return null;'],
  },
  // Ends
  {
    source: 'Manager to worker',
    says: 'Output after the exit is read until it closes; a daemon does not hold the task and is counted.',
    test: [
      'e2e/tests/wire-plain',
      'output after the exit of the shell is not lost, and the daemon that follows does not hold the task',
    ],
    mutation: [
      `${WORKER}/core/task.ts`,
      'if (task.isOutputClosed || isOutOfGrace ||',
      'if (true || task.isOutputClosed || isOutOfGrace ||',
    ],
  },
  {
    source: 'Manager to worker',
    says: 'Output held open is reported at 1.5 s and ended at lingerMs.',
    test: [
      'e2e/tests/wire-plain',
      'output held open after the exit is reported at 1.5 s and ended at lingerMs',
    ],
    mutation: [
      `${WORKER}/core/judge-block.ts`,
      'evidence.lingeringMs >= ORPHANED_OUTPUT_AFTER_MS',
      'evidence.lingeringMs >= 10 * ORPHANED_OUTPUT_AFTER_MS',
    ],
  },
  {
    source: 'Manager to worker',
    says: 'timeoutMs ends the command and its children.',
    test: ['e2e/tests/wire-plain', 'timeoutMs ends a command and its children'],
    mutation: [`${WORKER}/core/task.ts`, "setTaskTimer(turn, task, 'timeout', task.command.timeoutMs);", ''],
  },
  {
    source: 'Rules: Who ended it',
    says: 'SIGKILL comes after graceMs.',
    test: ['e2e/tests/wire-plain', 'a command that ignores SIGTERM gets SIGKILL after graceMs'],
    mutation: [`${WORKER}/core/ending.ts`, "setTaskTimer(turn, task, 'kill', step.killAfterMs);", ''],
  },
  {
    source: 'Rules: Who ended it',
    says: 'The first cause stands, whatever the process then exits with; a signal by signal_task is the own end.',
    test: [
      'e2e/tests/wire-plain',
      'who ended it: a clean exit after terminate is still terminated; a signal by signal_task is the own end',
    ],
    mutation: [
      `${WORKER}/core/ending.ts`,
      'if (task.cause === null)',
      'if (task.cause === null || task.exit.exitCode === 0)',
    ],
  },
  {
    source: 'Worker to manager',
    says: 'A signal that the task sent itself is its own end: exitCode null and the signal.',
    test: ['e2e/tests/wire-plain', 'a signal that the task sends itself is its own end'],
    mutation: [
      `${WORKER}/io/containment/pid-namespace.ts`,
      'SIGNAL_OF_NUMBER.get(code - 128)',
      'SIGNAL_OF_NUMBER.get(code - 1_000)',
    ],
  },
  // Input
  {
    source: 'Rules: Input',
    says: 'Input is acked in bytes that the command took.',
    test: ['e2e/tests/wire-plain', 'input is taken, acked in bytes, and ended'],
    mutation: [
      `${WORKER}/core/step.ts`,
      'task.input.takenOffset += bytes;',
      'task.input.takenOffset += 0 * bytes;',
    ],
  },
  {
    source: 'Rules: Input',
    says: 'With an offset, bytes that the worker has are skipped; beyond what it has is invalid_offset.',
    test: [
      'e2e/tests/wire-plain',
      'input that was sent twice is taken once; beyond what is there it is refused',
    ],
    mutation: [`${WORKER}/core/input.ts`, 'const skip = state.receivedOffset - start;', 'const skip = 0;'],
  },
  {
    source: 'Rules: Input',
    says: 'More than 1 MiB that the command has not taken is input_full, and nothing of that message is taken.',
    test: [
      'e2e/tests/wire-plain',
      'more than 1 MiB that the command has not taken is input_full, and nothing of that message is taken',
    ],
    mutation: [
      `${WORKER}/core/input.ts`,
      'waiting + bytes - skip > MAX_PENDING_INPUT_BYTES',
      'waiting + bytes - skip > 9 * MAX_PENDING_INPUT_BYTES',
    ],
  },
  {
    source: 'Rules: Late messages',
    says: 'Input to an ended task is task_ended, without open stdin stdin_closed; other late messages are ignored.',
    test: [
      'e2e/tests/wire-plain',
      'late messages: input to an ended task and to a closed stdin is refused, other things are ignored',
    ],
    mutation: [`${WORKER}/core/task-messages.ts`, "'task_ended'", "'stdin_closed'"],
  },
  {
    source: 'Rules: The same command again',
    says: 'The same execute_command answers with the present state and starts nothing; another body is duplicate_task.',
    test: ['e2e/tests/wire-plain', 'the same command again starts nothing and answers what the task is now'],
    mutation: [`${WORKER}/core/same-command.ts`, 'env: said.env ?? {},', "env: said.env ?? { A: '' },"],
  },
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
    mutation: [`${WORKER}/core/credit.ts`, 'if (offset > sentOffset)', 'if (offset > sentOffset + 9)'],
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
      `${WORKER}/main.ts`,
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
    mutation: [`${WORKER}/core/step.ts`, "count > 0 ? 'busy' : 'idle'", "count > 1 ? 'busy' : 'idle'"],
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
    mutation: [`${CLI}/interrupts.ts`, 'if (this.#count === 1) this.#reactions.first(signal);', ''],
  },
  {
    source: 'Main job: bad input',
    says: 'An unknown option suggests the near one.',
    test: ['apps/worker/test/config', 'unknown option --max-task suggests --max-tasks'],
    mutation: [`${WORKER}/config.ts`, 'return distance(name, near) <=', 'return distance(name, near) < 0 *'],
  },
];
