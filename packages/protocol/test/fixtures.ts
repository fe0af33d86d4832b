/** Reads the fixtures as any other implementation would: JSON files in `fixtures/v1`. */
import { readdirSync, readFileSync } from 'node:fs';
import {
  type Decoded,
  decodeManagerMessage,
  decodeWorkerMessage,
  encodeManagerMessage,
  encodeWorkerMessage,
  MANAGER_MESSAGES,
  type ManagerMessage,
  type Refusal,
  WORKER_MESSAGES,
  type WorkerMessage,
} from '#src/index.js';

export const PACKAGE_ROOT = new URL('../', import.meta.url);

type Sender = 'manager' | 'worker';
export type Message = ManagerMessage | WorkerMessage;

export interface ValidFrame {
  readonly name: string;
  readonly from: Sender;
  readonly text: string;
  /** What a receiver makes of it. */
  readonly message: Message;
}

export interface InvalidFrame extends Omit<Refusal, 'message'> {
  readonly name: string;
  readonly from: Sender;
  readonly text: string;
}

export const TYPES: readonly (readonly [type: string, from: Sender])[] = [
  ...Object.keys(MANAGER_MESSAGES).map((type) => [type, 'manager'] as const),
  ...Object.keys(WORKER_MESSAGES).map((type) => [type, 'worker'] as const),
];

/** The messages of a type that `fixtures/v1/valid` holds. */
export function validMessages(type: string): { name: string; message: Message }[] {
  return read(`valid/${type}.json`);
}

export function validFrames(): ValidFrame[] {
  const messages = TYPES.flatMap(([type, from]) =>
    validMessages(type).map(({ name, message }) => ({
      name: `${type}: ${name}`,
      from,
      text: JSON.stringify(message),
      message,
    })),
  );
  return [...messages, ...read<ValidFrame[]>('valid/frames.json')];
}

export function invalidFrames(): InvalidFrame[] {
  const broken = TYPES.flatMap(([type, from]) =>
    read<InvalidFrame[]>(`invalid/${type}.json`).map((frame) => ({
      ...frame,
      from,
      name: `${type}${frame.name}`,
    })),
  );
  return [...broken, ...read<InvalidFrame[]>('invalid/frames.json')];
}

export function fixtureFiles(folder: string): string[] {
  return readdirSync(new URL(`fixtures/v1/${folder}/`, PACKAGE_ROOT)).toSorted();
}

export function read<Content>(path: string): Content {
  return JSON.parse(readFileSync(new URL(`fixtures/v1/${path}`, PACKAGE_ROOT), 'utf8'));
}

export function decode(from: Sender, text: string): Decoded<Message> {
  return from === 'manager' ? decodeManagerMessage(text) : decodeWorkerMessage(text);
}

export function encode(from: Sender, message: Message): string {
  return from === 'manager'
    ? encodeManagerMessage(message as ManagerMessage)
    : encodeWorkerMessage(message as WorkerMessage);
}
