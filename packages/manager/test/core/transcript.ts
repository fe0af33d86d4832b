/** Plays transcripts: what happens, `----`, what the machine then does. Effects that a story is not about are left out. */
import type { Effect } from '#src/core/effect.js';
import { ManagerMachine, type Policy } from './manager-machine.js';

/** Plays a transcript; returns it as it came out. Times are in the line `pass ms=...`; what ` + ` joins is one tick. */
export function play(transcript: string, policy: Policy = {}): string {
  const machine = new ManagerMachine(policy);
  return transcript
    .trim()
    .split(/\n\s*\n/)
    .map((story) => {
      const head = story
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== '');
      const cut = head.indexOf('----');
      const given = cut < 0 ? head : head.slice(0, cut);
      const effects = given.filter((line) => !line.startsWith('#')).flatMap((line) => machine.happen(line));
      const told = effects.map(show).filter((line) => line !== null);
      return [...given, '----', ...told].join('\n');
    })
    .join('\n\n');
}

/** The same text as `play` gives it, for comparison. */
export function tidy(transcript: string): string {
  return transcript
    .trim()
    .split('\n')
    .map((line) => line.trim())
    .join('\n')
    .replace(/\n{2,}/g, '\n\n');
}

function show(effect: Effect): string | null {
  switch (effect.type) {
    case 'dial':
    case 'drop_connection':
      return `${effect.type} worker=${effect.workerKey}`;
    case 'start_worker':
    case 'restart_worker':
      return `${effect.type} worker=${effect.workerKey} type=${effect.workerType}`;
    case 'send': {
      const { message } = effect;
      if (message.type === 'hello') {
        const resume = message.resume?.map(({ taskId, offset }) => `${taskId}@${offset}`).join(',');
        return `send worker=${effect.workerKey} hello${resume === undefined ? '' : ` resume=${resume}`}`;
      }
      const what = message.type === 'signal_task' ? `${message.type} ${message.signal}` : message.type;
      return `send worker=${effect.workerKey} ${what}${'taskId' in message ? ` task=${message.taskId}` : ''}`;
    }
    case 'settle_task': {
      const { fault } = effect.outcome;
      return `settle task=${effect.taskId} ${fault === null ? 'completed' : `${fault.code}${fault.detail === undefined ? '' : ` ${fault.detail}`}`}`;
    }
    case 'stop_worker':
      return `stop_worker worker=${effect.workerKey}`;
    case 'reply_input':
      return `reply task=${effect.taskId} ${JSON.stringify(effect.text)}`;
    case 'end_input':
      return `end_input task=${effect.taskId}`;
    case 'ask_handler':
      return `ask_handler task=${effect.taskId} climb=${effect.climbId}`;
    case 'tell_recovery': {
      const { taskId, reason, rung } = effect.recovery;
      return `rung task=${taskId} ${reason} ${rung}`;
    }
    case 'restart_task':
      return `restart task=${effect.taskId}`;
    case 'shut_down':
      return 'shut_down';
    default:
      return null;
  }
}
