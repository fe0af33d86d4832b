/** The contract: docs/protocol.md, line by line. */
import type { Requirement } from './requirement.js';

const WORKER = 'apps/worker/src';
const PROTOCOL = 'packages/protocol/src';
const MANAGER = 'packages/manager/src';

export const WIRE_REQUIREMENTS: readonly Requirement[] = [
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
  {
    source: 'Upgrade',
    says: 'The same rules hold for wss://.',
    test: [
      'e2e/tests/wire-tls',
      'a worker with a certificate speaks wss to a client that trusts its authority',
    ],
    mutation: [`${WORKER}/io/listen-target.ts`, "isTls ? 'wss' : 'ws'", "isTls ? 'ws' : 'ws'"],
  },
  {
    source: 'Security: TLS',
    says: 'A client must show a certificate of --tls-client-ca, and a token besides.',
    test: [
      'e2e/tests/wire-tls',
      'with --tls-client-ca a client without a certificate of that authority is refused',
    ],
    mutation: [`${WORKER}/io/websocket.ts`, 'rejectUnauthorized: true', 'rejectUnauthorized: false'],
  },
  {
    source: 'Security: TLS',
    says: 'The manager can pin a CA.',
    test: ['e2e/tests/wire-tls', 'the manager pins a CA: the right one connects, any other is told as such'],
    mutation: [
      `${MANAGER}/io/worker-connection.ts`,
      '...pemOf(target.tls)',
      '...{ ...pemOf(target.tls), rejectUnauthorized: false }',
    ],
  },
  {
    source: 'Security: TLS',
    says: 'A certificate, a key or a CA that will not do is named at the start.',
    test: ['e2e/tests/wire-tls', 'a certificate, a key or a CA that will not do is named at the start'],
    mutation: [`${WORKER}/io/tls-files.ts`, 'new X509Certificate(clientCa)', 'new X509Certificate(cert)'],
  },
  {
    source: 'Security: TLS',
    says: 'Beyond loopback a worker needs TLS, or --insecure-plaintext with a reason, which it logs.',
    test: [
      'e2e/tests/wire-tls',
      'beyond loopback without TLS a worker needs --insecure-plaintext REASON, and logs the reason',
    ],
    mutation: [`${WORKER}/config.ts`, '!isLoopback(listen.host)', 'isLoopback(listen.host)'],
  },
  {
    source: 'Upgrade',
    says: 'More connections than 64 get 503.',
    test: ['apps/worker/test/io/connections', 'the 65th connection gets 503'],
    mutation: [`${WORKER}/worker-run.ts`, 'const MAX_CONNECTIONS = 64', 'const MAX_CONNECTIONS = 65'],
  },
  {
    source: 'Upgrade',
    says: 'permessage-deflate is never negotiated.',
    test: [
      'apps/worker/test/io/connections',
      'compression is never negotiated, and the subprotocol is named only where it was offered',
    ],
    mutation: [`${WORKER}/io/websocket.ts`, 'perMessageDeflate: false', 'perMessageDeflate: true'],
  },
  {
    source: 'Upgrade',
    says: 'A message of over 64 fragments closes with 1008.',
    test: ['apps/worker/test/io/connections', 'of more than 64 fragments closes with 1008'],
    mutation: [`${WORKER}/io/websocket.ts`, 'maxFragments: MAX_FRAGMENTS', 'maxFragments: 9 * MAX_FRAGMENTS'],
  },
  {
    source: 'Upgrade',
    says: 'A peer from which no byte came for 20 s is dropped.',
    test: ['apps/worker/test/core/rules', 'is dead then'],
    mutation: [`${WORKER}/core/liveness.ts`, '>= silenceMs', '> silenceMs'],
  },
  {
    source: 'Upgrade',
    says: 'A slow reader whose backlog shrinks is slow, not dead.',
    test: ['apps/worker/test/core/rules', 'is slow while it takes off its backlog'],
    mutation: [`${WORKER}/core/liveness.ts`, 'activity.tookAtMs ?? Number', 'activity.heardAtMs ?? Number'],
  },
  {
    source: 'Security: tokens',
    says: 'A token file that others may read is refused.',
    test: ['apps/worker/test/io/start', 'of mode 604 is refused'],
    mutation: [`${WORKER}/io/auth.ts`, '(mode & 0o077) !== 0', '(mode & 0o070) !== 0'],
  },
  {
    source: 'Security: tokens',
    says: 'A token of less than 32 random bytes is refused.',
    test: [
      'apps/worker/test/core/rules',
      '"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" is at fault, and the fault does not tell the token',
    ],
    mutation: [`${WORKER}/core/tokens.ts`, 'MIN_TOKEN_CHARACTERS = 43', 'MIN_TOKEN_CHARACTERS = 42'],
  },
  {
    source: 'Security: tokens',
    says: 'Every line of a token file that is at fault is named.',
    test: ['apps/worker/test/io/start', 'of random bytes is refused'],
    mutation: [
      `${WORKER}/io/auth.ts`,
      'faults.push(...found.faults);',
      'faults.push(...found.faults.slice(0, 1));',
    ],
  },
  {
    source: 'Security: tokens',
    says: 'SIGHUP reads the tokens again, and closes the connections of those that are gone.',
    test: [
      'apps/worker/test/io/start',
      'SIGHUP takes new tokens, and closes the connections of those that are gone',
    ],
    mutation: [
      `${WORKER}/session-register.ts`,
      '!tokens.holds(tokenDigest)',
      'tokens.holds(tokenDigest) && false',
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
  {
    source: 'Rules: Frames',
    says: 'A binary frame to a worker closes with 1003.',
    test: ['e2e/tests/wire-plain', 'a binary frame closes with 1003, a message over 1 MiB with 1009'],
    mutation: [`${WORKER}/session.ts`, 'CLOSE_CODES.unsupportedData', 'CLOSE_CODES.normal'],
  },
  {
    source: 'Manager to worker',
    says: 'ping is answered by pong with the same id.',
    test: ['e2e/tests/wire-plain', 'malformed frames name the path and change nothing'],
    mutation: [`${WORKER}/core/session.ts`, '{ id: message.id }', '{ id: `${message.id}!` }'],
  },
  {
    source: 'Versions',
    says: 'Fields that a version does not know are ignored.',
    test: ['e2e/tests/wire-plain', 'fields that this version does not know are ignored'],
    mutation: [
      `${PROTOCOL}/v1/execute-command.ts`,
      'timestamp: Timestamp,\n  },\n  {',
      'timestamp: Timestamp,\n  },\n  {\n    additionalProperties: false,',
    ],
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
    mutation: [`${WORKER}/io/command-preparation.ts`, 'if (!isInside)', 'if (!isInside && root === cwd)'],
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
    mutation: [`${WORKER}/core/admission.ts`, 'if (beyond.length === 0) return null;', 'return null;'],
  },
  {
    source: 'Manager to worker',
    says: 'A line for the shell may begin with a dash, in bash.',
    test: ['apps/worker/test/io/exits', 'a line that begins with a dash is a line, in bash'],
    mutation: [`${WORKER}/io/command-preparation.ts`, "'--norc', '-c', '--']", "'--norc', '-c']"],
  },
  {
    source: 'Manager to worker',
    says: 'A line for the shell may begin with a dash, in sh.',
    test: ['apps/worker/test/io/exits', 'a line that begins with a dash is a line, in sh'],
    mutation: [`${WORKER}/io/command-preparation.ts`, "['/bin/sh', '-c', '--']", "['/bin/sh', '-c']"],
  },
  {
    source: 'Rules: Refusals',
    says: 'A variable that steers loaders or interpreters is invalid_env.',
    test: ['e2e/tests/wire-plain', 'a variable that steers the loader is rejected, and its id stays free'],
    mutation: [`${WORKER}/core/admission.ts`, '/^(LD_.*|', '/^('],
  },
  {
    source: 'Security: environment',
    says: 'allowEnv lets through the steering variables that it names.',
    test: ['e2e/tests/wire-plain', 'a variable that steers, and that allowEnv names, reaches the command'],
    mutation: [`${WORKER}/core/admission.ts`, ': allowEnv.includes(name)', ': !allowEnv.includes(name)'],
  },
  {
    source: 'Worker to manager',
    says: 'A program that is not there is spawn_failed, and says where was looked.',
    test: [
      'e2e/tests/wire-plain',
      'an argv that names no program gets spawn_failed that says where was looked',
    ],
    mutation: [
      `${WORKER}/io/command-path.ts`,
      'it is in no directory of PATH (${searchPath})',
      'it is nowhere (${searchPath})',
    ],
  },
  {
    source: 'Main job: bad input',
    says: 'What a program or a cwd lacks is named: the file and the permission.',
    test: ['apps/worker/test/io/unreachable', 'refuses a cwd that it may not enter'],
    mutation: [
      `${WORKER}/io/command-preparation.ts`,
      'access(directory, constants.X_OK)]',
      'access(directory, constants.F_OK)]',
    ],
  },
  {
    source: 'Main job: bad input',
    says: 'A program that may not be executed is told with its mode.',
    test: ['apps/worker/test/io/unreachable', 'cannot run ./script: not_executable'],
    mutation: [`${WORKER}/io/command-path.ts`, '(mode ${mode})', '(mode ${mode.length})'],
  },
  {
    source: 'Main job: bad input',
    says: 'An empty PATH is told as such.',
    test: ['apps/worker/test/io/unreachable', 'finds no program in a PATH of ""'],
    mutation: [`${WORKER}/io/command-path.ts`, "if (searchPath === '')", "if (searchPath === ':')"],
  },
  {
    source: 'Manager to worker',
    says: 'A workspace, also the default one, is made where it is missing.',
    test: ['apps/worker/test/io/surroundings', 'what it needs, also where all of it was deleted: a terminal'],
    mutation: [
      `${WORKER}/io/command-preparation.ts`,
      'makeDirectory(directory, owner)',
      'makeDirectory(`${directory}-`)',
    ],
  },
  {
    source: 'Main job: real pipes',
    says: 'A state directory that was deleted heals.',
    test: ['apps/worker/test/io/surroundings', 'what it needs, also where all of it was deleted: pipes'],
    mutation: [`${WORKER}/io/pipes.ts`, 'existsSync(path)', "existsSync('/')"],
  },
  {
    source: 'Rules: Refusals',
    says: 'A directory that cannot be made is invalid_cwd, and named.',
    test: ['apps/worker/test/io/surroundings', 'or is told which directory cannot be made'],
    mutation: [
      `${WORKER}/io/command-preparation.ts`,
      'needs the directory ${path}, and it cannot be made (${message})',
      'needs the directory ${typeof path}, and it cannot be made (${message.length})',
    ],
  },
  {
    source: 'Rules: Refusals',
    says: 'A full disk is no_space, and the directory is named.',
    test: [
      'apps/worker/test/io/unreachable',
      'a full disk is no_space, and the directory without room is named',
    ],
    mutation: [
      `${WORKER}/io/command-preparation.ts`,
      "code === 'ENOSPC' || code === 'EDQUOT'",
      "code === 'EDQUOT'",
    ],
  },
  {
    source: 'Rules: Refusals',
    says: 'A disk without room for a pipe is no_space, and the directory is named.',
    test: [
      'apps/worker/test/io/unreachable',
      'a full disk is no_space, and the directory without room is named',
    ],
    mutation: [`${WORKER}/io/pipes.ts`, '/No space left|', '/No room|'],
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
      'return lingeringMs >= ORPHANED_OUTPUT_AFTER_MS',
      'return lingeringMs >= 10 * ORPHANED_OUTPUT_AFTER_MS',
    ],
  },
  {
    source: 'Manager to worker',
    says: 'Output that was held for 1.5 s is told before it is ended, also where it is late known who holds it.',
    test: [
      'apps/worker/test/core/held-output',
      'it is told before it is ended, also where who holds it is known after lingerMs alone',
    ],
    mutation: [
      `${WORKER}/core/held-output.ts`,
      'if (waitMs > 0) setTaskTimer',
      'if (waitMs > 9_999) setTaskTimer',
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
      `${WORKER}/io/containment/namespace.ts`,
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
];
