/** The edge: docs/security.md, line by line. */
import type { Requirement } from './requirement.js';

const WORKER = 'apps/worker/src';
const MANAGER = 'packages/manager/src';
const CLI = 'apps/cli/src';

export const EDGE_REQUIREMENTS: readonly Requirement[] = [
  {
    source: 'Edge',
    says: 'Each of a crowd of silent connections has a second, and then makes room for the next.',
    test: ['apps/worker/test/core/waiting-room', 'each has a whole second'],
    mutation: [`${WORKER}/core/waiting-room.ts`, '< policy.patienceMs', '< policy.patienceMs / 2'],
  },
  {
    source: 'Edge',
    says: 'Many refused connections do not fill the log: the first have lines, the others a sum.',
    test: [
      'e2e/tests/faults/crowds',
      'of 1,000 connections at once, 990 of them without a token, the good ones get in and are answered',
    ],
    mutation: [`${WORKER}/core/crowd-lines.ts`, 'MAX_LINES = 20', 'MAX_LINES = 20_000'],
  },
  {
    source: 'Edge',
    says: 'Silent connections are sent away long before their headers are overdue, and good ones served.',
    test: [
      'apps/worker/test/io/crowd',
      'a crowd of 990 silent connections keeps no good one out, and makes room when it has had its second',
    ],
    mutation: [`${WORKER}/io/websocket.ts`, 'this.#waiting.enter(socket);', 'this.#waiting.leave(socket);'],
  },
  {
    source: 'Edge',
    says: 'Where few files may be open, half of them are left for tasks.',
    test: [
      'apps/worker/test/core/waiting-room',
      'so many are let wait that half of the open files are left for tasks',
    ],
    mutation: [`${WORKER}/core/waiting-room.ts`, 'Math.floor(maxOpenFiles / 2)', 'maxOpenFiles'],
  },
  {
    source: 'Edge',
    says: 'A peer that pings and reads nothing costs the worker no memory.',
    test: ['apps/worker/test/io/crowd', 'a peer that pings and reads nothing costs no memory'],
    mutation: [
      `${WORKER}/io/websocket.ts`,
      'socket.bufferedAmount < MAX_PONG_BACKLOG_BYTES',
      'socket.bufferedAmount < 9_999 * MAX_PONG_BACKLOG_BYTES',
    ],
  },
  {
    source: 'Edge',
    says: 'A refused peer that does not close holds no connection.',
    test: ['apps/worker/test/io/crowd', 'a refused peer that does not close is not waited for'],
    mutation: [
      `${WORKER}/io/websocket.ts`,
      'setTimeout(() => socket.destroy(), REFUSAL_LINGER_MS)',
      'setTimeout(() => socket.resume(), REFUSAL_LINGER_MS)',
    ],
  },
  {
    source: 'Edge',
    says: 'TLS older than 1.2 is refused.',
    test: ['e2e/tests/wire-tls', 'TLS older than 1.2 is refused, and 1.3 is spoken where both sides have it'],
    mutation: [`${WORKER}/io/tls-files.ts`, "minVersion: 'TLSv1.2'", "minVersion: 'TLSv1.3'"],
  },
  {
    source: 'Edge',
    says: 'SIGHUP reads certificates again; faulty ones are not taken.',
    test: [
      'e2e/tests/wire-tls',
      'SIGHUP reads certificates again, keeps those in force where the new ones will not do, and keeps sessions',
    ],
    mutation: [
      `${WORKER}/io/websocket.ts`,
      'this.#secureServer?.setSecureContext(contextOf(files));',
      'contextOf(files);',
    ],
  },
  {
    source: 'Edge',
    says: 'The manager shows its certificate to a worker that asks for one.',
    test: ['e2e/tests/wire-tls', 'the manager shows its own certificate to a worker that asks for one'],
    mutation: [
      `${MANAGER}/io/worker-links.ts`,
      'tls: { ca, cert, key }',
      'tls: { ca, cert: key, key: cert }',
    ],
  },
  {
    source: 'Edge',
    says: 'The command line pins an authority and shows a certificate.',
    test: [
      'e2e/tests/wire-tls',
      'the command line pins an authority and shows a certificate, by options and by environment',
    ],
    mutation: [`${CLI}/tls-files.ts`, "environment['SANDCREW_CA']", "environment['SANDCREW_CAS']"],
  },
  {
    source: 'Edge',
    says: 'A CA that is given for a URL without TLS is refused: nothing would be pinned.',
    test: [
      'packages/manager/test/bad-input',
      'are refused by name: {"workers":[{"url":"ws://127.0.0.1:1","token":"x","ca":"x"}]}',
    ],
    mutation: [`${MANAGER}/worker-options.ts`, "!url.startsWith('wss:')", "!url.startsWith('ws')"],
  },
  {
    source: 'Edge',
    says: 'An error never repeats the token, whatever the other side says.',
    test: [
      'packages/manager/test/refused-connections',
      'never has the token told, whatever the other side says',
    ],
    mutation: [`${MANAGER}/io/worker-connection.ts`, "words.replaceAll(token, '[token]')", 'words'],
  },
  {
    source: 'Edge',
    says: 'A line for the log keeps no secret.',
    test: ['apps/worker/test/core/redaction', 'DB_PASSWORD=hunter2 ./run'],
    mutation: [`${WORKER}/core/redaction.ts`, '`$1${HIDDEN}`', '`$&${HIDDEN}`'],
  },
  {
    source: 'Edge',
    says: '`token new --name` makes a token under a name.',
    test: [
      'apps/worker/test/io/start',
      'makes 32 random bytes, under a name where one is given, to be appended to the file of a worker',
    ],
    mutation: [`${WORKER}/token-command.ts`, "name === null ? '' : `${name}:`", "''"],
  },
  {
    source: 'Hostile worker',
    says: 'A worker that speaks as another loses its connection, and its tasks are lost.',
    test: [
      'packages/manager/test/hostile-worker',
      'that speaks as another is cut off, and the third time its task is lost with what is known',
    ],
    mutation: [`${MANAGER}/core/worker-lies.ts`, 'message.workerId !== workerId', "message.workerId === ''"],
  },
  {
    source: 'Hostile worker',
    says: 'A worker that tells less output than came loses its connection, and its tasks are lost.',
    test: [
      'packages/manager/test/hostile-worker',
      'that ends before what came is cut off, and the third time its task is lost with what is known',
    ],
    mutation: [`${MANAGER}/core/worker-lies.ts`, 'outputBytes < here', 'outputBytes < 0'],
  },
  {
    source: 'Hostile worker',
    says: 'A message of more than 64 fragments ends the connection on this side too.',
    test: [
      'packages/manager/test/hostile-worker',
      'that sends too many fragments is cut off, and the third time its task is lost with what is known',
    ],
    mutation: [
      `${MANAGER}/io/worker-connection.ts`,
      'maxFragments: MAX_FRAGMENTS',
      'maxFragments: 9 * MAX_FRAGMENTS',
    ],
  },
  {
    source: 'Hostile worker',
    says: 'The window that a worker claims is bounded.',
    test: [
      'packages/manager/test/hostile-worker',
      'whose welcome is one with a window without end is given no task',
    ],
    mutation: [
      `${MANAGER}/core/worker-lies.ts`,
      'limits.windowBytes > MAX_WINDOW_BYTES',
      'limits.windowBytes > 2 ** 41 * MAX_WINDOW_BYTES',
    ],
  },
  {
    source: 'Hostile worker',
    says: 'A worker that lists a task twice is given none.',
    test: ['packages/manager/test/hostile-worker', 'whose welcome is one with a task twice is given no task'],
    mutation: [`${MANAGER}/core/worker-lies.ts`, 'listed.has(taskId)', 'listed.size > 99'],
  },
  {
    source: 'Hostile worker',
    says: 'Who comes back and lies loses its tasks, though it was never connected again.',
    test: [
      'packages/manager/test/hostile-worker',
      'that comes back with less output than came loses its tasks',
    ],
    mutation: [
      `${MANAGER}/core/worker-life.ts`,
      'else if (worker.breaches >= MAX_BREACHES)',
      'else if (worker.breaches > 99)',
    ],
  },
  {
    source: 'Hostile worker',
    says: 'What answers another question answers none.',
    test: [
      'packages/manager/test/hostile-worker',
      'that removes another workspace than was asked for has not answered',
    ],
    mutation: [`${MANAGER}/core/answering.ts`, 'kind.workspace === workspace', "kind.workspace !== ''"],
  },
  {
    source: 'Hostile worker',
    says: 'The words of a worker steer no terminal.',
    test: [
      'packages/manager/test/hostile-worker',
      'whose words steer a terminal, or have no end, is shown without',
    ],
    mutation: [
      `${MANAGER}/core/worker-words.ts`,
      "cut.replaceAll(NO_TEXT, '\\uFFFD')",
      "cut.replaceAll(NO_TEXT, '$&')",
    ],
  },
  {
    source: 'Hostile worker',
    says: 'Two workers of one name are neither of them found by it.',
    test: ['packages/manager/test/hostile-worker', 'that calls itself as another does is not taken for it'],
    mutation: [`${MANAGER}/core/state.ts`, 'named.length === 1', 'named.length > 0'],
  },
  {
    source: 'Hostile worker',
    says: 'Whatever a worker says, the machine holds.',
    test: [
      'packages/manager/test/core/any-worker',
      'whatever a worker says, the machine holds and settles each task at most once',
    ],
    mutation: [
      `${MANAGER}/core/task-blocks.ts`,
      "if (task.state === 'running')",
      "if (task.state !== 'blocked')",
    ],
  },
  {
    source: 'Malformed frames',
    says: 'Headers over 8 KiB get 431.',
    test: ['e2e/tests/malformed', 'with headers of 9 KiB gets its status'],
    mutation: [`${WORKER}/io/websocket.ts`, 'MAX_HEADER_BYTES = 8_192', 'MAX_HEADER_BYTES = 16_384'],
  },
  {
    source: 'Malformed frames',
    says: 'Names of the prototype are names in env, and nothing as fields.',
    test: ['e2e/tests/malformed', 'names of the prototype are names in env, and nothing as fields'],
    mutation: ['packages/protocol/src/declared-fields.ts', 'Object.create(null)', '{}'],
  },
  {
    source: 'Malformed frames',
    says: 'What was refused is one record of the log, whatever it holds.',
    test: ['e2e/tests/malformed', 'what looks like a record of the log is none there'],
    mutation: [
      `${WORKER}/session-register.ts`,
      "log.warn({ event: 'frame_refused', session: id, ...event.refusal })",
      'process.stderr.write(`${event.refusal.message}\\n`)',
    ],
  },
  {
    source: 'Malformed frames',
    says: 'A worker takes no bytes.',
    test: ['e2e/tests/malformed', 'of bytes closes with its code'],
    mutation: [`${WORKER}/session.ts`, 'CLOSE_CODES.unsupportedData,', 'CLOSE_CODES.goingAway,'],
  },
  {
    source: 'Defaults',
    says: 'It listens on 127.0.0.1 alone.',
    test: ['e2e/tests/security-defaults', 'is 127.0.0.1 alone'],
    mutation: [`${WORKER}/config.ts`, "one('listen') ?? '127.0.0.1:0'", "one('listen') ?? '127.0.0.2:0'"],
  },
  {
    source: 'Defaults',
    says: 'Beyond loopback is everything but loopback.',
    test: ['e2e/tests/security-defaults', 'is not 128.0.0.1:0 without TLS'],
    mutation: [`${WORKER}/io/listen-target.ts`, '/^127\\.\\d+', '/^12[78]\\.\\d+'],
  },
  {
    source: 'Defaults',
    says: 'A token that is taken out of the file loses its sessions.',
    test: [
      'e2e/tests/security-defaults',
      'may stand beside others, each under its name, and one that is taken out loses its sessions',
    ],
    mutation: [
      `${WORKER}/session-register.ts`,
      '!tokens.holds(tokenDigest)',
      '!tokens.holds(tokenDigest) && false',
    ],
  },
  {
    source: 'Defaults',
    says: 'A command in the log shows no secret.',
    test: [
      'e2e/tests/security-defaults',
      'what it was started with tells no secret: neither its arguments nor its log',
    ],
    mutation: [
      `${WORKER}/core/audit.ts`,
      'redactSecrets(text.slice(0, MAX_READ_CHARACTERS))',
      'redactSecrets("") + text',
    ],
  },
  {
    source: 'Edge',
    says: 'A password that goes on behind what is read of a command stays out of the log whole.',
    test: [
      'apps/worker/test/core/redaction',
      'a command in the log is cut, also where that is in the middle of a secret',
    ],
    mutation: [
      `${WORKER}/core/audit.ts`,
      "isLong ? read.replace(ADDRESS_WITHOUT_END, '$1') : read",
      "isLong ? read.replace(ADDRESS_WITHOUT_END, '$&') : read",
    ],
  },
  {
    source: 'Fuzz',
    says: 'Frames that were damaged are refused in a message that can be sent.',
    test: ['e2e/fuzz/fuzz', 'frames that were damaged are answered, and no decoder throws'],
    mutation: [
      'packages/protocol/src/codec.ts',
      'isTaskId(taskId) ? { taskId }',
      "isTaskId(taskId) || typeof taskId === 'string' ? { taskId }",
    ],
  },
  {
    source: 'Fuzz',
    says: 'Frames that are nearly right are refused in few words.',
    test: ['e2e/fuzz/fuzz', 'frames that are nearly right are answered, and no decoder throws'],
    mutation: [
      'packages/protocol/src/refusal.ts',
      'MAX_SHOWN_CHARACTERS = 60',
      'MAX_SHOWN_CHARACTERS = 6_000',
    ],
  },
  {
    source: 'Fuzz',
    says: 'Frames of all kinds leave a worker up.',
    test: [
      'e2e/fuzz/fuzz',
      'frames of all kinds against a real worker leave it up, and a good client beside them served',
    ],
    mutation: [
      `${WORKER}/session.ts`,
      "if (!decoded.ok) return { type: 'frame_refused', sessionId, refusal: decoded.refusal };",
      'if (!decoded.ok) throw new Error(sessionId);',
    ],
  },
  {
    source: 'Hostile worker',
    says: 'A worker that pings and reads nothing costs the manager no memory.',
    test: [
      'packages/manager/test/silent-peer',
      'a peer that pings and reads nothing has few of its pings answered: they would fill the memory',
    ],
    mutation: [
      `${MANAGER}/io/worker-connection.ts`,
      'socket.bufferedAmount < MAX_PONG_BACKLOG_BYTES',
      'socket.bufferedAmount < 9_999 * MAX_PONG_BACKLOG_BYTES',
    ],
  },
];
