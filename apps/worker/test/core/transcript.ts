/**
 * Plays a story of the wire on the worker's decisions. A block is what happens, `----`, and all that the worker then
 * does; timers and logs are left out, since `wait` and the io tests show them. A socket takes output at once, unless
 * the story stalls it, and as long as it does, who is there shows at once that it has heard of a drain.
 *
 *     open s1 [token=NAME] | close s1 | stall s1 | flow s1 | malformed s1 N | revoke s1 | s1 MESSAGE key=value …
 *     m1/t1 started | rejected DETAIL | failed [DETAIL] | writes TEXT|N [stderr] | exits CODE|SIGNAL | closes | swept [N]
 *     m1/t1 sampled SCENE (scenes.ts) [closer] [still MS] | stacks REASON [TEXT]
 *     m1/t1 took N | shuts_stdin | examined | ends CODE (exits, closes, swept) | reads (the spool) | read_fails | append_fails OFFSET
 *     wait MS | drain MS | heartbeat | removed s1 WORKSPACE | kept s1 WORKSPACE
 */
import type { BlockReason, ManagerMessage } from '@sandcrew/protocol';
import type { WorkerEffect } from '#src/core/effect.js';
import type { WorkerEvent } from '#src/core/event.js';
import { Machine, type PolicyNumbers, policyWith } from './machine.js';
import { sampleOf } from './scenes.js';

export interface Story {
  readonly title: string;
  readonly policy: PolicyNumbers;
  readonly blocks: readonly { readonly happens: readonly string[]; readonly expected: readonly string[] }[];
}

export function readStories(text: string): Story[] {
  return text
    .split(/^(?=# )/m)
    .filter((part) => part.startsWith('# '))
    .map((part) => {
      const [title = '', second = '', ...others] = part.trim().split('\n');
      const isPolicy = second.startsWith('policy ');
      const blocks = (isPolicy ? others : [second, ...others]).join('\n').split('\n\n');
      return {
        title: title.slice(2),
        policy: isPolicy ? readFields(second.split(' ').slice(1)) : {},
        blocks: blocks.map((block) => {
          const [happens = '', expected = ''] = block.split(/^----$/m);
          return { happens: linesOf(happens), expected: linesOf(expected) };
        }),
      };
    });
}

/** What the worker did in each block. */
export function play(story: Story): string[][] {
  const stage = new Stage(story.policy);
  return story.blocks.map(({ happens }) => foldRepeats(happens.flatMap((line) => stage.perform(line))));
}

/** Ten equal lines or more in a row are one, with their number. */
function foldRepeats(lines: readonly string[]): string[] {
  const runs: { line: string; count: number }[] = [];
  for (const line of lines) {
    const last = runs.at(-1);
    if (last?.line === line) last.count++;
    else runs.push({ line, count: 1 });
  }
  return runs.flatMap(({ line, count }) =>
    count < 10 ? new Array<string>(count).fill(line) : [`${count} times: ${line}`],
  );
}

class Stage {
  readonly #machine: Machine;
  readonly #stalled = new Map<string, number>();
  readonly #written = new Map<string, number>();
  readonly #appends: Extract<WorkerEffect, { type: 'append_spool' }>[] = [];

  constructor(policy: PolicyNumbers) {
    this.#machine = new Machine(policyWith(policy));
  }

  perform(line: string): string[] {
    const [who = '', what = '', ...rest] = wordsOf(line);
    if (who === 'wait') return this.#show(this.#machine.wait(Number(what)));
    if (who === 'stall') return this.#stall(what);
    if (who === 'flow') return this.#flow(what);
    return this.#eventsOf(who, what, rest).flatMap((event) => this.#show(this.#machine.step(event)));
  }

  #eventsOf(who: string, what: string, rest: string[]): WorkerEvent[] {
    if (who.includes('/')) return this.#taskEvents(keyOf(who), what, rest);
    const [first = ''] = rest;
    switch (who) {
      case 'open':
        return [
          { type: 'connection_opened', sessionId: what, tokenName: first.replace('token=', '') || 'default' },
        ];
      case 'close':
        return [{ type: 'connection_closed', sessionId: what }];
      case 'revoke':
        return [{ type: 'token_revoked', sessionId: what }];
      case 'malformed':
        return Array.from({ length: Number(first) }, () => ({
          type: 'frame_refused',
          sessionId: what,
          refusal: { code: 'invalid_json', message: 'expected JSON' },
        }));
      case 'drain':
        return [{ type: 'drain_requested', timeoutMs: Number(what) }];
      case 'heartbeat':
        return [{ type: 'health_measured', health: HEALTH }];
      case 'removed':
        return [{ type: 'workspace_removed', sessionId: what, tokenName: 'default', workspace: first }];
      case 'kept':
        return [
          {
            type: 'workspace_kept',
            sessionId: what,
            tokenName: 'default',
            workspace: first,
            message: 'EBUSY',
          },
        ];
      default:
        return [this.#message(who, what, rest)];
    }
  }

  #message(sessionId: string, type: string, rest: string[]): WorkerEvent {
    const message = { type, ...readFields(rest), timestamp: 0 } as ManagerMessage;
    if (message.type !== 'send_input') return { type: 'message_received', sessionId, message };
    return { type: 'message_received', sessionId, message, input: new TextEncoder().encode(message.input) };
  }

  #taskEvents(taskKey: string, what: string, words: string[]): WorkerEvent[] {
    const [first = '', second] = words;
    const exited = (): WorkerEvent => {
      const signal = first.startsWith('SIG') ? first : null;
      const exitCode = signal === null ? Number(first) : null;
      return { type: 'process_exited', taskKey, exitCode, signal, memoryKills: Number(second ?? 0) };
    };
    const closed: WorkerEvent = { type: 'output_closed', taskKey };
    const swept = (leftover: number): WorkerEvent => ({ type: 'tree_ended', taskKey, leftover, usage: {} });
    switch (what) {
      case 'started':
        return [{ type: 'process_started', taskKey, pid: 7 }];
      case 'rejected':
        return [{ type: 'start_rejected', taskKey, detail: first as 'busy', message: 'no' }];
      case 'failed':
        return [
          {
            type: 'start_failed',
            taskKey,
            ...(first === '' ? {} : { detail: first as 'command_not_found' }),
            message: 'no',
          },
        ];
      case 'writes':
        return [
          {
            type: 'output_read',
            taskKey,
            stream: second === 'stderr' ? 'stderr' : 'stdout',
            data: this.#output(taskKey, first),
          },
        ];
      case 'exits':
        return [exited()];
      case 'closes':
        return [closed];
      case 'swept':
        return [swept(Number(first))];
      case 'ends':
        return [exited(), closed, swept(0)];
      case 'took':
        return [{ type: 'input_taken', taskKey, bytes: Number(first) }];
      case 'shuts_stdin':
        return [{ type: 'input_closed', taskKey }];
      case 'examined':
        return [
          {
            type: 'holders_listed',
            taskKey,
            holders: { processes: [{ pid: 9, name: 'sleep' }], resourceUsage: {} },
          },
        ];
      case 'sampled': {
        const stillMs = words.includes('still') ? Number(words.at(-1)) : 10_000;
        const evidence = sampleOf(first, words.includes('closer'), stillMs);
        return [{ type: 'task_sampled', taskKey, evidence }];
      }
      case 'stacks': {
        const stacks = second === undefined ? [] : [{ pid: 11, tool: 'jstack', text: second }];
        return [{ type: 'stacks_collected', taskKey, reason: first as BlockReason, stacks, usage: {} }];
      }
      case 'append_fails':
        return this.#appends
          .filter(({ offset }) => offset === Number(first))
          .map(({ offset, data }) => ({ type: 'spool_failed', taskKey, offset, bytes: data.length }));
      case 'read_fails':
        return this.#machine.reads
          .splice(0, 1)
          .map(({ offset, bytes }) => ({ type: 'spool_failed', taskKey, offset, bytes }));
      case 'reads':
        return this.#machine.reads.splice(0, 1).map((read) => {
          const data = this.#machine.stored(read);
          return data === null
            ? { type: 'spool_failed', taskKey, offset: read.offset, bytes: read.bytes }
            : { type: 'spool_read', taskKey, offset: read.offset, data };
        });
      default:
        throw new Error(`a story says "${what}", which means nothing`);
    }
  }

  /** A text, or so many letters that go on where the last ones stopped: abcde… */
  #output(taskKey: string, text: string): Uint8Array {
    if (text.startsWith('<'))
      return Uint8Array.from(text.slice(1, -1).split(' '), (byte) => Number.parseInt(byte, 16));
    if (!/^\d+$/.test(text)) return new TextEncoder().encode(text);
    const start = this.#written.get(taskKey) ?? 0;
    this.#written.set(taskKey, start + Number(text));
    return Uint8Array.from({ length: Number(text) }, (_, index) => 97 + ((start + index) % 26));
  }

  #stall(sessionId: string): string[] {
    this.#stalled.set(sessionId, 0);
    return [];
  }

  #flow(sessionId: string): string[] {
    const bytes = this.#stalled.get(sessionId) ?? 0;
    this.#stalled.delete(sessionId);
    const flushed = this.#show(this.#machine.step({ type: 'output_flushed', sessionId, bytes }));
    return [...flushed, ...this.#show(this.#machine.step({ type: 'drain_heard', sessionId }))];
  }

  #show(effects: readonly WorkerEffect[]): string[] {
    const lines = effects.map(lineOf).filter((line) => line !== null);
    const taken: WorkerEffect[] = [];
    for (const effect of effects) {
      if (effect.type === 'append_spool') this.#appends.push(effect);
      if (effect.type === 'ask_drain_heard' && !this.#stalled.has(effect.sessionId))
        taken.push(...this.#machine.step({ type: 'drain_heard', sessionId: effect.sessionId }));
      if (effect.type !== 'send_output') continue;
      const { sessionId, cost } = effect;
      const waiting = this.#stalled.get(sessionId);
      if (waiting !== undefined) this.#stalled.set(sessionId, waiting + cost);
      else taken.push(...this.#machine.step({ type: 'output_flushed', sessionId, bytes: cost }));
    }
    return taken.length === 0 ? lines : [...lines, ...this.#show(taken)];
  }
}

const HEALTH = {
  cpu: 1,
  memory: 2,
  disk: 3,
  loadAverage: [0, 0, 0],
  eventLoopDelayMs: 1,
  uptimeMs: 1,
} as const;

/** Fields that say nothing in a story: texts for people, the numbers of the host, what never differs. */
const UNTOLD = new Set([
  'type',
  'message',
  'health',
  'bootId',
  'protocol',
  'workerType',
  'labels',
  'resources',
  'maxTasks',
  'limits',
  'evidence',
  'resourceUsage',
  'usage',
  'containment',
]);

function lineOf(effect: WorkerEffect): string | null {
  const task = 'taskKey' in effect ? nameOf(effect.taskKey) : '';
  switch (effect.type) {
    case 'set_timer':
    case 'clear_timer':
    case 'write_log':
    case 'ask_drain_heard':
      return null;
    case 'send':
      return `${effect.sessionId} <- ${effect.message.type}${fieldsOf(effect.message)}`;
    case 'send_output': {
      const { taskId, stream, offset, data } = effect.frame;
      return `${effect.sessionId} <- ${stream} ${taskId} ${offset}+${data.length} ${textOf(data)}`;
    }
    case 'begin_text':
      return `${effect.sessionId} decodes ${effect.taskId} anew`;
    case 'prime_text':
      return `${effect.sessionId} decodes ${effect.taskId} ${effect.stream} after ${textOf(effect.data)}`;
    case 'finish_text':
      return `${effect.sessionId} decodes ${effect.taskId} to the end, ${effect.offset}`;
    case 'close_connection':
      return `${effect.sessionId} closed ${effect.code}`;
    case 'start_process':
      return `start ${task}`;
    case 'write_input':
      return `write ${task} ${textOf(effect.data)}`;
    case 'resize_terminal':
      return `resize ${task} ${effect.cols}x${effect.rows}`;
    case 'signal_process':
      return `signal ${task} ${effect.signal}${effect.foreground ? ' foreground' : ''}`;
    case 'hold_output':
      return effect.isHeld ? `hold ${task}` : `read on ${task}`;
    case 'append_spool':
      return `spool ${task} ${effect.offset}+${effect.data.length} file ${effect.segment} at ${effect.position}`;
    case 'read_spool':
      return `read ${task} ${effect.offset}+${effect.bytes} file ${effect.segment} at ${effect.position}`;
    case 'delete_spool':
      return `delete ${task} file ${effect.segment}`;
    case 'collect_stacks':
      return `collect stacks ${task} ${effect.reason} of ${effect.pids.join(' ')}`;
    case 'remove_workspace':
      return `remove ${effect.tokenName}/${effect.workspace}`;
    case 'stop_worker':
      return 'stop';
    default:
      return `${effect.type} ${task}`;
  }
}

function fieldsOf(message: object): string {
  const { evidence } = message as { evidence?: { stacks?: readonly { readonly text: string }[] } };
  const stacks = evidence?.stacks === undefined ? {} : { stacks: evidence.stacks.map(({ text }) => text) };
  const told = Object.entries({ ...message, ...stacks }).filter(([name]) => !UNTOLD.has(name));
  return told
    .map(
      ([name, value]) =>
        ` ${name}=${typeof value === 'string' && /^[\w:.-]+$/.test(value) ? value : JSON.stringify(value)}`,
    )
    .join('');
}

function readFields(words: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    words.map((word) => {
      const equals = word.indexOf('=');
      const text = word.slice(equals + 1);
      try {
        return [word.slice(0, equals), JSON.parse(text)];
      } catch {
        return [word.slice(0, equals), text];
      }
    }),
  );
}

/** Words are parted by blanks, but for those inside quotes, braces and angles. */
function wordsOf(line: string): string[] {
  const words = line.match(/(?:"(?:[^"\\]|\\.)*"|\{[^}]*\}|\[[^\]]*\]|<[^>]*>|[^\s"])+/g) ?? [];
  return words.map((word) => (word.startsWith('"') ? JSON.parse(word) : word));
}

function keyOf(name: string): string {
  const [owner = '', taskId = ''] = name.split('/');
  return `${owner.startsWith('s') ? 'connection' : 'manager'}:${owner} ${taskId}`;
}

function nameOf(taskKey: string): string {
  return taskKey.replace(/^[a-z]+:/, '').replace(' ', '/');
}

function textOf(data: Uint8Array): string {
  const isPlain = data.every((byte) => (byte >= 32 && byte < 127) || byte === 10);
  return isPlain
    ? JSON.stringify(String.fromCharCode(...data))
    : `<${[...data].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')}>`;
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}
