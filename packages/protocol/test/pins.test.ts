/**
 * Every literal that the other side of the wire sees, written out once more. What turns this red is a change of the
 * protocol: see "Versions" in docs/protocol.md before changing it here.
 */
import { describe, expect, test } from '@jest/globals';
import * as protocol from '#src/index.js';

test('version, numbers and defaults', () => {
  const constants = Object.entries(protocol).filter(([, value]) =>
    ['string', 'number'].includes(typeof value),
  );
  expect(Object.fromEntries(constants)).toEqual({
    PROTOCOL_VERSION: '1.0',
    SUBPROTOCOL: 'sandcrew.v1',
    OUTPUT_FRAME_KIND: 1,
    MAX_PAYLOAD_BYTES: 1_048_576,
    MAX_FRAGMENTS: 64,
    MAX_JSON_DEPTH: 32,
    WINDOW_BYTES: 1_048_576,
    MAX_CHUNK_BYTES: 65_536,
    MAX_PENDING_INPUT_BYTES: 1_048_576,
    PING_INTERVAL_MS: 10_000,
    PEER_SILENCE_MS: 20_000,
    MAX_MALFORMED_FRAMES: 100,
    MALFORMED_WINDOW_MS: 60_000,
    DEFAULT_TIMEOUT_MS: 300_000,
    DEFAULT_GRACE_MS: 5_000,
    DEFAULT_LINGER_MS: 2_000,
    ORPHANED_OUTPUT_AFTER_MS: 1_500,
  });
});

test('close codes', () => {
  expect(protocol.CLOSE_CODES).toEqual({
    normal: 1000,
    goingAway: 1001,
    unsupportedData: 1003,
    policyViolation: 1008,
    messageTooBig: 1009,
    replaced: 4001,
    managerIdTaken: 4003,
  });
});

describe('fields, the optional ones with a question mark', () => {
  const USAGE = 'usage{cpuMs? maxMemoryBytes?}';
  const POLICY = [
    'default? waiting_for_input? deadlock? infinite_loop? livelock? stopped? zombie? orphaned_output?',
    'memory_exhausted? pids_exhausted? cpu_exhausted? disk_full? output_flood? network_wait? lock_wait? no_progress?',
  ].join(' ');

  test('of a manager’s messages', () => {
    expect(outlines(protocol.MANAGER_MESSAGES)).toEqual({
      hello: 'type managerId output resume?[taskId offset] timestamp',
      execute_command: [
        'type taskId command workspace? cwd? env? stdin? pty?{cols rows} timeoutMs?',
        'limits?{memoryBytes? pids? cpus? outputBytes?} network? allowEnv? kind? expectQuietMs? lingerMs?',
        `blockPolicy?{${POLICY.replaceAll('?', '?{action suspectedAfterMs}')}} timestamp`,
      ].join(' '),
      resume_task: 'type taskId offset timestamp',
      send_input: 'type taskId input encoding? offset? end? timestamp',
      signal_task: 'type taskId signal timestamp',
      terminate_task: 'type taskId graceMs? timestamp',
      resize_pty: 'type taskId cols rows timestamp',
      task_ack: 'type taskId offset timestamp',
      forget_task: 'type taskId timestamp',
      remove_workspace: 'type workspace timestamp',
      ping: 'type id? timestamp',
    });
  });

  test('of a worker’s messages', () => {
    expect(outlines(protocol.WORKER_MESSAGES)).toEqual({
      welcome: [
        'type bootId protocol workerType labels resources{cpus memoryBytes diskBytes} maxTasks containment',
        'limits{maxPayloadBytes windowBytes retainBytes enforced?} tasks[taskId state ackedOffset endOffset] workspaces',
        'workerId timestamp',
      ].join(' '),
      execution_started: 'type taskId pid containment workerId timestamp',
      task_output: 'type taskId stream output offset bytes workerId timestamp',
      output_gap: 'type taskId offset bytes workerId timestamp',
      input_ack: 'type taskId offset workerId timestamp',
      workspace_removed: 'type workspace workerId timestamp',
      block_detected: [
        'type taskId reason confidence duration resourceUsage{cpu? memory? disk?} recoverable',
        'evidence{summary? processes?[pid name]} action workerId timestamp',
      ].join(' '),
      block_cleared: 'type taskId reason duration workerId timestamp',
      task_complete: `type taskId exitCode signal durationMs outputBytes ${USAGE} leftover workerId timestamp`,
      task_error: [
        'type taskId code message detail? reason? exitCode? signal? durationMs? outputBytes?',
        `${USAGE.replace('{', '?{')} leftover? workerId timestamp`,
      ].join(' '),
      heartbeat: [
        'type status runningTasks health{cpu memory disk loadAverage eventLoopDelayMs uptimeMs} workerId timestamp',
      ].join(' '),
      pong: 'type id? workerId timestamp',
      protocol_error: 'type code message path? taskId? workerId timestamp',
    });
  });

  test('each message names itself in `type`', () => {
    const all = { ...protocol.MANAGER_MESSAGES, ...protocol.WORKER_MESSAGES };
    for (const [type, { properties }] of Object.entries(all)) expect(properties.type.const).toBe(type);
  });
});

describe('words', () => {
  const { MANAGER_MESSAGES: manager, WORKER_MESSAGES: worker } = protocol;
  const reasons = [
    'waiting_for_input deadlock infinite_loop livelock stopped zombie orphaned_output memory_exhausted pids_exhausted',
    'cpu_exhausted disk_full output_flood network_wait lock_wait no_progress',
  ].join(' ');
  const rejections = [
    'invalid_command invalid_cwd invalid_env unenforceable_limit pty_unavailable busy draining no_space',
    'containment_unavailable',
  ].join(' ');
  const { execute_command: execute, send_input: input, signal_task: signal } = manager;
  const { block_detected: block, task_error: error } = worker;

  const table: [field: string, schema: object, words: string][] = [
    ['hello.output', manager.hello.properties.output, 'text binary'],
    ['execute_command.stdin', execute.properties.stdin, 'none pipe'],
    ['execute_command.network', execute.properties.network, 'none host'],
    ['execute_command.kind', execute.properties.kind, 'batch service interactive'],
    ['send_input.encoding', input.properties.encoding, 'utf8 base64'],
    [
      'signal_task.signal',
      signal.properties.signal,
      [
        'SIGHUP SIGINT SIGQUIT SIGILL SIGTRAP SIGABRT SIGBUS SIGFPE SIGKILL SIGUSR1 SIGSEGV SIGUSR2 SIGPIPE SIGALRM',
        'SIGTERM SIGCHLD SIGCONT SIGSTOP SIGTSTP SIGTTIN SIGTTOU SIGURG SIGXCPU SIGXFSZ SIGVTALRM SIGPROF SIGWINCH',
        'SIGIO SIGSYS',
      ].join(' '),
    ],
    [
      'welcome.tasks[].state',
      worker.welcome.properties.tasks.items.properties.state,
      'running terminating complete error',
    ],
    ['containment', protocol.Containment, 'bubblewrap pid-namespace process-group'],
    ['welcome.containment', worker.welcome.properties.containment, 'bubblewrap pid-namespace process-group'],
    ['stream', protocol.Stream, 'stdout stderr'],
    ['task_output.stream', worker.task_output.properties.stream, 'stdout stderr'],
    ['block_detected.reason', block.properties.reason, reasons],
    ['block_cleared.reason', worker.block_cleared.properties.reason, reasons],
    ['block_detected.confidence', block.properties.confidence, 'confirmed suspected'],
    ['block_detected.action', block.properties.action, 'report end_input terminate'],
    ['task_error.reason', error.properties.reason, reasons],
    [
      'task_error.code',
      error.properties.code,
      'rejected spawn_failed terminated timed_out blocked memory_exhausted worker_shutdown orphaned',
    ],
    ['task_error.detail', error.properties.detail, `${rejections} command_not_found not_executable`],
    ['heartbeat.status', worker.heartbeat.properties.status, 'idle busy draining'],
    [
      'protocol_error.code',
      worker.protocol_error.properties.code,
      [
        'invalid_json invalid_message unknown_type unknown_task task_ended stdin_closed duplicate_task invalid_offset',
        'input_full unexpected_hello workspace_busy unknown_workspace',
      ].join(' '),
    ],
  ];
  test.each(table)('%s', (_field, schema, words) => {
    expect((schema as { anyOf: { const: string }[] }).anyOf.map((branch) => branch.const)).toEqual(
      words.split(' '),
    );
  });

  test('the lists are those of the fields', () => {
    expect(protocol.BLOCK_REASONS.join(' ')).toBe(reasons);
    expect(protocol.REJECTION_DETAILS.join(' ')).toBe(rejections);
    expect(protocol.SPAWN_FAILURE_DETAILS).toEqual(['command_not_found', 'not_executable']);
    expect(protocol.MALFORMED_CODES).toEqual(['invalid_json', 'invalid_message', 'unknown_type']);
    expect(protocol.TASK_ERROR_CODES).toEqual(error.properties.code.anyOf.map((branch) => branch.const));
    expect(protocol.SIGNAL_NAMES).toEqual(signal.properties.signal.anyOf.map((branch) => branch.const));
    const codes = worker.protocol_error.properties.code.anyOf.map((branch) => branch.const);
    expect(protocol.PROTOCOL_ERROR_CODES).toEqual(codes);
  });
});

test('what an id may be', () => {
  const ids = { TaskId: protocol.TaskId, ManagerId: protocol.ManagerId, WorkerId: protocol.WorkerId };
  for (const id of Object.values(ids))
    expect(id).toHaveProperty('pattern', '^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$');
  expect(protocol.WorkspaceName).toHaveProperty('pattern', '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$');
  expect(protocol.isTaskId('task-1')).toBe(true);
  expect(protocol.isTaskId('-task')).toBe(false);
  expect(protocol.isTaskId(7)).toBe(false);
});

interface Fields {
  readonly properties?: Readonly<Record<string, Fields>>;
  readonly required?: readonly string[];
  readonly items?: Fields;
  readonly anyOf?: readonly Fields[];
}

function outlines(messages: object): Record<string, string> {
  const schemas: [type: string, schema: Fields][] = Object.entries(messages);
  return Object.fromEntries(schemas.map(([type, schema]) => [type, outline(schema)]));
}

function outline({ properties = {}, required = [] }: Fields): string {
  return Object.entries(properties)
    .map(([key, field]) => `${key}${required.includes(key) ? '' : '?'}${inner(field)}`)
    .join(' ');
}

function inner(field: Fields): string {
  if (field.items?.properties !== undefined) return `[${outline(field.items)}]`;
  const shape = [field, ...(field.anyOf ?? [])].find(
    ({ properties = {} }) => Object.keys(properties).length > 0,
  );
  return shape === undefined ? '' : `{${outline(shape)}}`;
}
