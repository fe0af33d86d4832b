/** Both codecs against the fixtures that every implementation is held against. */
import { describe, expect, test } from '@jest/globals';
import { decodeOutputFrame, encodeOutputFrame } from '#src/index.js';
import {
  decode,
  encode,
  fixtureFiles,
  invalidFrames,
  read,
  TYPES,
  validFrames,
  validMessages,
} from './fixtures.js';

describe('text frames', () => {
  test('each valid frame decodes to its message', () => {
    for (const { name, from, text, message } of validFrames()) {
      expect({ name, ...decode(from, text) }).toEqual({ name, ok: true, message });
    }
  });

  test('each valid message is encoded as it is', () => {
    for (const { name, from, message } of validFrames()) {
      expect({ name, message: JSON.parse(encode(from, message)) }).toEqual({ name, message });
    }
  });

  test('each invalid frame is refused with its code, path and taskId', () => {
    for (const { name, from, text, ...expected } of invalidFrames()) {
      const decoded = decode(from, text);
      if (decoded.ok) throw new Error(`${name}: was accepted: ${text}`);
      const { message, ...refusal } = decoded.refusal;
      expect({ name, ...refusal }).toEqual({ name, ...expected });
      expect(message).toMatch(/^expected .+, got .+/s);
    }
  });

  test('each message type has its fixtures, and no other file lies beside them', () => {
    const files = [...TYPES.map(([type]) => `${type}.json`), 'frames.json'].toSorted();
    expect(fixtureFiles('valid')).toEqual(files);
    expect(fixtureFiles('invalid')).toEqual(files);
  });

  test('no name of a valid fixture comes twice within its file', () => {
    for (const [type] of TYPES) {
      const names = validMessages(type).map(({ name }) => name);
      expect(names).toEqual([...new Set(names)]);
    }
  });
});

describe('binary frames', () => {
  interface BinaryCase {
    name: string;
    hex: string;
    frame: { taskId: string; stream: 'stdout' | 'stderr'; offset: number; data: string };
    taskId?: string;
  }

  test('each valid frame decodes to its chunk, and its chunk encodes to it', () => {
    for (const { name, hex, frame } of read<BinaryCase[]>('binary/valid.json')) {
      const chunk = { ...frame, data: new Uint8Array(Buffer.from(frame.data, 'hex')) };
      const decoded = decodeOutputFrame(new Uint8Array(Buffer.from(hex, 'hex')));
      expect({ name, ...decoded }).toEqual({ name, ok: true, message: chunk });
      expect(Buffer.from(encodeOutputFrame(chunk)).toString('hex')).toBe(hex);
    }
  });

  test('each invalid frame is refused, naming the task where it can', () => {
    for (const { name, hex, taskId } of read<BinaryCase[]>('binary/invalid.json')) {
      const decoded = decodeOutputFrame(Buffer.from(hex, 'hex'));
      if (decoded.ok) throw new Error(`${name}: was accepted`);
      const { message, ...refusal } = decoded.refusal;
      const expected = { name, code: 'invalid_message', ...(taskId === undefined ? {} : { taskId }) };
      expect({ name, ...refusal }).toEqual(expected);
      expect(message).toMatch(/^binary frame: expected .+, got .+/s);
    }
  });
});
