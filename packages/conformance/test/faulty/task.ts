/** One task of the reference worker: its process, its output log and who reads it, its input, its one end. */
import type { ExecuteCommand, SendInput } from '@sandcrew/protocol';
import { type CommandProcess, startCommand } from './command-process.js';
import { OutputLog } from './output-log.js';

export const WINDOW_BYTES = 1_048_576;
const MAX_PENDING_INPUT_BYTES = 1_048_576;
const ORPHANED_OUTPUT_AFTER_MS = 1_500;

type Message = Readonly<Record<string, unknown>>;
type Is = (fault: string) => boolean;

/** The connection that a task's output goes to. */
export interface TaskReader {
  readonly hasWindow: boolean;
  send(message: Message): void;
  sendChunk(taskId: string, stream: 'stdout' | 'stderr', offset: number, data: Buffer, text: string): void;
  refuse(code: string, taskId: string): void;
}

export class Task {
  static readonly RETAIN_BYTES = 3_000_000;
  readonly id: string;
  readonly owner: string;
  readonly cwd: string;
  /** What tells its command from another. */
  readonly body: string;
  reader: TaskReader | null = null;
  ackedOffset = 0;
  readonly #is: Is;
  readonly #command: ExecuteCommand;
  readonly #log: OutputLog;
  readonly #timers = new Map<string, NodeJS.Timeout>();
  #process: CommandProcess | null = null;
  #startedAtMs = 0;
  #exitedAtMs = 0;
  #exit: { exitCode: number | null; signal: string | null } | null = null;
  #cause: string | null = null;
  #terminal: Message | null = null;
  #isTerminalTold = false;
  #isForgotten = false;
  #cursor = 0;
  #gapBytes = 0;
  readonly #hasInput: boolean;
  #inputBytes = 0;
  #takenBytes = 0;
  #isClosing = false;
  #isSweeping = false;
  #isClosed = false;

  constructor(is: Is, owner: string, command: ExecuteCommand, body: string, cwd: string) {
    this.#is = is;
    this.owner = owner;
    this.#command = command;
    this.id = command.taskId;
    this.body = body;
    this.cwd = cwd;
    this.#hasInput = command.stdin === 'pipe' || command.pty !== undefined;
    this.#log = new OutputLog(Task.RETAIN_BYTES, {
      decodesAlone: is('output.code-points') || is('resume.code-point'),
      decodesAsOne: is('output.streams-decoded'),
      isLatin1: is('output.invalid-bytes'),
      mergesPieces: is('output.chunk-size'),
    });
  }

  get isEnded(): boolean {
    return this.#terminal !== null;
  }

  get endOffset(): number {
    return this.#log.end;
  }

  get state(): string {
    if (this.#terminal !== null) return this.#terminal['type'] === 'task_complete' ? 'complete' : 'error';
    return this.#cause === null ? 'running' : 'terminating';
  }

  /** What a repeated command is answered with. */
  answer(): Message {
    return this.#terminal ?? this.#startedMessage();
  }

  start(): void {
    const { timeoutMs = 300_000 } = this.#command;
    this.#process = startCommand(this.#command, this.cwd, this.#is, {
      onStart: () => {
        this.#startedAtMs = performance.now();
        if (this.#isForgotten) return;
        this.reader?.send(this.#startedMessage());
        if (timeoutMs > 0) this.#after('timeout', timeoutMs, () => this.end('timed_out', 5_000));
        if (this.#cause !== null) this.#kill(5_000);
      },
      onFailure: (detail) => this.#finish(this.#failure(detail)),
      onOutput: (stream, data) => {
        if (this.#is('ends.late-output') && this.#exit !== null) return;
        this.#log.append(this.#is('output.streams') ? 'stdout' : stream, data);
        this.#pump();
        this.#holdIfStopped();
      },
      onExit: (exit) => this.#exited(exit),
      onClosed: () => {
        this.#isClosed = true;
        void this.#sweep();
      },
    });
  }

  stopTimeout(): void {
    clearTimeout(this.#timers.get('timeout'));
  }

  /** Begins to end it; the first cause is the one that is told. */
  end(cause: string, graceMs: number): void {
    if (this.isEnded) return;
    if (this.#startedAtMs === 0 && this.#is('ends.terminate-early')) return;
    if (this.#is('ends.timeout') && cause === 'timed_out') this.#cause ??= 'terminated';
    if (this.#is('ends.first-cause')) this.#cause = cause;
    this.#cause ??= cause;
    this.#kill(graceMs);
  }

  #kill(graceMs: number): void {
    if (this.#startedAtMs === 0 || this.#exit !== null) return;
    const isHasty = this.#is('ends.terminate') || this.#is('ends.grace');
    this.#process?.signalGroup(isHasty || graceMs === 0 ? 'SIGKILL' : 'SIGTERM');
    this.#after('grace', graceMs, () => this.#process?.signalGroup('SIGKILL'));
  }

  signal(name: NodeJS.Signals): void {
    if (this.#is('ends.signal')) this.#cause = 'terminated';
    if (this.#is('ends.signal-group')) this.#process?.signalLeader(name);
    else this.#process?.signalForeground(name);
  }

  resize(cols: number, rows: number): void {
    this.#process?.resize(cols, rows);
  }

  /** Ends it without a word. */
  forget(): void {
    this.#isForgotten = !this.#is('resume.forget-running');
    if (!this.isEnded) this.end('terminated', 0);
  }

  /** Ends what runs at once; settles when nothing of it lives. */
  async abandon(): Promise<void> {
    this.#isForgotten = true;
    this.#isSweeping = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#terminal ??= {};
    await this.#process?.clearAway();
  }

  feed({ input, encoding, offset, end = false }: SendInput, session: TaskReader): void {
    const is = this.#is;
    if (this.isEnded) return is('input.task-ended') ? undefined : session.refuse('task_ended', this.id);
    if (!this.#hasInput) return is('input.none') ? undefined : session.refuse('stdin_closed', this.id);
    if (this.#isClosing) return is('input.after-end') ? undefined : session.refuse('stdin_closed', this.id);
    let bytes = Buffer.from(input, encoding === 'base64' && !is('input.base64') ? 'base64' : 'utf8');
    if (offset !== undefined && offset > this.#inputBytes && !is('input.beyond'))
      return session.refuse('invalid_offset', this.id);
    if (offset !== undefined && !is('input.twice'))
      bytes = bytes.subarray(Math.max(0, this.#inputBytes - offset));
    if (this.#inputBytes - this.#takenBytes + bytes.length > MAX_PENDING_INPUT_BYTES && !is('input.full'))
      return session.refuse('input_full', this.id);
    this.#inputBytes += bytes.length;
    const counted = is('input.ack') ? [...input].length : bytes.length;
    const tell = () => {
      this.#takenBytes += counted;
      this.reader?.send({ type: 'input_ack', taskId: this.id, offset: this.#takenBytes });
    };
    if (bytes.length > 0) this.#process?.write(bytes, tell);
    else if (!end && !is('input.present')) tell();
    if (!end || is('input.end') || (is('terminals.end') && this.#command.pty !== undefined)) return;
    this.#isClosing = true;
    this.#process?.endInput();
  }

  noteAck(offset: number): void {
    this.ackedOffset = this.#is('output.ack-back') ? offset : Math.max(this.ackedOffset, offset);
  }

  ack(offset: number, session: TaskReader): void {
    if (offset > this.#cursor && !this.#is('output.ack-beyond'))
      return session.refuse('invalid_offset', this.id);
    this.noteAck(offset);
    this.#pump();
    this.#holdIfStopped();
  }

  /** Replays from `offset` on to this reader. */
  deliverTo(session: TaskReader, offset: number): void {
    this.reader = session;
    const isBelow = this.#is('resume.below') && offset < this.ackedOffset;
    this.#cursor = isBelow ? this.ackedOffset : offset;
    this.#gapBytes = 0;
    this.#isTerminalTold &&= this.#is('resume.end-again');
    this.#pump();
  }

  get #creditEnd(): number {
    const is = this.#is;
    if (is('output.window') || this.reader?.hasWindow !== true) return Number.POSITIVE_INFINITY;
    const windows = is('output.ack-credit') && this.ackedOffset > 0 ? 2 : 1;
    const isStarved = is('output.neighbours') && this.id === 'quick';
    return isStarved ? 0 : this.ackedOffset + this.#gapBytes + windows * WINDOW_BYTES;
  }

  #holdIfStopped(): void {
    if (!this.#is('output.never-stopped')) return;
    this.#process?.holdOutput(this.#log.end >= this.#creditEnd);
  }

  /** Sends what may be sent; the end behind the last byte. */
  #pump(): void {
    const { reader } = this;
    if (reader === null || this.#isForgotten) return;
    const is = this.#is;
    if (is('output.chunk-size') && this.#terminal === null) return;
    const missing = this.#log.start - this.#cursor;
    if (missing > 0) {
      const bytes = is('output.gap') ? missing - 1 : missing;
      reader.send({ type: 'output_gap', taskId: this.id, offset: this.#cursor, bytes });
      this.#gapBytes += missing;
      this.#cursor = this.#log.start;
    }
    const maxBytes = is('output.chunk-size') ? 1_000_000 : 65_536;
    for (;;) {
      const chunk = this.#log.read(this.#cursor, Math.min(maxBytes, this.#creditEnd - this.#cursor));
      if (chunk === null) break;
      const { stream, data, text } = chunk;
      reader.sendChunk(this.id, stream, is('output.offsets') ? chunk.streamOffset : this.#cursor, data, text);
      this.#cursor += data.length;
    }
    if (this.#terminal === null || this.#isTerminalTold || this.#cursor < this.#log.end) return;
    if (!is('output.cut-end')) this.#tellCutEnds(reader);
    this.#isTerminalTold = true;
    reader.send(this.#terminal);
    if (is('commands.one-end')) reader.send(this.#terminal);
  }

  #tellCutEnds(reader: TaskReader): void {
    for (const stream of this.#log.cutStreams())
      reader.sendChunk(this.id, stream, this.#log.end, Buffer.alloc(0), '\uFFFD');
  }

  #exited(exit: { exitCode: number | null; signal: string | null }): void {
    this.#exit = exit;
    this.#exitedAtMs = performance.now();
    this.stopTimeout();
    clearTimeout(this.#timers.get('grace'));
    if (this.#isClosed) return void this.#sweep(); // the end of the output may be told before the exit
    const lingerMs = this.#command.lingerMs ?? (this.#is('ends.linger-default') ? 500 : 2_000);
    this.#after('linger', this.#cause === null ? lingerMs : 0, () => void this.#sweep());
    if (!this.#is('ends.orphaned-output'))
      this.#after('orphaned', ORPHANED_OUTPUT_AFTER_MS, () => this.#tellOrphanedOutput());
    if (this.#is('ends.late-output')) void this.#sweep();
  }

  #tellOrphanedOutput(): void {
    if (this.isEnded) return;
    const entry =
      this.#command.blockPolicy?.orphaned_output ?? this.#command.blockPolicy?.default ?? 'report';
    const wanted = typeof entry === 'string' ? entry : entry.action;
    const action = wanted === 'terminate' && !this.#is('ends.block-policy') ? 'terminate' : 'report';
    this.reader?.send({
      type: 'block_detected',
      taskId: this.id,
      reason: 'orphaned_output',
      confidence: 'confirmed',
      duration: ORPHANED_OUTPUT_AFTER_MS,
      resourceUsage: {},
      recoverable: true,
      evidence: {},
      action,
    });
    if (action !== 'terminate') return;
    this.#cause ??= 'blocked';
    void this.#sweep();
  }

  /** Ends what the command left, and then tells its end. */
  async #sweep(): Promise<void> {
    if (this.#exit === null || this.#isSweeping) return;
    this.#isSweeping = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    const leftover = (await this.#process?.endTree()) ?? 0;
    if (this.isEnded) return;
    const isUncounted = this.#is('ends.daemon') || this.#is('ends.linger');
    this.#finish(this.#endMessage(isUncounted ? 0 : leftover));
  }

  #finish(terminal: Message): void {
    this.#terminal = terminal;
    if (!this.#isForgotten) this.#pump();
  }

  #endMessage(leftover: number): Message {
    const is = this.#is;
    let exit = this.#exit ?? { exitCode: 0, signal: null };
    if (exit.exitCode !== null && is(`commands.exit-${exit.exitCode}`))
      exit = { exitCode: exit.exitCode ^ 1, signal: null };
    if (exit.signal === 'SIGKILL' && is('ends.self-signal')) exit = { exitCode: 137, signal: null };
    const isClean = is('ends.clean-exit') && exit.exitCode !== null;
    const cause = isClean ? null : this.#cause;
    const known = {
      taskId: this.id,
      ...exit,
      durationMs: is('commands.duration') ? 0 : Math.round(this.#exitedAtMs - this.#startedAtMs),
      outputBytes: is('commands.output-bytes') ? this.#log.bytesOf('stdout') : this.#log.end,
      leftover,
    };
    if (cause === null) return { type: 'task_complete', ...known, usage: {} };
    const reason = cause === 'blocked' ? { reason: 'orphaned_output' } : {};
    return { type: 'task_error', code: cause, message: cause, ...known, ...reason };
  }

  #failure(detail: string): Message {
    const { id } = this;
    if (this.#is('commands.not-found'))
      return {
        type: 'task_complete',
        taskId: id,
        exitCode: 127,
        signal: null,
        durationMs: 0,
        outputBytes: 0,
        usage: {},
        leftover: 0,
      };
    const told = this.#is('commands.not-executable') ? 'command_not_found' : detail;
    return { type: 'task_error', taskId: id, code: 'spawn_failed', detail: told, message: detail };
  }

  #startedMessage(): Message {
    const containment = this.#is('commands.started') ? 'bubblewrap' : 'process-group';
    return { type: 'execution_started', taskId: this.id, pid: this.#process?.pid ?? 1, containment };
  }

  #after(name: string, delayMs: number, call: () => void): void {
    clearTimeout(this.#timers.get(name));
    this.#timers.set(name, setTimeout(call, delayMs));
  }
}
