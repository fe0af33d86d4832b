/** Blocks: telling that a task cannot go on, why, and how sure; and what the worker does about it. */
import type { Requirement } from './requirement.js';

const CORE = 'apps/worker/src/core';
const IO = 'apps/worker/src/io';
const STORIES = 'apps/worker/test/core/transcripts';
const SAMPLES = 'apps/worker/test/io/blocks';
const LIMITS = 'apps/worker/test/io/limits';

export const BLOCK_REQUIREMENTS: readonly Requirement[] = [
  // What is claimed, and when
  {
    source: 'Blocks: reasons',
    says: 'A thread in an untimed read of the task’s stdin, alone and unfed for 1 s, waits for input.',
    test: ['apps/worker/test/core/blocks/waiting-for-input', 'waits for input after 1 s'],
    mutation: [`${CORE}/blocks/waiting-for-input.ts`, 'const UNFED_MS = 1_000;', 'const UNFED_MS = 2_000;'],
  },
  {
    source: 'Blocks: reasons',
    says: 'A feeder that has shown itself by input of no bytes has 5 s.',
    test: [
      STORIES,
      'Input of no bytes shows a feeder, which has 5 s from then on; before the start as well.',
    ],
    mutation: [`${CORE}/task-messages.ts`, 'task.blocks.isFeederThere = true', 'void 0'],
  },
  {
    source: 'Blocks: reasons',
    says: 'A timed poll with a prompt on the screen is confirmed once it was entered again.',
    test: [
      STORIES,
      'What is suspected is looked at closely again: a poll that runs out with a prompt on the screen is confirmed in time.',
    ],
    mutation: [
      `${CORE}/block-watch.ts`,
      "blocks.standing.get(reason)?.confidence !== 'confirmed'",
      '!blocks.standing.has(reason)',
    ],
  },
  {
    source: 'Blocks: reasons',
    says: 'No thread scheduled for 2.5 s and no waker outside the tree: a deadlock.',
    test: ['apps/worker/test/core/blocks/standstill', 'is none before 2.5 s'],
    mutation: [`${CORE}/blocks/standstill.ts`, 'const STILL_MS = 2_500;', 'const STILL_MS = 2_400;'],
  },
  {
    source: 'Blocks: reasons',
    says: 'Whoever outside holds the other end of a pipe may end the wait: no deadlock.',
    test: [
      'apps/worker/test/core/blocks/standstill',
      'is none where the other end of the pipe is held outside',
    ],
    mutation: [
      `${CORE}/blocks/wake-sources.ts`,
      'sources: holders.outside.length > 0 ? beyond : 0',
      'sources: beyond & 0',
    ],
  },
  {
    source: 'Blocks: reasons',
    says: 'A loop is suspected after a window of nothing but CPU, never confirmed.',
    test: ['apps/worker/test/core/blocks/work', 'is suspected after 12 s of nothing but CPU'],
    mutation: [`${CORE}/blocks/spinning.ts`, 'const SPINNING_MS = 12_000;', 'const SPINNING_MS = 6_000;'],
  },
  {
    source: 'Blocks: reasons',
    says: 'CPU and run-queue delay together: a loop is told on a loaded machine too.',
    test: ['apps/worker/test/core/blocks/work', 'is also suspected where the machine gives it half a CPU'],
    mutation: [
      `${CORE}/blocks/spinning.ts`,
      'function isHot({ eager }: ThreadEvidence)',
      'function isHot({ busy: eager }: ThreadEvidence)',
    ],
  },
  {
    source: 'Blocks: reasons',
    says: 'Silence of a batch task is suspected in minutes, or after expectQuietMs.',
    test: [
      'apps/worker/test/core/blocks/work',
      'of a batch task is suspected after three minutes, or what its caller said',
    ],
    mutation: [`${CORE}/blocks/quiet.ts`, 'look.task.expectQuietMs ?? SILENCE_MS', 'SILENCE_MS'],
  },
  {
    source: 'Blocks: reasons',
    says: 'A service, or what listens, is not blocked when it is idle.',
    test: ['apps/worker/test/core/blocks/work', 'of a service, or of one that listens, is not'],
    mutation: [`${CORE}/blocks/quiet.ts`, "look.task.kind === 'service' || ", ''],
  },
  {
    source: 'Blocks: reasons',
    says: 'Memory at 98.5 % of the limit is exhausted.',
    test: ['apps/worker/test/core/blocks/work', 'memory at 98.5 % is exhausted'],
    mutation: [`${CORE}/blocks/exhaustion.ts`, 'const FULL = 0.985;', 'const FULL = 0.999;'],
  },
  {
    source: 'Blocks: reasons',
    says: 'What the kernel ended or refused is withdrawn when the task goes on.',
    test: ['apps/worker/test/core/blocks/work', 'processes that were refused 10 s ago are not'],
    mutation: [`${CORE}/blocks/exhaustion.ts`, 'const RISEN_MS = 10_000;', 'const RISEN_MS = 100_000;'],
  },
  {
    source: 'Blocks: reasons',
    says: 'Blocked programs are told, healthy and serving ones never confirmed, over the wire.',
    test: [
      'e2e/tests/blocks',
      'blocked programs are told, healthy and serving ones never confirmed, in time',
    ],
    mutation: [`${CORE}/blocks/waiting-for-input.ts`, 'const UNFED_MS = 1_000;', 'const UNFED_MS = 9_000;'],
  },
  // The life of a claim
  {
    source: 'Blocks: claims',
    says: 'A claim is made once.',
    test: [STORIES, 'A block is told once, after a closer look, and cleared when its evidence goes.'],
    mutation: [
      `${CORE}/block-watch.ts`,
      'if (!isNew || awaitingStacks',
      'if ((!isNew && false) || awaitingStacks',
    ],
  },
  {
    source: 'Blocks: claims',
    says: 'A claim is withdrawn (block_cleared) when its evidence goes.',
    test: [STORIES, 'A suspicion that was withdrawn begins anew to count.'],
    mutation: [`${CORE}/block-watch.ts`, '  task.blocks.standing.delete(reason);\n', ''],
  },
  {
    source: 'Blocks: claims',
    says: 'Input withdraws a wait for it at once, and not at the next look.',
    test: [
      STORIES,
      'Input ends the wait for it at once, however rare the looks are; a prompt behind it is another block.',
    ],
    mutation: [
      `${CORE}/block-watch.ts`,
      "task.blocks.standing.get('waiting_for_input')",
      "task.blocks.standing.get('zombie')",
    ],
  },
  {
    source: 'Blocks: claims',
    says: 'What a look costs, and so how rare looks are, is counted in CPU time.',
    test: ['apps/worker/test/io/cpu-cost', 'time in which the work is not given the CPU costs nothing'],
    mutation: [
      `${IO}/cpu-cost.ts`,
      'Math.min((user + system) / 1_000, monotonicMs() - startMs)',
      'Math.max((user + system) / 1_000, monotonicMs() - startMs)',
    ],
  },
  {
    source: 'Blocks: claims',
    says: 'What is suspected is told again once it is confirmed.',
    test: [STORIES, 'What is suspected is told again once it is confirmed.'],
    mutation: [
      `${CORE}/block-watch.ts`,
      "(before.confidence === 'suspected' && claim.confidence === 'confirmed')",
      'false',
    ],
  },
  {
    source: 'Blocks: claims',
    says: 'An open world confirms nothing.',
    test: [
      'apps/worker/test/core/blocks/waiting-for-input',
      'is only suspected in a world that cannot be read',
    ],
    mutation: [
      `${CORE}/judge-block.ts`,
      'if (look.evidence.unreadable.length === 0) return claims;',
      'if (look.evidence.unreadable.length >= 0) return claims;',
    ],
  },
  {
    source: 'Blocks: claims',
    says: 'A reader that resumes is told what stands.',
    test: [STORIES, 'A reader that comes back is told what stands, with its age.'],
    mutation: [`${CORE}/task-messages.ts`, '  tellStanding(turn, task, session);\n', ''],
  },
  {
    source: 'Blocks: claims',
    says: 'Nothing is told of a task that is being ended.',
    test: [STORIES, 'Nothing is told of a task that is being ended, or that has ended.'],
    mutation: [
      `${CORE}/block-watch.ts`,
      "if ((task.phase !== 'running' && task.phase !== 'lingering') || task.cause !== null) return;",
      "if (task.phase !== 'running' && task.phase !== 'lingering') return;",
    ],
  },
  {
    source: 'Blocks: claims',
    says: 'A deadlock is told with the stacks of its processes, if it still stands when they come.',
    test: [STORIES, 'A deadlock that goes away while its stacks are collected is not told.'],
    mutation: [
      `${CORE}/block-watch.ts`,
      'if (!claimed.has(reason) && proof === undefined) awaitingStacks.delete(reason);',
      'if (claimed.has(reason) && proof !== undefined) awaitingStacks.delete(reason);',
    ],
  },
  // What the worker does about it
  {
    source: 'Blocks: policy',
    says: 'terminate acts on what is confirmed; the task ends as blocked, with the reason.',
    test: [
      STORIES,
      'The policy terminate ends a task at a confirmed block: blocked, with its reason. Nothing more is told of it.',
    ],
    mutation: [
      `${CORE}/block-watch.ts`,
      "if (block.confidence === 'confirmed') act(turn, task, block, action);",
      '',
    ],
  },
  {
    source: 'Blocks: policy',
    says: 'A suspicion is only reported, unless the caller gave suspectedAfterMs.',
    test: [STORIES, 'The policy terminate leaves a suspicion alone.'],
    mutation: [`${CORE}/block-watch.ts`, "if (block.confidence === 'confirmed') act(", 'act('],
  },
  {
    source: 'Blocks: policy',
    says: 'suspectedAfterMs lets the worker act on a suspicion that has stood so long.',
    test: [STORIES, 'A suspicion is acted upon once it has stood for its suspectedAfterMs, and not before.'],
    mutation: [
      `${CORE}/block-watch.ts`,
      'turn.nowMs - block.toldAtMs >= suspectedAfterMs',
      'turn.nowMs - block.toldAtMs > 2 * suspectedAfterMs',
    ],
  },
  {
    source: 'Blocks: policy',
    says: 'default covers every reason that is not named.',
    test: [
      STORIES,
      'The policy default covers every reason that is not named; one that is named it leaves alone.',
    ],
    mutation: [
      `${CORE}/judge-block.ts`,
      "policy[reason] ?? policy.default ?? 'report'",
      "policy.default ?? 'report'",
    ],
  },
  {
    source: 'Blocks: policy',
    says: 'end_input acts on waiting_for_input alone, and reports otherwise.',
    test: [STORIES, 'The policy end_input gives the command end of file, and later input is refused.'],
    mutation: [
      `${CORE}/judge-block.ts`,
      "action: action === 'end_input' && reason !== 'waiting_for_input' ? 'report' : action,",
      'action,',
    ],
  },
  // What is read of the kernel
  {
    source: 'Blocks: signals',
    says: 'Poll and select sets are read from the memory of the process.',
    test: [SAMPLES, 'a thread in select_high is seen to wait for ["writers of a pipe (p0)"]'],
    mutation: [`${IO}/proc/waits.ts`, 'set[fd >> 3]', 'set[fd >> 4]'],
  },
  {
    source: 'Blocks: signals',
    says: 'Timeouts are read from the arguments and from memory.',
    test: [SAMPLES, 'a thread in ppoll_stdin_timed is seen to wait for ["input for 30000 ms"]'],
    mutation: [`${IO}/proc/waits.ts`, 'readTime(pid, args[2], 1e6)', 'readTime(pid, args[3], 1e6)'],
  },
  {
    source: 'Blocks: signals',
    says: 'fdinfo tells what an epoll set watches, sets within sets too.',
    test: [SAMPLES, 'a thread in epoll_nested is seen to wait for ["input"]'],
    mutation: [`${IO}/proc/descriptors.ts`, 'const MAX_EPOLL_DEPTH = 4;', 'const MAX_EPOLL_DEPTH = 1;'],
  },
  {
    source: 'Blocks: signals',
    says: '/dev/tty and the terminal of a PTY task are its input.',
    test: [SAMPLES, 'the terminal of a task is its input, by whichever name'],
    mutation: [
      `${IO}/proc/descriptors.ts`,
      "link === '/dev/tty' ? controllingTerminal(pid)",
      "link === '/dev/tty' ? controllingTerminal(-pid)",
    ],
  },
  {
    source: 'Blocks: signals',
    says: '/proc/locks names holders outside of the task.',
    test: [SAMPLES, 'whoever holds a lock outside is named: lock_posix'],
    mutation: [
      `${IO}/proc/locks.ts`,
      'const isKnown = file !== undefined &&',
      'const isKnown = file === undefined &&',
    ],
  },
  {
    source: 'Blocks: signals',
    says: 'A program of another architecture is not understood, and so opens the world.',
    test: [SAMPLES, 'a program of 32 bits is not understood'],
    mutation: [
      `${IO}/proc/system-calls.ts`,
      'const name = is32Bit ? null :',
      'const name = is32Bit && first === "" ? null :',
    ],
  },
  {
    source: 'Blocks: signals',
    says: 'Cheap look first: what did not run is not read again.',
    test: [SAMPLES, 'a thread that did not run is read again at a closer look alone'],
    mutation: [`${IO}/proc/known-process.ts`, 'if (hasRun || (', 'if (thread.tid > 0 || hasRun || ('],
  },
  {
    source: 'Blocks: signals',
    says: 'On a PTY, ECHO off and ICANON on is a password prompt.',
    test: [
      'apps/worker/test/io/prompts-and-stacks',
      'a password prompt is told as one, and the prompt after it is not',
    ],
    mutation: [`${IO}/terminal-mode.ts`, "echoes: !words.includes('-echo')", 'echoes: true'],
  },
  {
    source: 'Blocks: dumps',
    says: 'With a deadlock come the stacks of a JVM, where jstack is.',
    test: ['apps/worker/test/io/prompts-and-stacks', 'a deadlock of a JVM is told with its stacks'],
    mutation: [`${IO}/stacks.ts`, 'reads: /^java$/', 'reads: /^jvm$/'],
  },
  // Limits
  {
    source: 'Blocks: limits',
    says: 'A command that the kernel ends for its memory limit is memory_exhausted, and the block is told.',
    test: [
      LIMITS,
      'a command that the kernel ends for its memory limit is memory_exhausted, and the block was told',
    ],
    mutation: [`${CORE}/task.ts`, 'if (exitCode !== 0) task.cause ??=', 'if (exitCode === 0) task.cause ??='],
  },
  {
    source: 'Blocks: limits',
    says: 'Processes beyond the limit are refused, and the block is told.',
    test: [LIMITS, 'processes beyond the limit are refused, and the block is told'],
    mutation: [`${IO}/control-groups.ts`, "set('pids.max', value)", "set('pids.max', 1_000)"],
  },
  {
    source: 'Blocks: limits',
    says: 'A group that a killed worker left is removed at the next start.',
    test: [LIMITS, 'the groups of a worker that was killed are gone when the next has started'],
    mutation: [
      `${IO}/group-hierarchies.ts`,
      'removeLeftGroups(hierarchy.directory)',
      'removeLeftGroups(hierarchy.directory + controller)',
    ],
  },
  {
    source: 'Blocks: limits',
    says: 'Limits that cannot be enforced are refused.',
    test: [LIMITS, 'a worker that may not make groups refuses limits'],
    mutation: [`${IO}/group-hierarchies.ts`, 'return false;\n  } finally', 'return true;\n  } finally'],
  },
];
