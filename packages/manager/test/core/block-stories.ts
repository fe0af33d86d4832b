/** Where stories of blocked tasks begin: a task that runs, on a worker of others or of this manager. */
import { expect } from '@jest/globals';
import type { BlockInfo } from '#src/core/report.js';
import { play, tidy } from './transcript.js';

export function blockOf(reason: string, claim: string, evidence: object = {}): BlockInfo {
  return { reason, confidence: claim, evidence, taskId: 't1', workerId: 'w1' } as unknown as BlockInfo;
}

/** Two workers, and a task on the first of them. */
export function running(task: string, slots = 1): string {
  return `
    worker_named url=ws://a
    worker_named url=ws://b
    connection_opened worker=w1
    connection_opened worker=w2
    welcome worker=w1 slots=${slots} memory=1000
    welcome worker=w2 slots=${slots} memory=1000
    task_submitted task=t1 ${task}
    execution_started task=t1
    ----
    dial worker=w1
    dial worker=w2
    send worker=w1 hello
    send worker=w2 hello
    send worker=w1 execute_command task=t1
`;
}

/** One that this manager started, and a task on it. */
export function embedded(task: string): string {
  return `
    task_submitted task=t1 ${task}
    ----
    start_worker worker=w1 type=general

    worker_started
    connection_opened
    welcome slots=2
    execution_started task=t1
    ----
    dial worker=w1
    send worker=w1 hello
    send worker=w1 execute_command task=t1
`;
}

export function expectStory(transcript: string, policy = {}): void {
  expect(play(transcript, policy)).toBe(tidy(transcript));
}
