/** The command-line tool. */
import type { Requirement } from './requirement.js';

const CLI = 'apps/cli/src';
const TEST = 'apps/cli/test';

export const CLI_REQUIREMENTS: readonly Requirement[] = [
  // run
  {
    source: 'Main job 5: run',
    says: 'An embedded worker runs the command in the current directory.',
    test: [
      `${TEST}/run`,
      'runs in the current directory, as an argv without a shell where there are several words',
    ],
    mutation: [`${CLI}/arguments.ts`, 'words.length === 1 ? first : words', "words.join(' ')"],
  },
  {
    source: 'Main job 5: run',
    says: 'stdout goes to stdout and stderr to stderr.',
    test: [`${TEST}/render`, 'each stream goes to its own, byte for byte'],
    mutation: [
      `${CLI}/render/text-renderer.ts`,
      'this.#sinks[stream]',
      "this.#sinks[stream === 'stderr' ? 'stdout' : stream]",
    ],
  },
  {
    source: 'Main job 5: run',
    says: '--cwd and --env.',
    test: [`${TEST}/run`, 'gets its variables and its directory'],
    mutation: [
      `${CLI}/commands/run.ts`,
      'present({ workspace, cwd, env,',
      "present({ workspace, cwd: cwd && '.', env,",
    ],
  },
  {
    source: 'Main job 5: run',
    says: '--workspace outlives its task; workspace ls lists it and workspace rm removes it.',
    test: [`${TEST}/staying-worker`, 'lists and removes workspaces'],
    mutation: [
      `${CLI}/commands/run.ts`,
      'present({ workspace, cwd,',
      "present({ workspace: workspace && 'other', cwd,",
    ],
  },
  {
    source: 'Main job 5: run',
    says: '--priority, --timeout, and every other option reach the task.',
    test: [`${TEST}/command-line`, 'passes on every option'],
    mutation: [
      `${CLI}/commands/run.ts`,
      'kind, priority, stdin, pty })',
      'kind, priority: priority && 0, stdin, pty })',
    ],
  },
  {
    source: 'Main job 5: run',
    says: 'The command reads our stdin with --stdin, and end of file without.',
    test: [`${TEST}/run`, 'reads end of file on stdin, unless ours is passed on'],
    mutation: [
      `${CLI}/task-input.ts`,
      'await handle.write(chunk);',
      'await handle.write(chunk.subarray(1));',
    ],
  },
  {
    source: 'Main job 5: run',
    says: 'stdin that fails is not taken for its end.',
    test: [
      `${TEST}/own-streams`,
      'that cannot be read is never taken for its end: the command is ended, exit status 125',
    ],
    mutation: [
      `${CLI}/task-input.ts`,
      'return error instanceof SandboxError ? null : (error as Error);',
      'await handle.endInput();\n    return error instanceof SandboxError ? null : null;',
    ],
  },
  {
    source: 'Main job 5: run',
    says: 'A directory as stdin is refused.',
    test: [`${TEST}/own-streams`, 'that is a directory is refused'],
    mutation: [`${CLI}/task-input.ts`, '!fstatSync(STDIN).isDirectory()', '!fstatSync(STDIN).isSocket()'],
  },
  {
    source: 'Main job 5: run',
    says: '--pty: a terminal of our size, with our keys, that follows ours.',
    test: [
      `${TEST}/terminal`,
      'a task on a terminal has the size of ours, its keys, and follows when it changes',
    ],
    mutation: [`${CLI}/task-input.ts`, "stdout.on('resize', resize);", ''],
  },
  {
    source: 'Main job 5: run',
    says: '--pty: what the task’s terminal writes reaches ours byte for byte.',
    test: [
      `${TEST}/terminal`,
      'what a task’s terminal writes reaches ours byte for byte, newlines as the task has set them',
    ],
    mutation: [`${CLI}/task-input.ts`, "['-opost']", "['opost']"],
  },
  {
    source: 'Main job 5: run',
    says: '--pty: our terminal is as before when the task ends.',
    test: [
      `${TEST}/terminal`,
      'Ctrl-C on a task’s terminal is a key for the task, and ours is as before when it ends',
    ],
    mutation: [`${CLI}/task-input.ts`, 'stdin.setRawMode(true);', ''],
  },
  {
    source: 'Main job 5: run',
    says: '--json prints one event a line, and one end.',
    test: [`${TEST}/run`, 'as JSON is one event a line, with exactly one end'],
    mutation: [
      `${CLI}/render/json-renderer.ts`,
      '`${JSON.stringify(event)}\\n`',
      '`${JSON.stringify(event, null, 1)}\\n`',
    ],
  },
  {
    source: 'Main job 5: run',
    says: 'A long silence is told on a terminal.',
    test: [`${TEST}/render`, 'is told on a terminal, and wiped away by the next output'],
    mutation: [`${CLI}/render/elapsed-line.ts`, 'if (quietMs < this.#quietMs', 'if (quietMs > this.#quietMs'],
  },
  {
    source: 'Main job 5: run',
    says: 'A long silence is never told in a pipe.',
    test: [`${TEST}/render`, 'is not told in a pipe, nor over an unfinished line'],
    mutation: [`${CLI}/render/text-renderer.ts`, 'quietMs !== null && stderr.isTerminal', 'quietMs !== null'],
  },
  // what holds a command
  {
    source: 'Issue 4: which containment',
    says: 'A terminal is told which containment holds the command, before its output.',
    test: [`${TEST}/terminal`, 'what holds a command is told on a terminal, before its output'],
    mutation: [
      `${CLI}/render/create-renderer.ts`,
      'containedAt: isVerbose || (stderr.isTerminal && !isTyping(answerer())) ?',
      'containedAt: isVerbose ?',
    ],
  },
  {
    source: 'Issue 4: which containment',
    says: 'Where the command’s input is typed, the containment is told only with --verbose.',
    test: [
      `${TEST}/terminal`,
      'on a terminal where the command’s input is typed, what holds it is told only where that is asked for',
    ],
    mutation: [
      `${CLI}/render/create-renderer.ts`,
      '(stderr.isTerminal && !isTyping(answerer()))',
      'stderr.isTerminal',
    ],
  },
  {
    source: 'Issue 4: which containment',
    says: '--verbose tells the containment in a pipe.',
    test: [
      `${TEST}/containment`,
      '--verbose tells on stderr in a pipe what --json names, and without it a pipe is told nothing',
    ],
    mutation: [`${CLI}/commands/run.ts`, 'isVerbose: options.verbose ?? false,', 'isVerbose: false,'],
  },
  {
    source: 'Issue 4: which containment',
    says: 'A pipe is not told of the containment unasked.',
    test: [
      `${TEST}/containment`,
      '--verbose tells on stderr in a pipe what --json names, and without it a pipe is told nothing',
    ],
    mutation: [
      `${CLI}/render/create-renderer.ts`,
      'containedAt: isVerbose || (stderr.isTerminal &&',
      'containedAt: isVerbose || (!stderr.isTerminal ||',
    ],
  },
  {
    source: 'Issue 4: which containment',
    says: 'A containment that is less than bubblewrap is told with what it lacks and how to get more.',
    test: [
      `${TEST}/containment`,
      'where there is no bubblewrap, the command runs with less, and what that lacks and how to get more is said',
    ],
    mutation: [
      `${CLI}/render/containment-sentences.ts`,
      'if (lacks.length === 0) return',
      'if (lacks.length >= 0) return',
    ],
  },
  {
    source: 'Issue 4: which containment',
    says: '--json names what the containment lacks.',
    test: [
      `${TEST}/containment`,
      'where there is no bubblewrap, the command runs with less, and what that lacks and how to get more is said',
    ],
    mutation: [
      `${CLI}/render/json-renderer.ts`,
      'const containmentLacks = lacksOf(containment);',
      "const containmentLacks = lacksOf('bubblewrap');",
    ],
  },
  {
    source: 'Issue 4: which containment',
    says: 'The remedy is one of the place where the worker is.',
    test: [
      `${TEST}/containment`,
      'of a worker that stays it is told too, for a command that is left running as well',
    ],
    mutation: [
      `${CLI}/commands/run.ts`,
      'if (workers !== undefined) return',
      'if (workers === undefined) return',
    ],
  },
  {
    source: 'Issue 4: which containment',
    says: 'The README’s first command says what holds it.',
    test: [
      'e2e/tests/readme',
      "the README's first command says what holds it, and its stdout is the command's alone",
    ],
    mutation: ['scripts/start.mjs', "'run', '--verbose', '--'", "'run', '--'"],
  },
  // exit codes
  {
    source: 'Main job 5: exit codes',
    says: 'A command that cannot be found is 127 with its own message, one that cannot be executed 126.',
    test: [
      `${TEST}/run`,
      'that cannot be run exits with its own message: an argv of a file that is no program',
    ],
    mutation: [`${CLI}/exit-status.ts`, 'return EXIT.notExecutable;', 'return EXIT.notFound;'],
  },
  {
    source: 'Main job 5: exit codes',
    says: 'A command that a signal ended is 128 and its number.',
    test: [`${TEST}/run`, 'that a signal ended exits with 128 and its number, and stderr says which'],
    mutation: [`${CLI}/exit-status.ts`, 'return 128 + (', 'return 127 + ('],
  },
  {
    source: 'Main job 5: exit codes',
    says: '122 when blocked and ended.',
    test: [
      `${TEST}/exit-status`,
      'BLOCKED ("waiting_for_input"), interrupted by null, exits with the status of its kind',
    ],
    mutation: [`${CLI}/exit-status.ts`, 'BLOCKED: EXIT.blocked,', ''],
  },
  {
    source: 'Main job 5: exit codes',
    says: '125 when Sandcrew itself failed.',
    test: [
      `${TEST}/exit-status`,
      'WORKER_UNREACHABLE (undefined), interrupted by null, exits with the status of its kind',
    ],
    mutation: [`${CLI}/exit-status.ts`, '?? EXIT.failed;', '?? EXIT.usage;'],
  },
  {
    source: 'Main job 5: exit codes',
    says: 'Ctrl-C twice kills at once.',
    test: [`${TEST}/run`, 'once more kills a command that does not want to end'],
    mutation: [`${CLI}/interrupt-reactions.ts`, 'second: () => handle.terminate(0)', 'second: () => {}'],
  },
  {
    source: 'Main job 5: exit codes',
    says: 'Ctrl-C twice ends it also where nobody takes the output.',
    test: [`${TEST}/own-streams`, 'that nobody takes does not hold up the second Ctrl-C'],
    mutation: [
      `${CLI}/follow-task.ts`,
      'await Promise.race([renderer.ended(ended, judge(ended)), interrupts.gaveUp]);',
      'await renderer.ended(ended, judge(ended));',
    ],
  },
  {
    source: 'Main job 5: exit codes',
    says: 'A reader of stderr that goes away ends the command as one of stdout does.',
    test: [`${TEST}/own-streams`, 'whose reader goes away ends the command, as a broken pipe does: stderr'],
    mutation: [
      `${CLI}/render/text-renderer.ts`,
      'this.#fault = sink.fault;',
      'this.#fault = this.#sinks.stdout.fault;',
    ],
  },
  {
    source: 'Main job 5: exit codes',
    says: 'A full disk under stdout is 125, and is told.',
    test: [`${TEST}/own-streams`, 'that is full ends the command with 125, and says so where it can: stdout'],
    mutation: [`${CLI}/exit-status.ts`, "return code === 'EPIPE' ?", "return code !== 'EPIPE' ?"],
  },
  {
    source: 'Main job 5: exit codes',
    says: 'A full disk under --json is told on stderr.',
    test: [`${TEST}/own-streams`, 'that is full ends the command with 125, and says so where it can: JSON'],
    mutation: [
      `${CLI}/render/json-renderer.ts`,
      'if (sentence !== null) await this.#stderr',
      'if (sentence === null) await this.#stderr',
    ],
  },
  {
    source: 'Main job 5: exit codes',
    says: 'A disk that takes the first part of a write alone is a full one.',
    test: [`${TEST}/unshown-output`, 'is told also where the disk takes the first part of it'],
    mutation: [
      `${CLI}/output-sink.ts`,
      'for (let done = 0; done < data.length; ) done += writeSync(file, data, done);',
      'writeSync(file, data);',
    ],
  },
  // Against a worker that stays
  {
    source: 'Main job 5: a worker that stays',
    says: 'run --detach leaves it running, ps lists it, attach shows its output and ends as it ended.',
    test: [
      `${TEST}/staying-worker`,
      'is listed, and attached to for its output and its exit code; then the worker forgets it',
    ],
    mutation: [
      `${CLI}/commands/run.ts`,
      'Promise.race([handle.detach(), ended])',
      'Promise.race([handle.then(() => {}), ended])',
    ],
  },
  {
    source: 'Main job 5: a worker that stays',
    says: 'A detached task, and a service, have no timeout of their own.',
    test: [`${TEST}/command-line`, 'has an end of its own, unless told otherwise: detached'],
    mutation: [`${CLI}/commands/run.ts`, "detach || kind === 'service'", "kind === 'service'"],
  },
  {
    source: 'Main job 5: a worker that stays',
    says: 'logs and attach begin at any offset that is kept.',
    test: [
      `${TEST}/staying-worker`,
      'shows with logs what was written so far, from any offset that is kept, and says what is gone',
    ],
    mutation: [`${CLI}/commands/logs.ts`, 'from ??= ackedOffset;', 'from = ackedOffset;'],
  },
  {
    source: 'Main job 5: a worker that stays',
    says: 'logs takes what it has shown, and nothing that came meanwhile.',
    test: [`${TEST}/unshown-output`, 'is not lost with what logs leaves unread while the task writes on'],
    mutation: [
      `${CLI}/commands/logs.ts`,
      'if (nextOffset >= endOffset) break;',
      'if (nextOffset >= endOffset) {\n      await chunks.return?.();\n      break;\n    }',
    ],
  },
  {
    source: 'Main job 5: a worker that stays',
    says: 'What could not be shown stays at the worker.',
    test: [`${TEST}/unshown-output`, 'stays at the worker: logs on a full disk takes nothing, and says so'],
    mutation: [`${CLI}/commands/logs.ts`, 'if (renderer.fault !== null) break;', ''],
  },
  {
    source: 'Main job 5: a worker that stays',
    says: 'An answer that cannot be written is one clear error.',
    test: [`${TEST}/unshown-output`, 'of ps is one clear error'],
    mutation: [
      `${CLI}/answer.ts`,
      'if (sink.fault !== null) throw',
      'if (sink.isTerminal && sink.fault !== null) throw',
    ],
  },
  {
    source: 'Main job 5: a worker that stays',
    says: 'The id of a detached task is not lost with stdout.',
    test: [`${TEST}/unshown-output`, 'of run --detach: the id is on stderr, and the task goes on'],
    mutation: [`${CLI}/commands/run.ts`, 'Task ${handle.taskId} is left running.', 'A task is left running.'],
  },
  {
    source: 'Main job 5: a worker that stays',
    says: 'stop ends a task and keeps what nobody has read.',
    test: [`${TEST}/staying-worker`, 'is stopped, and keeps the output that nobody has read'],
    mutation: [`${CLI}/commands/stop.ts`, 'offset: task.ackedOffset', 'offset: task.endOffset'],
  },
  {
    source: 'Main job 5: a worker that stays',
    says: 'Ctrl-C lets go of a task that is followed, which goes on.',
    test: [`${TEST}/staying-worker`, 'is let go of by Ctrl-C and goes on'],
    mutation: [`${CLI}/remote-task.ts`, 'isOurs: false', 'isOurs: true'],
  },
  {
    source: 'Main job 5: a worker that stays',
    says: 'attach goes on where another command of the same user came between.',
    test: [`${TEST}/staying-worker`, 'is followed on where another command of the same user came between'],
    mutation: [`${CLI}/follow-task.ts`, 'if (takeover !== null && !isOurs) throw takeover;', ''],
  },
  {
    source: 'Main job 5: a worker that stays',
    says: 'health tells how a worker is.',
    test: [`${TEST}/staying-worker`, 'tells its health'],
    mutation: [`${CLI}/commands/health.ts`, "['health', worker.draining", "['state', worker.draining"],
  },
  {
    source: 'Main job 5: a worker that stays',
    says: 'A worker that goes away is told once, with how long it is waited for, and when it is back.',
    test: [
      `${TEST}/worker-away`,
      'a worker that goes away is told once, with how long it is waited for, and when it is back; no byte is lost',
    ],
    mutation: [`${CLI}/task-news.ts`, 'this.#hasConnected) && !this.#isAway', 'this.#hasConnected)'],
  },
  {
    source: 'Main job 5: a worker that stays',
    says: 'A worker that goes away before it has told that the task runs is told as well.',
    test: [
      `${TEST}/worker-away`,
      'a worker that goes away before it has told that the task runs is told as well',
    ],
    mutation: [`${CLI}/task-news.ts`, 'this.#hasConnected = true;', 'this.#hasConnected = false;'],
  },
  {
    source: 'Main job 5: a worker that stays',
    says: '--lost-after bounds the wait for a worker that is away.',
    test: [
      `${TEST}/worker-away`,
      'a worker that stays away is given up after --lost-after: 125, and the task is told to be lost',
    ],
    mutation: [
      `${CLI}/connection.ts`,
      'connectTimeoutMs, lostAfterMs })',
      'connectTimeoutMs, lostAfterMs: lostAfterMs && 60_000 })',
    ],
  },
  {
    source: 'Main job 5: a worker that stays',
    says: 'Ctrl-C gives up a worker that is away.',
    test: [
      `${TEST}/worker-away`,
      'Ctrl-C gives up a worker that is away at once, and says that the task may still run',
    ],
    mutation: [
      `${CLI}/interrupt-reactions.ts`,
      "if (news.isAway) return 'give-up';",
      "if (news.isAway) return 'patience';",
    ],
  },
  // Bad input and ends
  {
    source: 'Main job: bad input to the CLI',
    says: 'Every fault of its words at once, exit 2, and nothing is started.',
    test: [`${TEST}/command-line`, 'every fault is told at once'],
    mutation: [
      `${CLI}/command-line.ts`,
      'new UsageError([...faults, ...decoded.faults])',
      'new UsageError(faults)',
    ],
  },
  {
    source: 'Main job: bad input to the CLI',
    says: 'Wrong use is exit 2.',
    test: [`${TEST}/run`, 'wrong use exits with 2 before anything is started'],
    mutation: [`${CLI}/exit-status.ts`, 'usage: 2,', 'usage: 125,'],
  },
  {
    source: 'Main job: bad input to the CLI',
    says: 'An unknown option suggests the near one.',
    test: [`${TEST}/command-line`, 'an unknown option suggests the near one'],
    mutation: [`${CLI}/command-line.ts`, ".replace(/\\s*\\n\\s*/g, ' ')", ".replace(/\\n.*/gs, '')"],
  },
  {
    source: 'Main job: bad input to the CLI',
    says: 'A URL with a password, or a query, is refused, and not repeated.',
    test: [`${TEST}/command-line`, 'a URL that says too much, or nothing: ws://me:secret@h:1'],
    mutation: [`${CLI}/worker-url.ts`, ".replace(/\\/\\/.*@/s, '//…@')", ''],
  },
  {
    source: 'Main job: bad input to the CLI',
    says: 'A token file is text, ours, and for nobody else.',
    test: [`${TEST}/command-line`, 'a token file that is none, that others may read, or that is not there'],
    mutation: [`${CLI}/token-file.ts`, 'NOBODY_ELSE = 0o077', 'NOBODY_ELSE = 0o033'],
  },
  {
    source: 'Main job: bad input to the CLI',
    says: 'A name that can be none is told as it was typed.',
    test: [`${TEST}/command-line`, 'names that can be none are told as they were typed'],
    mutation: [`${CLI}/arguments.ts`, 'return pattern.test(text)', 'return text !== String(pattern)'],
  },
  {
    source: 'Main job: bad input to the CLI',
    says: 'A refused token, a wrong version and a worker that is away are told apart, with the URL and the next step.',
    test: [`${TEST}/unreachable-worker`, 'that is away ends in time with 125, the URL and the next step'],
    mutation: [`${CLI}/render/sentences.ts`, "'See that the worker runs and that its URL is right.'", "''"],
  },
  {
    source: 'Main job: bad input to the CLI',
    says: 'None is told after a hang.',
    test: [
      `${TEST}/unreachable-worker`,
      'that does not answer ends in time with 125, the URL and the next step',
    ],
    mutation: [`${CLI}/connection.ts`, 'managerId, connectTimeoutMs,', 'managerId,'],
  },
  // blocks
  {
    source: 'Blocks: in the CLI',
    says: 'A prompt is shown at once with its text, the process, and what to do.',
    test: [`${TEST}/blocks`, 'is told at once, in one sentence: that asks on a terminal that nobody sits at'],
    mutation: [`${CLI}/render/block-sentences.ts`, ': "${inOneLine(prompt)}"`', ': "…"`'],
  },
  {
    source: 'Blocks: in the CLI',
    says: 'A password is told to be one.',
    test: [`${TEST}/blocks`, 'is told at once, in one sentence: that asks for a password'],
    mutation: [`${CLI}/render/block-sentences.ts`, 'return password === true;', 'return password === false;'],
  },
  {
    source: 'Blocks: in the CLI',
    says: 'A command that reads our stdin is told to be answered there.',
    test: [
      `${TEST}/blocks`,
      'is told at once, in one sentence: that reads our stdin, to which nobody writes',
    ],
    mutation: [`${CLI}/task-input.ts`, "process.stdin.isTTY ? 'typist' : 'stdin'", "'typist'"],
  },
  {
    source: 'Blocks: in the CLI',
    says: 'A deadlock is shown at once.',
    test: [`${TEST}/blocks`, 'is told at once, in one sentence: whose threads wait for each other'],
    mutation: [`${CLI}/task-news.ts`, 'if (!isKnown) this.#renderer', 'if (isKnown) this.#renderer'],
  },
  {
    source: 'Blocks: in the CLI',
    says: 'A stopped command is shown at once, with what lets it go on.',
    test: [`${TEST}/blocks`, 'is told at once, in one sentence: that is stopped'],
    mutation: [`${CLI}/render/block-sentences.ts`, "'only SIGCONT at", "'only SIGKILL at"],
  },
  {
    source: 'Blocks: in the CLI',
    says: 'The advice is true for the way the command was started.',
    test: [`${TEST}/render`, 'is one sentence with advice that is true where spent-stdin can answer'],
    mutation: [`${CLI}/render/block-sentences.ts`, "'our stdin has ended, so", "'our stdin is open, so"],
  },
  {
    source: 'Blocks: in the CLI',
    says: 'What is done about a block is said instead of advice.',
    test: [`${TEST}/render`, 'says what is done about it, instead of what to do'],
    mutation: [
      `${CLI}/render/block-sentences.ts`,
      "if (block.action === 'terminate') return",
      "if (block.action === 'report') return",
    ],
  },
  {
    source: 'Blocks: in the CLI',
    says: 'A sentence is one line, whatever a program calls itself.',
    test: [`${TEST}/render`, 'stays one line, whatever the program calls itself'],
    mutation: [
      `${CLI}/render/block-sentences.ts`,
      "text.replace(/[\\p{Cc}\\u202a-\\u202e\\u2066-\\u2069]+/gu, ' ')",
      'text',
    ],
  },
  {
    source: 'Blocks: in the CLI',
    says: 'A suspicion is shown on a terminal.',
    test: [`${TEST}/terminal`, 'what only looks blocked is told on a terminal'],
    mutation: [
      `${CLI}/render/text-renderer.ts`,
      "confidence === 'confirmed' || this.#sinks.stderr.isTerminal",
      "confidence === 'confirmed'",
    ],
  },
  {
    source: 'Blocks: in the CLI',
    says: 'A suspicion is not shown in a pipe.',
    test: [`${TEST}/render`, 'that is only suspected is told on a terminal, and not in a pipe'],
    mutation: [
      `${CLI}/render/text-renderer.ts`,
      "confidence === 'confirmed' || this.#sinks.stderr.isTerminal",
      'true',
    ],
  },
  {
    source: 'Blocks: in the CLI',
    says: 'A block that is over is withdrawn where it was shown.',
    test: [`${TEST}/blocks`, 'is told to go on when it does'],
    mutation: [
      `${CLI}/render/text-renderer.ts`,
      'if (this.#shown.delete(reason) &&',
      'if (!this.#shown.delete(reason) &&',
    ],
  },
  {
    source: 'Blocks: in the CLI',
    says: 'Who has typed the answer is not told that it was taken.',
    test: [
      `${TEST}/render`,
      'that was shown is withdrawn in a sentence, but not to who has just typed the answer',
    ],
    mutation: [
      `${CLI}/render/text-renderer.ts`,
      "reason === 'waiting_for_input' && isTyping(",
      "reason === 'stopped' && isTyping(",
    ],
  },
  {
    source: 'Blocks: in the CLI',
    says: 'A prompt on a terminal that is joined to the task’s is left alone.',
    test: [
      `${TEST}/render`,
      'at a prompt on our own screen begins a line, and is silent where that is joined to the task’s',
    ],
    mutation: [
      `${CLI}/render/text-renderer.ts`,
      "if (answerer === 'keys' &&",
      "if (answerer === 'spent-stdin' &&",
    ],
  },
  {
    source: 'Blocks: in the CLI',
    says: 'With --stdin on a terminal the user sees the prompt, is told below it, and answers.',
    test: [
      `${TEST}/terminal`,
      'with --stdin on a terminal the prompt is seen, the block is told below it, and the line that is typed answers it',
    ],
    mutation: [`${CLI}/render/text-renderer.ts`, "this.#isMidLine ? this.#lineEnd : ''", "''"],
  },
  {
    source: 'Blocks: in the CLI',
    says: 'Our own words begin a line also where both streams are one pipe.',
    test: [`${TEST}/blocks`, 'begins a line of its own where stdout and stderr are one pipe'],
    mutation: [`${CLI}/render/create-renderer.ts`, 'first.ino === second.ino', 'first.ino !== second.ino'],
  },
  {
    source: 'Blocks: in the CLI',
    says: '--on-block terminate: 122, and the sentence is the last word.',
    test: [
      `${TEST}/blocks`,
      'terminate ends a command, exits with 122, and the last word says why: at a prompt',
    ],
    mutation: [
      `${CLI}/commands/block-flags.ts`,
      'default: suspectedAfterMs === undefined ? action :',
      "default: suspectedAfterMs === undefined ? 'report' :",
    ],
  },
  {
    source: 'Blocks: in the CLI',
    says: 'The last word of a deadlock that was ended names it.',
    test: [
      `${TEST}/blocks`,
      'terminate ends a command, exits with 122, and the last word says why: in a deadlock',
    ],
    mutation: [`${CLI}/render/text-renderer.ts`, "if (code === 'BLOCKED' &&", "if (code === 'LOST' &&"],
  },
  {
    source: 'Blocks: in the CLI',
    says: 'The last word is there also for a block that was never shown.',
    test: [
      `${TEST}/blocks`,
      '--suspected-after acts on what only looks blocked, which a pipe is told of by the last word alone',
    ],
    mutation: [`${CLI}/commands/block-flags.ts`, '{ action, suspectedAfterMs }', 'action'],
  },
  {
    source: 'Blocks: in the CLI',
    says: '--on-block leaves its exit code to a command that has exited.',
    test: [
      `${TEST}/blocks`,
      'terminate leaves its exit code to a command that has exited, whatever it left behind',
    ],
    mutation: [`${CLI}/commands/block-flags.ts`, "    orphaned_output: 'report',\n", ''],
  },
  {
    source: 'Blocks: in the CLI',
    says: '--on-block end-input ends the input of a command that waits for it.',
    test: [`${TEST}/blocks`, 'end-input ends the input of a command that waits for it'],
    mutation: [
      `${CLI}/commands/block-flags.ts`,
      "choice === 'end-input' ? 'end_input' : choice",
      "choice === 'end-input' ? 'report' : choice",
    ],
  },
  {
    source: 'Blocks: in the CLI',
    says: 'Wrong words about blocks are told, all at once.',
    test: [
      `${TEST}/command-line`,
      'what is to be done about a block is the worker’s to do, but for what an exited command left',
    ],
    mutation: [
      `${CLI}/commands/block-flags.ts`,
      "(onBlock === undefined || onBlock === 'report')",
      "onBlock === 'report'",
    ],
  },
  {
    source: 'Blocks: in the CLI',
    says: '--json: one block event with the whole evidence, and one that withdraws it.',
    test: [`${TEST}/blocks`, 'as JSON is an event with its whole evidence, and one that withdraws it'],
    mutation: [
      `${CLI}/render/json-renderer.ts`,
      "{ event: 'block', ...block }",
      "{ event: 'block', reason: block.reason }",
    ],
  },
  {
    source: 'Blocks: in the CLI',
    says: 'A block is told once, also where the worker was away.',
    test: [
      `${TEST}/worker-away`,
      'a block that stands is told once, also where the worker was away meanwhile',
    ],
    mutation: [`${CLI}/task-news.ts`, "known.evidence['summary'] ===", "known.evidence['summary'] !=="],
  },
  {
    source: 'Blocks: in the CLI',
    says: 'A block that stood when the time was up is told beside it.',
    test: [
      `${TEST}/render`,
      'that stood when the time was up is told beside it, also where it was only suspected',
    ],
    mutation: [
      `${CLI}/render/text-renderer.ts`,
      "code === 'TIMED_OUT' && standing",
      "code === 'LOST' && standing",
    ],
  },
  {
    source: 'Blocks: in the CLI',
    says: 'Whoever attaches to a task is told of its block.',
    test: [`${TEST}/blocks`, 'a block of a task that was left running is told to whoever attaches to it'],
    mutation: [
      `${CLI}/render/block-sentences.ts`,
      "if (answerer === 'starter') return",
      "if (answerer === 'nobody') return",
    ],
  },
];
