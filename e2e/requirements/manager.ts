/** The manager library: its queue, its pool, what a caller holds, and what the protocol asks of a manager. */
import type { Requirement } from './requirement.js';

const SRC = 'packages/manager/src';
const TEST = 'packages/manager/test';

export const MANAGER_REQUIREMENTS: readonly Requirement[] = [
  {
    source: 'Reliability: invariants',
    says: 'Whatever happens in whatever order, a task reaches exactly one end, a question one answer, and a manager closes.',
    test: [
      'packages/manager/test/core/any-order',
      'whatever happens in whatever order, each task is settled once, each request answered once, and the manager closes',
    ],
    mutation: [
      'packages/manager/src/core/settlement.ts',
      'turn.state.tasks.delete(task.taskId);',
      'if (task.attempt < 2) turn.state.tasks.delete(task.taskId);',
    ],
  },
  {
    source: 'Main job 4: pool',
    says: 'A pool has 10 workers by default, those that are named included.',
    test: [`${TEST}/bad-input`, 'are more workers than maxWorkers, which is 10 unless it is given'],
    mutation: [`${SRC}/settings.ts`, 'DEFAULT_MAX_WORKERS = 10', 'DEFAULT_MAX_WORKERS = 100'],
  },
  {
    source: 'Main job 4: pool',
    says: 'Another worker process is started up to maxWorkers; then NO_WORKER and POOL_FULL.',
    test: [`${TEST}/embedded-workers`, 'starts one of the type that a task requires, up to maxWorkers'],
    mutation: [`${SRC}/core/worker-process.ts`, 'size >= policy.maxWorkers', 'size > policy.maxWorkers'],
  },
  {
    source: 'Issue 4: limits',
    says: 'A task with limits is placed only where the worker does not rule them out.',
    test: [
      `${TEST}/core/stories`,
      'a task with limits goes where they are held, or where nothing is said of them, and nowhere else',
    ],
    mutation: [
      `${SRC}/core/assign.ts`,
      'enforcedLimits?.includes(limit) === false',
      'enforcedLimits?.includes(limit) === undefined',
    ],
  },
  {
    source: 'Main job 4: pool',
    says: 'A worker is healthy, late after a heartbeat and a quarter, lost after 60 s.',
    test: [`${TEST}/core/rules`, 'a silence of 37501 ms is late'],
    mutation: [`${SRC}/core/health.ts`, 'policy.heartbeatMs * 1.25', 'policy.heartbeatMs * 2'],
  },
  {
    source: 'Main job 4: pool',
    says: 'A worker that gives no sign of life for 60 s is asked, then given up.',
    test: [`${TEST}/core/stories`, 'a worker from which nothing comes is asked, and given up after 60 s'],
    mutation: [
      `${SRC}/core/worker-life.ts`,
      'if (silentMs > HEALTH_POLICY.lostAfterMs) {',
      'if (silentMs > 2 * HEALTH_POLICY.lostAfterMs) {',
    ],
  },
  {
    source: 'Main job 4: pool',
    says: 'A lost worker gets no task until it is heard.',
    test: [
      `${TEST}/core/stories`,
      'a worker that has been silent for more than 60 s gets no task until it is heard',
    ],
    mutation: [
      `${SRC}/core/assign.ts`,
      "if (judgeHealth(worker.lastHeardMs, nowMs) === 'lost') continue;",
      "if (judgeHealth(worker.lastHeardMs, nowMs) === 'late') continue;",
    ],
  },
  {
    source: 'Main job 4: pool',
    says: 'A lost connection is dialled again and goes on with its tasks.',
    test: [
      `${TEST}/core/stories`,
      'a lost connection is dialled again, and resumes each task where its consumer stands',
    ],
    mutation: [
      `${SRC}/core/step.ts`,
      "if (timer.kind === 'redial')",
      "if (timer.kind === 'redial' && worker.failures > 1)",
    ],
  },
  {
    source: 'Main job 4: pool',
    says: 'Dials back off with full jitter, from 250 ms to 30 s.',
    test: [`${TEST}/core/rules`, 'after 50 failures and a draw of 1 the next dial waits 30000 ms'],
    mutation: [`${SRC}/core/backoff.ts`, 'mostMs: 30_000', 'mostMs: 300_000'],
  },
  {
    source: 'Main job 4: pool',
    says: 'A worker that is away for lostAfterMs has lost its tasks.',
    test: [
      `${TEST}/core/stories`,
      'a worker away for lostAfterMs has lost its tasks; when it is back it is told to drop them',
    ],
    mutation: [
      `${SRC}/core/worker-life.ts`,
      'turn.state.policy.lostAfterMs);',
      '2 * turn.state.policy.lostAfterMs);',
    ],
  },
  {
    source: 'Main job 4: pool',
    says: 'The health of a worker tells its load as soon as its first heartbeat has come.',
    test: [`${TEST}/lifetimes`, 'is told with its load as soon as its first heartbeat has come'],
    mutation: [
      `${SRC}/core/answering.ts`,
      "(kind === 'load' && worker.heartbeat !== null)",
      "(kind === 'load' && worker.phase === 'connected')",
    ],
  },
  {
    source: 'Main job 4: pool',
    says: 'A question about a load is answered within 2 s, heartbeat or not.',
    test: [`${TEST}/lifetimes`, 'is told without its load where no heartbeat comes within 2 s'],
    mutation: [`${SRC}/core/answering.ts`, 'LOAD_TIMEOUT_MS = 2_000', 'LOAD_TIMEOUT_MS = 9_000'],
  },
  {
    source: 'Main job 4: queue and assignment',
    says: 'The highest priority goes first, of equals the oldest.',
    test: [`${TEST}/lifetimes`, 'gives slots to the highest priority, of equals to the oldest'],
    mutation: [`${SRC}/core/priority-queue.ts`, 'a.priority > b.priority', 'a.priority < b.priority'],
  },
  {
    source: 'Main job 4: queue and assignment',
    says: 'Between tasks of different needs, too, priority and age decide.',
    test: [
      `${TEST}/core/stories`,
      'of tasks with different needs, too, the highest priority goes first, and of equals the oldest',
    ],
    mutation: [`${SRC}/core/waiting-line.ts`, 'comesBefore(task, best.task)', 'comesBefore(best.task, task)'],
  },
  {
    source: 'Main job 4: queue and assignment',
    says: 'What fits nowhere now does not hold up what fits.',
    test: [`${TEST}/core/stories`, 'what fits nowhere now is passed over, and does not hold up what fits'],
    mutation: [
      `${SRC}/core/placement.ts`,
      'if (worker === null) passed.add(line);',
      'if (worker === null) return;',
    ],
  },
  {
    source: 'Main job 4: queue and assignment',
    says: 'A task goes to a worker of its type; if none can ever meet it, NO_WORKER at once.',
    test: [`${TEST}/core/stories`, 'no worker can ever meet it: NO_WORKER at once'],
    mutation: [
      `${SRC}/core/assign.ts`,
      'if (type !== undefined && identity.type !== type) return false;',
      '',
    ],
  },
  {
    source: 'Main job 4: queue and assignment',
    says: 'A task goes to a worker that has its labels.',
    test: [
      `${TEST}/core/stories`,
      'a task goes to a worker that has its labels, though another is less loaded',
    ],
    mutation: [
      `${SRC}/core/assign.ts`,
      'if (identity.labels[name] !== value) return false;',
      'if (identity.labels[name] === value) return false;',
    ],
  },
  {
    source: 'Main job 4: queue and assignment',
    says: 'Of the workers that fit, the least loaded comes first; a workspace keeps its tasks where its files are.',
    test: [
      `${TEST}/core/stories`,
      'the least loaded worker comes first, and a workspace keeps its tasks where its files are',
    ],
    mutation: [
      `${SRC}/core/assign.ts`,
      'worker.workspaces.has(workspace) && mayMeet(worker, task)',
      '!worker.workspaces.has(workspace) && mayMeet(worker, task)',
    ],
  },
  {
    source: 'Main job 4: queue and assignment',
    says: 'Memory that was promised, or is in use, is not promised again.',
    test: [
      `${TEST}/core/stories`,
      'memory that tasks were promised, or that the host has used, is not promised again',
    ],
    mutation: [`${SRC}/core/assign.ts`, 'Math.min(measured, total - spokenFor)', 'measured'],
  },
  {
    source: 'Main job 4: queue and assignment',
    says: 'A worker that is busy after all is left alone for a second, and the task keeps its place.',
    test: [
      `${TEST}/core/stories`,
      'a worker that is full after all is left alone for a second, and the task keeps its place',
    ],
    mutation: [`${SRC}/core/slots.ts`, 'FULL_FOR_MS = 1_000', 'FULL_FOR_MS = 3_000'],
  },
  {
    source: 'Main job 4: queue and assignment',
    says: 'A draining worker gets no task, and who waits for it alone does not wait for ever.',
    test: [
      `${TEST}/core/stories`,
      'a draining worker gets no task, and those that only it could take do not wait for ever',
    ],
    mutation: [`${SRC}/core/worker-life.ts`, 'worker.draining = draining;', 'worker.draining = false;'],
  },
  {
    source: 'Main job 4: queue and assignment',
    says: 'Ten thousand tasks are worked off, each once.',
    test: [`${TEST}/lifetimes`, 'of 10 000 tasks is worked off, each once'],
    mutation: [
      `${SRC}/core/slots.ts`,
      'if (isOpen(worker, nowMs)) state',
      'if (isOpen(worker, nowMs) && state.nextSeq < 9_000) state',
    ],
  },
  {
    source: 'Main job 4: queue and assignment',
    says: 'Placing costs little with 10 000 tasks waiting.',
    test: [`${TEST}/core/rules`, 'costs little with 10 000 tasks waiting and 1 000 workers'],
    mutation: [
      `${SRC}/core/waiting-line.ts`,
      'if (passed.has(line)) continue;',
      'if (passed.has(line) || [...queue].map((task) => ({ ...task })).length === 0) continue;',
    ],
  },
  {
    source: 'Main job 4: queue and assignment',
    says: 'No worker within connectTimeoutMs is WORKER_UNREACHABLE, and not before.',
    test: [
      `${TEST}/core/stories`,
      'a worker that is away for connectTimeoutMs leaves waiting tasks WORKER_UNREACHABLE',
    ],
    mutation: [
      `${SRC}/core/placement.ts`,
      'Math.max(task.acceptedAtMs, sinceMs)',
      'Math.min(task.acceptedAtMs, sinceMs)',
    ],
  },
  {
    source: 'Main job 4: ends',
    says: "executeTask's timeout is 5 min: a worker that never says how a task ended does not hold it.",
    test: [`${TEST}/core/stories`, 'a worker that never says how a task ended does not hold it for ever'],
    mutation: [
      `${SRC}/core/task-loss.ts`,
      'task.body.timeoutMs ?? DEFAULT_TIMEOUT_MS',
      'task.body.timeoutMs ?? 2 * DEFAULT_TIMEOUT_MS',
    ],
  },
  {
    source: 'Main job 4: ends',
    says: 'A signal that was aborted before the start is CANCELLED with its reason, and nothing is sent.',
    test: [
      `${TEST}/one-task`,
      'an AbortSignal before the start is CANCELLED and nothing is sent; its reason is the cause',
    ],
    mutation: [
      `${SRC}/task-owner.ts`,
      '{ ...outcome.fault, cause: this.#abortReason }',
      '{ ...outcome.fault }',
    ],
  },
  {
    source: 'Main job 4: ends',
    says: 'A task that is ended in the tick that made it is CANCELLED, and nothing is ever sent.',
    test: [
      `${TEST}/one-task`,
      'a task that is ended in the tick that made it is CANCELLED, and nothing is ever sent',
    ],
    mutation: [
      `${SRC}/core/task-life.ts`,
      "if (turn.state.arrivals.push(task) === 1) turn.effects.push({ type: 'await_tick_end' });",
      'enqueue(turn, task);',
    ],
  },
  {
    source: 'Main job 4: ends',
    says: 'An AbortSignal ends a running task with the grace that was given.',
    test: [`${TEST}/one-task`, 'an AbortSignal after the start ends the task with the grace that was given'],
    mutation: [`${SRC}/sandbox-manager.ts`, 'request.graceMs ?? DEFAULT_GRACE_MS', 'DEFAULT_GRACE_MS'],
  },
  {
    source: 'Main job 4: ends',
    says: 'close() ends what runs with its grace, and fails what waits.',
    test: [`${TEST}/lifetimes`, 'ends what runs with the grace that it is given, and fails what waits'],
    mutation: [
      `${SRC}/core/shutdown.ts`,
      "stopTask(turn, task, { graceMs, by: 'close' })",
      "stopTask(turn, task, { graceMs: 5_000, by: 'close' })",
    ],
  },
  {
    source: 'Main job 4: ends',
    says: 'close() leaves no socket and no timer: the program ends by itself.',
    test: [
      `${TEST}/lifetimes`,
      'leaves no socket and no timer: a program that closed its manager ends by itself',
    ],
    mutation: [
      `${SRC}/io/effect-runner.ts`,
      '    for (const key of [...this.#timers.keys()]) this.#clearTimer(key);\n',
      '',
    ],
  },
  {
    source: 'Main job 4: ends',
    says: 'close() is bounded, also where a worker never says that a task has ended.',
    test: [`${TEST}/lifetimes`, 'is bounded where a worker never says that a task has ended'],
    mutation: [`${SRC}/core/shutdown.ts`, 'CLOSE_MARGIN_MS = 3_000', 'CLOSE_MARGIN_MS = 30_000'],
  },
  {
    source: 'Main job 4: ends',
    says: 'close({ leaveTasks }) leaves what runs at its worker.',
    test: [
      `${TEST}/lifetimes`,
      'close({ leaveTasks }) leaves what runs, and rejects its handles with DETACHED',
    ],
    mutation: [
      `${SRC}/core/shutdown.ts`,
      'leaveTasks && worker !== null && !worker.embedded',
      'leaveTasks && worker !== null && worker.embedded',
    ],
  },
  {
    source: 'Main job 4: handle',
    says: 'await gives exit code, output and where it ran; a non-zero exit is a result.',
    test: [
      `${TEST}/one-task`,
      'gives its exit code, output and where it ran, and a non-zero exit is a result',
    ],
    mutation: [
      `${SRC}/core/task-news.ts`,
      'completeTask(turn, task, endOf(message));',
      'if (message.exitCode === 0) completeTask(turn, task, endOf(message));',
    ],
  },
  {
    source: 'Main job 4: handle',
    says: 'Output is iterated as it is written, in the order read, with no code point cut.',
    test: [`${TEST}/one-task`, 'is iterated as it is written, in the order read, with no code point cut'],
    mutation: [
      `${SRC}/io/task-output.ts`,
      'text: this.#decoders.decode(stream, bytes, offset)',
      'text: Buffer.from(bytes).toString()',
    ],
  },
  {
    source: 'Main job 4: handle',
    says: 'A handle is a promise: race, catch and finally work.',
    test: [`${TEST}/one-task`, 'is a promise: it can be raced, caught, and looked after with finally'],
    mutation: [
      `${SRC}/task-handle.ts`,
      'return this.#ended.finally(onEnd);',
      'return onEnd === null ? this.#ended.then() : this.#ended;',
    ],
  },
  {
    source: 'Main job 4: handle',
    says: 'Every task_error rejects with its code and what is known all the same.',
    test: [
      `${TEST}/one-task`,
      'that ends with task_error timed_out rejects with TIMED_OUT and what is known',
    ],
    mutation: [
      `${SRC}/core/task-news.ts`,
      'else failTask(turn, task, fault, endOf(message));',
      'else failTask(turn, task, fault);',
    ],
  },
  {
    source: 'Main job 4: handle',
    says: 'write() waits until the command has taken its input.',
    test: [
      `${TEST}/one-task`,
      'is held back until the command runs, then sent with its offset, and write() waits for the ack',
    ],
    mutation: [
      `${SRC}/io/task-ports.ts`,
      'port.input.accept(news.offset);',
      'port.input.accept(news.offset + 1);',
    ],
  },
  {
    source: 'Main job 4: handle',
    says: 'Input on its way is bounded, however much is written.',
    test: [`${TEST}/one-task`, 'on its way is at most 256 KiB, however much is written'],
    mutation: [`${SRC}/core/input-cursor.ts`, 'INPUT_WINDOW_BYTES = 262_144', 'INPUT_WINDOW_BYTES = 524_288'],
  },
  {
    source: 'Main job 4: handle',
    says: 'Input to a task without open stdin, or one that has ended, is INPUT_CLOSED.',
    test: [`${TEST}/one-task`, 'to a task without open stdin, or one that has ended, is INPUT_CLOSED'],
    mutation: [
      `${SRC}/core/task-news.ts`,
      "code === 'stdin_closed' || code === 'task_ended'",
      "code === 'task_ended'",
    ],
  },
  {
    source: 'Main job 4: handle',
    says: 'A signal and a size reach the command only while it runs.',
    test: [`${TEST}/one-task`, 'a signal and a size reach the worker only while the command runs'],
    mutation: [`${SRC}/core/task-life.ts`, 'return task.started && task.state', 'return task.state'],
  },
  {
    source: 'Main job 4: handle',
    says: 'terminate() asks the worker with its grace and rejects with TERMINATED.',
    test: [`${TEST}/one-task`, 'terminate() asks the worker, and the handle rejects with TERMINATED'],
    mutation: [
      `${SRC}/core/task-life.ts`,
      "send(turn, worker.key, { type: 'terminate_task', taskId: task.taskId, graceMs });",
      "send(turn, worker.key, { type: 'terminate_task', taskId: task.taskId });",
    ],
  },
  {
    source: 'Main job 4: handle',
    says: 'Iterated, unread output is bounded by credit: it is not acknowledged before it is taken.',
    test: [`${TEST}/output-flow`, 'that is iterated and not taken is not acknowledged'],
    mutation: [
      `${SRC}/io/task-output.ts`,
      "if (this.#mode === 'drained') {\n      this.#news.taken(data",
      "if (this.#mode !== 'unread') {\n      this.#news.taken(data",
    ],
  },
  {
    source: 'Main job 4: handle',
    says: 'A slow reader holds the worker back to a window ahead of it.',
    test: [
      `${TEST}/output-flow`,
      'that a slow reader iterates is held back: the worker is never more than a window ahead of it',
    ],
    mutation: [`${SRC}/io/task-output.ts`, "    this.#mode = 'read';\n", ''],
  },
  {
    source: 'Main job 4: handle',
    says: 'Only awaited, output is drained; the result keeps head and tail and says what it leaves out.',
    test: [
      `${TEST}/output-flow`,
      'that nobody iterates is drained: head and tail are kept, and what is left out is said',
    ],
    mutation: [
      `${SRC}/io/output-excerpt.ts`,
      'this.#totalBytes - this.#headBytes - kept.length',
      'this.#totalBytes - this.#headBytes',
    ],
  },
  {
    source: 'Main job 4: handle',
    says: 'Up to head and tail, output is kept whole; keepOutputBytes sets both.',
    test: [`${TEST}/output-flow`, 'up to head and tail is kept whole'],
    mutation: [
      `${SRC}/settings.ts`,
      'keepOutputBytes: options.keepOutputBytes ?? MEBIBYTE',
      'keepOutputBytes: MEBIBYTE',
    ],
  },
  {
    source: 'Main job 4: handle',
    says: 'A reader that leaves in the middle leaves the task to its end.',
    test: [`${TEST}/output-flow`, 'whose reader leaves in the middle is drained to its end'],
    mutation: [
      `${SRC}/io/task-output.ts`,
      '        this.#takeInHand();\n        this.#drain();',
      '        this.#takeInHand();',
    ],
  },
  {
    source: 'Main job 4: handle',
    says: 'What came before its reader is kept up to 512 KiB; after that it is told that it comes too late.',
    test: [
      `${TEST}/output-flow`,
      'that came before its reader is kept for it; after 512 KiB it is told that it comes too late',
    ],
    mutation: [
      `${SRC}/io/task-output.ts`,
      'Math.min(MAX_UNREAD_BYTES, windowBytes / 2)',
      'Math.max(MAX_UNREAD_BYTES, windowBytes)',
    ],
  },
  {
    source: 'Main job 4: handle',
    says: 'detach() leaves a task running, with nothing of it forgotten.',
    test: [
      `${TEST}/lifetimes`,
      'leaves a task running: nothing is forgotten or ended, also when the worker comes back',
    ],
    mutation: [
      `${SRC}/core/settlement.ts`,
      'worker.adoptable.set(taskId, { taskId, state, ackedOffset, endOffset: nextOffset });',
      'worker.adoptable.set(`${taskId}?`, { taskId, state, ackedOffset, endOffset: nextOffset });',
    ],
  },
  {
    source: 'Main job 4: handle',
    says: 'attach() finds the tasks of an earlier manager and reads on from any offset.',
    test: [
      `${TEST}/lifetimes`,
      'finds the tasks of an earlier manager with the same id, and reads on from any offset',
    ],
    mutation: [
      `${SRC}/core/task-life.ts`,
      'task.cursor = openCursor(order.offset);',
      'task.cursor = openCursor(0);',
    ],
  },
  {
    source: "Main job 4: the specification's calls",
    says: 'createWorker(type) starts a worker of that type and resolves when it is connected.',
    test: [
      `${TEST}/embedded-workers`,
      'createWorker(type) starts a worker of that type and resolves when it is connected',
    ],
    mutation: [
      `${SRC}/core/worker-process.ts`,
      'startWorker(turn, workerType)',
      'startWorker(turn, workerType.slice(1))',
    ],
  },
  {
    source: "Main job 4: the specification's calls",
    says: 'assignTask keeps a slot, and executeTask runs the command there.',
    test: [
      `${TEST}/embedded-workers`,
      'assignTask keeps a slot on a worker, and executeTask runs the command there',
    ],
    mutation: [
      `${SRC}/core/task-life.ts`,
      "if (task.state === 'assigned' && worker !== null) sendCommand",
      "if (task.state === 'queued' && worker !== null) sendCommand",
    ],
  },
  {
    source: "Main job 4: the specification's calls",
    says: 'detectBlock(workerId) answers with the oldest standing block, or null.',
    test: [`${TEST}/lifetimes`, 'are told, stand until they clear, and detectBlock answers with the oldest'],
    mutation: [
      `${SRC}/core/survey.ts`,
      'standing.sinceMs < oldest.sinceMs',
      'standing.sinceMs > oldest.sinceMs',
    ],
  },
  {
    source: "Main job 4: the specification's calls",
    says: 'recoverFromBlock ends the task of a confirmed block, and only reports a suspected one.',
    test: [
      `${TEST}/lifetimes`,
      'are recovered from: a confirmed one ends its task, a suspected one is only reported',
    ],
    mutation: [
      `${SRC}/core/asked-recovery.ts`,
      "if (confidence === 'suspected')",
      "if (confidence !== 'suspected')",
    ],
  },
  {
    source: "Main job 4: the specification's calls",
    says: 'getHealth tells workers and tasks by state.',
    test: [`${TEST}/lifetimes`, 'are told, stand until they clear, and detectBlock answers with the oldest'],
    mutation: [
      `${SRC}/core/survey.ts`,
      'tasks[task.state as keyof typeof tasks]++;',
      "tasks.running += task.state === 'queued' ? 0 : 1;",
    ],
  },
  {
    source: "Main job 4: the specification's calls",
    says: 'taskStarted, taskOutput and taskComplete are told with what each brings.',
    test: [`${TEST}/one-task`, 'tells events with what each brings'],
    mutation: [
      `${SRC}/task-owner.ts`,
      "this.#emitter.emit('taskOutput', { taskId: this.#taskId, workerId, stream, text, bytes: data, offset });",
      "if (text === '') this.#emitter.emit('taskOutput', { taskId: this.#taskId, workerId, stream, text, bytes: data, offset });",
    ],
  },
  {
    source: "Main job 4: the specification's calls",
    says: 'workerCreated is told of each worker process that was started.',
    test: [
      `${TEST}/embedded-workers`,
      'starts none before a task needs one, then one for all, and close() leaves nothing of it',
    ],
    mutation: [
      `${SRC}/core/worker-return.ts`,
      'if (before === null && worker.embedded)',
      'if (before !== null && worker.embedded)',
    ],
  },
  {
    source: "Main job 4: the specification's calls",
    says: 'blockDetected is told.',
    test: [`${TEST}/lifetimes`, 'are told, stand until they clear, and detectBlock answers with the oldest'],
    mutation: [`${SRC}/events.ts`, "      emitter.emit('blockDetected', news.block);\n", ''],
  },
  {
    source: "Main job 4: the specification's calls",
    says: 'workerDisconnected is told with the error.',
    test: [
      `${TEST}/refused-connections`,
      'with HTTP 503 is dialled again, and is told as WORKER_FULL meanwhile',
    ],
    mutation: [
      `${SRC}/events.ts`,
      'new SandboxError(news.fault)',
      "new SandboxError({ ...news.fault, code: 'LOST' })",
    ],
  },
  {
    source: 'Main job 4: providers',
    says: 'The process provider starts a worker for the first task, and close() leaves nothing of it.',
    test: [
      `${TEST}/embedded-workers`,
      'starts none before a task needs one, then one for all, and close() leaves nothing of it',
    ],
    mutation: [
      `${SRC}/io/providers/process.ts`,
      "    process.removeListener('exit', this.#removeHome);\n    this.#removeHome();",
      "    process.removeListener('exit', this.#removeHome);",
    ],
  },
  {
    source: 'Main job 4: providers',
    says: 'A worker process that cannot be started is WORKER_START_FAILED with its last words.',
    test: [
      `${TEST}/embedded-workers`,
      'because it ends at once fails the task with WORKER_START_FAILED and its last words',
    ],
    mutation: [`${SRC}/io/providers/process.ts`, '[this.#lastError, ...this.#log]', '[this.#lastError]'],
  },
  {
    source: 'Main job 4: providers',
    says: 'An idempotent task is started again at most maxAttempts times.',
    test: [
      `${TEST}/embedded-workers`,
      'starts an idempotent task again, at most maxAttempts times, and its history says so',
    ],
    mutation: [
      `${SRC}/core/requeue.ts`,
      'task.attempt < policy.maxAttempts',
      'task.attempt <= policy.maxAttempts',
    ],
  },
  {
    source: 'Main job 4: providers',
    says: 'The static provider reads a token file at each dial.',
    test: [`${TEST}/bad-input`, 'is read at each dial, since tokens rotate'],
    mutation: [
      `${SRC}/io/providers/static.ts`,
      "readFileSync(tokenFile, 'utf8')",
      "((globalThis as Record<string, unknown>).read ??= readFileSync(tokenFile, 'utf8')) as string",
    ],
  },
  {
    source: 'Main job 4: providers',
    says: 'A token file that is none is refused with its path, and nothing of what it holds.',
    test: [
      `${TEST}/bad-input`,
      'that is random bytes is INVALID_OPTIONS, with its path and what was expected, and nothing of what it holds',
    ],
    mutation: [
      `${SRC}/core/token-file.ts`,
      'const isVisible = /^[\\x21-\\x7e]*$/.test(token);',
      'const isVisible = true;',
    ],
  },
  {
    source: 'Main job 4: providers',
    says: 'A token file that others may read is refused.',
    test: [
      `${TEST}/bad-input`,
      'that may be read by others is INVALID_OPTIONS, with its path and what was expected, and nothing of what it holds',
    ],
    mutation: [`${SRC}/io/providers/static.ts`, '(file.mode & 0o077) !== 0', '(file.mode & 0o022) !== 0'],
  },
  {
    source: 'Main job 4: bad input',
    says: 'Every fault of the options is named at once.',
    test: [`${TEST}/bad-input`, 'have every fault named at once'],
    mutation: [
      `${SRC}/settings.ts`,
      'if (workers !== undefined) faults',
      'if (workers !== undefined && faults.length === 0) faults',
    ],
  },
  {
    source: 'Main job 4: bad input',
    says: 'A field that there is not is refused, and the near one named.',
    test: [
      `${TEST}/bad-input`,
      'with a field that there is not is refused, and the near one named: {"timeout":5}',
    ],
    mutation: [
      `${SRC}/core/field-words.ts`,
      'value !== undefined && !known.includes(name)',
      'value !== undefined && name.length > 50 && !known.includes(name)',
    ],
  },
  {
    source: 'Main job 4: bad input',
    says: 'A misspelt limit is refused too.',
    test: [
      `${TEST}/bad-input`,
      'with a field that there is not is refused, and the near one named: {"limits":{"memory":5}}',
    ],
    mutation: [
      `${SRC}/task-request.ts`,
      '  limits: Object.keys(TaskLimits.properties),',
      "  limits: [...Object.keys(TaskLimits.properties), 'memory'],",
    ],
  },
  {
    source: 'Main job 4: bad input',
    says: 'A value is quoted as its caller gave it.',
    test: [
      `${TEST}/bad-input`,
      '(a workspace, as it was given) is INVALID_TASK, thrown at once, with the field and its value as given',
    ],
    mutation: [`${SRC}/message-check.ts`, '${said.slice(end)}`', "${said.slice(end).replaceAll('/', '.')}`"],
  },
  {
    source: 'Main job 4: bad input',
    says: 'An empty command is INVALID_TASK.',
    test: [
      `${TEST}/bad-input`,
      '(a blank command) is INVALID_TASK, thrown at once, with the field and its value as given',
    ],
    mutation: [`${SRC}/task-request.ts`, "first.trim() === ''", "first === ''"],
  },
  {
    source: 'Main job 4: bad input',
    says: 'A NUL in a command is INVALID_TASK.',
    test: [
      `${TEST}/bad-input`,
      '(a NUL in a word) is INVALID_TASK, thrown at once, with the field and its value as given',
    ],
    mutation: [`${SRC}/task-request.ts`, 'if (at >= 0) throw', 'if (at > 5) throw'],
  },
  {
    source: 'Main job 4: bad input',
    says: 'A URL holds no user, no password and no query, and none of them is repeated.',
    test: [`${TEST}/bad-input`, 'a URL with a user or a password is refused, and neither is repeated'],
    mutation: [
      `${SRC}/worker-options.ts`,
      'if (/^[^/]*\\/\\/[^/?#]*@/.test(url))',
      'if (/^[^/]*\\/\\/[^/?#]*:[^/?#]*@/.test(url))',
    ],
  },
  {
    source: 'Main job 4: bad input',
    says: 'A refused token, a wrong version, a worker that is away: distinct errors, at once or in time.',
    test: [
      `${TEST}/refused-connections`,
      'with HTTP 401 fails waiting tasks at once with TOKEN_REFUSED, the URL and the next step',
    ],
    mutation: [
      `${SRC}/io/dial-fault.ts`,
      "401: { code: 'TOKEN_REFUSED', lasting: true",
      "401: { code: 'TOKEN_REFUSED', lasting: false",
    ],
  },
  {
    source: 'Main job 4: bad input',
    says: 'A wrong version is VERSION_MISMATCH.',
    test: [
      `${TEST}/refused-connections`,
      'with HTTP 400 fails waiting tasks at once with VERSION_MISMATCH, the URL and the next step',
    ],
    mutation: [`${SRC}/io/dial-fault.ts`, "400: { code: 'VERSION_MISMATCH'", "400: { code: 'WORKER_FULL'"],
  },
  {
    source: 'Main job 4: bad input',
    says: 'A dial that nobody answers ends in time.',
    test: [`${TEST}/refused-connections`, 'that takes the connection and says nothing is given up in time'],
    mutation: [
      `${SRC}/io/worker-connection.ts`,
      '    }, target.connectTimeoutMs);',
      '    }, 5 * target.connectTimeoutMs);',
    ],
  },
  {
    source: 'Rules for a manager: Connecting',
    says: 'A dial offers sandcrew.v1 and its token in a header, and no compression.',
    test: [
      `${TEST}/refused-connections`,
      'is one that offers sandcrew.v1 and the token in a header, and no compression',
    ],
    mutation: [`${SRC}/io/worker-connection.ts`, 'perMessageDeflate: false', 'perMessageDeflate: true'],
  },
  {
    source: 'Rules for a manager: Connecting',
    says: 'A message larger than MAX_PAYLOAD_BYTES ends the connection.',
    test: [`${TEST}/refused-connections`, 'that sends more than a message may hold loses its connection'],
    mutation: [
      `${SRC}/io/worker-connection.ts`,
      'maxPayload: MAX_PAYLOAD_BYTES,',
      'maxPayload: 2 * MAX_PAYLOAD_BYTES,',
    ],
  },
  {
    source: 'Rules for a manager: Connecting',
    says: 'A peer is pinged each 10 s, and dropped when no byte came from it for 20 s.',
    test: [
      `${TEST}/silent-peer`,
      'a peer is pinged each 10 s, and dropped when no byte came from it for 20 s',
    ],
    mutation: [
      `${SRC}/io/worker-connection.ts`,
      'nowMs - seen.atMs >= PEER_SILENCE_MS',
      'nowMs - seen.atMs >= 2 * PEER_SILENCE_MS',
    ],
  },
  {
    source: 'Rules for a manager: Connecting',
    says: 'A peer from which a byte comes now and then is not dropped.',
    test: [`${TEST}/silent-peer`, 'a peer from which a byte comes now and then is not dropped'],
    mutation: [
      `${SRC}/io/worker-connection.ts`,
      'socket.bytesRead > seen.read ||',
      'socket.bytesRead > seen.read + 99 ||',
    ],
  },
  {
    source: 'Rules for a manager: Connecting',
    says: 'hello comes first, asks for binary output, and senders send only what the schema declares.',
    test: [
      `${TEST}/one-task`,
      'says hello first, asks for binary output, and sends what the request says and no more',
    ],
    mutation: [`${SRC}/core/worker-life.ts`, "output: 'binary',", "output: 'text',"],
  },
  {
    source: 'Rules for a manager: Commands',
    says: 'The same command goes again, under its id, where it was never answered.',
    test: [`${TEST}/lifetimes`, 'is sent a command again that it never answered'],
    mutation: [
      `${SRC}/core/worker-return.ts`,
      '      sendCommand(turn, task, worker); // it never arrived',
      '      if (task.stop !== null) sendCommand(turn, task, worker); // it never arrived',
    ],
  },
  {
    source: 'Rules for a manager: Commands',
    says: 'Where it may have been accepted, its output is asked for first, then its state.',
    test: [
      `${TEST}/lifetimes`,
      'with a task that was sent, unanswered and accepted is asked for its output first, then for its state',
    ],
    mutation: [
      `${SRC}/core/worker-return.ts`,
      "    send(turn, worker.key, { type: 'resume_task', taskId: task.taskId, offset: noteAcked(task.cursor) });\n",
      '',
    ],
  },
  {
    source: 'Rules for a manager: Commands',
    says: 'Another body under a known id is DUPLICATE_TASK, and the task of that name is untouched.',
    test: [`${TEST}/bad-input`, 'with an id that is in use is DUPLICATE_TASK, here and at the worker'],
    mutation: [`${SRC}/core/settlement.ts`, ", 'DUPLICATE_TASK'", ''],
  },
  {
    source: 'Rules for a manager: Commands',
    says: 'A refusal by busy or draining is no end: the task goes back to the queue.',
    test: [
      `${TEST}/core/stories`,
      'a worker that is full after all is left alone for a second, and the task keeps its place',
    ],
    mutation: [
      `${SRC}/core/task-news.ts`,
      "(message.detail === 'busy' || message.detail === 'draining')",
      "message.detail === 'draining'",
    ],
  },
  {
    source: 'Rules for a manager: How a task ends',
    says: 'Whatever it was asked, a task that came to its own end is a result.',
    test: [`${TEST}/one-task`, 'a task that ended by itself all the same is a result'],
    mutation: [
      `${SRC}/core/task-news.ts`,
      'completeTask(turn, task, endOf(message));',
      "if (task.stop === null) completeTask(turn, task, endOf(message));\n  else failTask(turn, task, stopFault(task, 'It was asked to end.'));",
    ],
  },
  {
    source: 'Rules for a manager: How a task ends',
    says: 'A terminal message before all of the output: what lacks is asked for again, then is a gap.',
    test: [
      `${TEST}/refused-connections`,
      'that tells of an end before all of its output is asked for it again; what still lacks is a gap',
    ],
    mutation: [`${SRC}/core/task-news.ts`, 'if (task.replayAsked) {', 'if (!task.replayAsked) {'],
  },
  {
    source: 'Rules for a manager: How a task ends',
    says: 'Once its end was read, a task is forgotten at its worker.',
    test: [`${TEST}/one-task`, 'is dropped by its worker once its end was read'],
    mutation: [
      `${SRC}/core/settlement.ts`,
      'if (isKept(task, ending.fault)) turn',
      'if (!isKept(task, ending.fault)) turn',
    ],
  },
  {
    source: 'Rules for a manager: How a task ends',
    says: 'A task is forgotten when its reader has taken all of it, also over another connection, and not before.',
    test: [
      `${TEST}/lifetimes`,
      'to an ended task forgets it when its reader has taken all of it, and not before',
    ],
    mutation: [`${SRC}/io/task-output.ts`, '(this.#pendingBytes > 0 ||', '(this.#pendingBytes > 9 ||'],
  },
  {
    source: 'Rules for a manager: How a task ends',
    says: 'A new connection is no reason to drop what is being read.',
    test: [
      `${TEST}/lifetimes`,
      'to an ended task forgets it when its reader has taken all of it, and not before',
    ],
    mutation: [`${SRC}/core/worker-return.ts`, '&& sameBoot) continue;', '&& !sameBoot) continue;'],
  },
  {
    source: 'Rules for a manager: How a task ends',
    says: 'What is kept for another attach is acked as its reader takes it, also after its end.',
    test: [
      `${TEST}/lifetimes`,
      'to an ended task that is to be kept acks what its reader takes after its end',
    ],
    mutation: [
      `${SRC}/io/output-relay.ts`,
      'tasks.get(taskId) ?? beingRead.get(taskId)',
      'tasks.get(taskId) ?? (beingRead.size > 99 ? beingRead.get(taskId) : undefined)',
    ],
  },
  {
    source: 'Rules for a manager: How a task ends',
    says: 'close() has forgotten what nobody will read.',
    test: [
      `${TEST}/lifetimes`,
      'to an ended task whose reader has not taken all of it, forgets it at close()',
    ],
    mutation: [
      `${SRC}/core/shutdown.ts`,
      '[...state.beingRead.keys()]',
      '[...state.beingRead.keys()].slice(1)',
    ],
  },
  {
    source: 'Rules for a manager: Output',
    says: 'offset + bytes is the next offset: output behind a hole breaks the protocol.',
    test: [
      `${TEST}/output-flow`,
      'that breaks the protocol costs the worker its connection, and the third time its tasks',
    ],
    mutation: [
      `${SRC}/core/output-cursor.ts`,
      'if (offset > cursor.nextOffset) {',
      'if (offset > cursor.nextOffset + 99) {',
    ],
  },
  {
    source: 'Rules for a manager: Output',
    says: 'An ack is cumulative, and counts what the consumer has taken.',
    test: [`${TEST}/core/rules`, 'acks at each quarter of the window at once, and less in a quiet moment'],
    mutation: [
      `${SRC}/core/output-cursor.ts`,
      'cursor.ackedOffset = cursor.takenOffset;',
      'cursor.ackedOffset = cursor.nextOffset;',
    ],
  },
  {
    source: 'Rules for a manager: Output',
    says: 'A worker that sends past its credit loses its connection.',
    test: [
      `${TEST}/refused-connections`,
      'that sends beyond its credit loses its connection, and what was kept stays bounded',
    ],
    mutation: [
      `${SRC}/core/output-cursor.ts`,
      '> windowBytes + MAX_CHUNK_BYTES',
      '> 9 * windowBytes + MAX_CHUNK_BYTES',
    ],
  },
  {
    source: 'Rules for a manager: Output',
    says: 'output_gap tells exactly which bytes are gone; a gap uses no credit.',
    test: [`${TEST}/core/rules`, 'counts a gap once, without using credit for it, and acks behind it'],
    mutation: [
      `${SRC}/core/output-cursor.ts`,
      'const fresh = { offset: cursor.nextOffset, bytes: end - cursor.nextOffset };',
      'const fresh = { offset: gap.offset, bytes: gap.bytes };',
    ],
  },
  {
    source: 'Rules for a manager: Output',
    says: 'A gap stands in the result, and output goes on behind it.',
    test: [`${TEST}/one-task`, 'whose worker tells a gap has it in its result, and goes on behind it'],
    mutation: [`${SRC}/core/settlement.ts`, 'gaps: task.cursor.gaps,', 'gaps: [],'],
  },
  {
    source: 'Rules for a manager: Output',
    says: 'A resume goes on where the consumer stands: no byte lost, none twice.',
    test: [`${TEST}/output-flow`, 'is whole and in order when the connection is cut again and again'],
    mutation: [
      `${SRC}/core/worker-life.ts`,
      'offset: noteAcked(task.cursor) })',
      'offset: noteAcked(task.cursor) + 1 })',
    ],
  },
  {
    source: 'Rules for a manager: Output',
    says: 'Of a chunk that overlaps what is here, only what is new is taken.',
    test: [`${TEST}/core/rules`, 'judges a chunk that overlaps what is here'],
    mutation: [
      `${SRC}/core/output-cursor.ts`,
      'const skipBytes = cursor.nextOffset - offset;',
      'const skipBytes = 0;',
    ],
  },
  {
    source: 'Rules for a manager: Output',
    says: 'A code point that the task cut off is U+FFFD at the end.',
    test: [`${TEST}/one-task`, 'that ends inside a code point tells U+FFFD at the end'],
    mutation: [`${SRC}/io/task-output.ts`, '    yield* this.#decoders.rest();\n', ''],
  },
  {
    source: 'Rules for a manager: Input',
    says: 'Input that was not taken goes again on the next connection, from the first byte that was not.',
    test: [
      `${TEST}/one-task`,
      'that was not taken is sent again on the next connection, from the first byte that was not',
    ],
    mutation: [
      `${SRC}/core/input-cursor.ts`,
      'cursor.sentOffset = cursor.ackedOffset;',
      'cursor.sentOffset = 0;',
    ],
  },
  {
    source: 'Rules for a manager: Who owns what',
    says: '4001 says that another connection took over: it is not dialled again.',
    test: [
      `${TEST}/core/stories`,
      'a connection that another manager with this managerId took over is not dialled again',
    ],
    mutation: [
      `${SRC}/core/worker-life.ts`,
      "if (fault.code !== 'CONNECTION_REPLACED') {",
      "if (fault.code !== 'MANAGER_ID_TAKEN') {",
    ],
  },
  {
    source: 'Rules for a manager: Who owns what',
    says: '4003 is MANAGER_ID_TAKEN.',
    test: [
      `${TEST}/refused-connections`,
      'that keeps the managerId for another token name (4003) fails tasks with MANAGER_ID_TAKEN',
    ],
    mutation: [
      `${SRC}/io/dial-fault.ts`,
      'if (code === CLOSE_CODES.managerIdTaken) {',
      'if (code === CLOSE_CODES.normal) {',
    ],
  },
  {
    source: 'Rules for a manager: Lost connections, restarts, shutdown',
    says: 'Under the same boot the tasks of a worker go on where they were.',
    test: [`${TEST}/lifetimes`, 'under the same boot goes on with its tasks where they were'],
    mutation: [
      `${SRC}/core/worker-life.ts`,
      '...(resume.length === 0 ? {} : { resume }),',
      '...(resume.length !== 0 ? {} : { resume }),',
    ],
  },
  {
    source: 'Rules for a manager: Lost connections, restarts, shutdown',
    says: 'Under another boot its tasks are LOST, and none is run again by itself.',
    test: [`${TEST}/lifetimes`, 'under another boot has lost its tasks, and none is run again by itself'],
    mutation: [
      `${SRC}/core/task-loss.ts`,
      'return !task.sent || (task.idempotent && hasAttemptLeft(state, task));',
      'return !task.sent || hasAttemptLeft(state, task);',
    ],
  },
  {
    source: 'Rules for a manager: Lost connections, restarts, shutdown',
    says: 'Where it was lost, an idempotent task does not go again under that boot.',
    test: [
      `${TEST}/core/stories`,
      'where a task was lost it does not go again: elsewhere, though that is busier, or under another boot, or nowhere',
    ],
    mutation: [
      `${SRC}/core/requeue.ts`,
      '(identity as WorkerIdentity).bootId',
      '(identity as WorkerIdentity).workerId',
    ],
  },
  {
    source: 'Rules for a manager: Lost connections, restarts, shutdown',
    says: 'An accepted task that a worker does not list is LOST.',
    test: [`${TEST}/lifetimes`, 'and does not list a task that it had accepted, has lost it'],
    mutation: [`${SRC}/core/worker-return.ts`, 'if (task.started) loseTask', 'if (!task.started) loseTask'],
  },
  {
    source: 'Rules for a manager: Lost connections, restarts, shutdown',
    says: 'What is no longer wanted is dropped when the worker is back.',
    test: [`${TEST}/lifetimes`, 'drops what is no longer wanted'],
    mutation: [
      `${SRC}/core/worker-return.ts`,
      "else send(turn, worker.key, { type: 'forget_task', taskId: task.taskId });",
      'else worker.adoptable.set(task.taskId, task);',
    ],
  },
  {
    source: 'Rules for a manager: Lost connections, restarts, shutdown',
    says: 'A task that was terminated while its worker was away is ended when it is back.',
    test: [`${TEST}/lifetimes`, 'is told to end a task that was terminated meanwhile'],
    mutation: [
      `${SRC}/core/worker-return.ts`,
      'if (task.stop !== null) orderEnd(turn, task, worker, task.stop);',
      "if (task.stop?.by === 'close') orderEnd(turn, task, worker, task.stop);",
    ],
  },
  {
    source: 'Rules for a manager: Who answers what',
    says: 'Workspaces are removed one at a time, and a refusal is told.',
    test: [`${TEST}/lifetimes`, 'are removed one at a time, and a refusal is told'],
    mutation: [
      `${SRC}/core/answering.ts`,
      'const next = removals.some(({ sent }) => sent) ? undefined : removals[0];',
      'const next = removals.find(({ sent }) => !sent);',
    ],
  },
  {
    source: 'Rules for a manager: Reading frames',
    says: 'An invalid frame costs the worker its connection.',
    test: [
      `${TEST}/refused-connections`,
      'that sends an invalid message loses its connection as WORKER_MISBEHAVED',
    ],
    mutation: [`${SRC}/io/worker-links.ts`, "if (code !== 'unknown_type')", "if (code === 'invalid_json')"],
  },
  {
    source: 'Rules for a manager: Reading frames',
    says: 'Messages and fields that this version does not know are ignored.',
    test: [
      `${TEST}/refused-connections`,
      'is not one that says what this version does not know: that is ignored',
    ],
    mutation: [`${SRC}/io/worker-links.ts`, "if (code !== 'unknown_type')", 'if (code !== undefined)'],
  },
  {
    source: 'Rules for a manager: Reading frames',
    says: 'What a worker says of a task that it does not have is no news.',
    test: [`${TEST}/refused-connections`, 'that speaks of tasks which it does not have is not listened to'],
    mutation: [`${SRC}/core/worker-message.ts`, 'if (task !== undefined) act(task);', 'act(task as Task);'],
  },
];
