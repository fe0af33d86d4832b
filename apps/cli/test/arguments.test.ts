import { describe, expect, test } from '@jest/globals';
import {
  decodeCommand,
  decodeDuration,
  decodeVariables,
  decodeWholeNumber,
  Faults,
  present,
} from '#src/arguments.js';

describe('a duration', () => {
  test.each([
    ['500ms', 500],
    ['90s', 90_000],
    ['10m', 600_000],
    ['1.5h', 5_400_000],
    ['0', 0],
  ])('%s is %d milliseconds', (text, durationMs) => {
    expect(decodeDuration('--timeout', text)).toEqual({ ok: true, value: durationMs });
  });

  test.each(['10', '-1s', '10 m', '1d', '', '1e3s', 'm'])(
    '%j is refused, naming what is expected',
    (text) => {
      expect(decodeDuration('--timeout', text)).toEqual({
        ok: false,
        faults: [`--timeout: expected a duration such as 90s, 10m or 1h, got "${text}".`],
      });
    },
  );
});

describe('a whole number', () => {
  test.each([
    ['0', 0, 0],
    ['-5', Number.MIN_SAFE_INTEGER, -5],
    ['1048576', 0, 1_048_576],
  ])('%s is read', (text, min, value) => {
    expect(decodeWholeNumber('--offset', text, min)).toEqual({ ok: true, value });
  });

  test.each(['-1', '1.5', 'x', '', ' ', '9007199254740992', 'Infinity'])(
    '%j is refused from 0 on',
    (text) => {
      expect(decodeWholeNumber('--offset', text, 0)).toEqual({
        ok: false,
        faults: [`--offset: expected a whole number from 0 on, got "${text}".`],
      });
    },
  );
});

describe('variables', () => {
  test('a value may hold = and be empty; the later of two counts', () => {
    expect(decodeVariables(['A=1', 'B=x=y', 'C=', 'A=2'])).toEqual({
      ok: true,
      value: { A: '2', B: 'x=y', C: '' },
    });
  });

  test('every faulty one is named', () => {
    expect(decodeVariables(['A', 'B=1', '=x'])).toEqual({
      ok: false,
      faults: ['--env: expected NAME=VALUE, got "A".', '--env: expected NAME=VALUE, got "=x".'],
    });
  });
});

describe('a command', () => {
  test('one word is a line for the shell', () => {
    expect(decodeCommand(['npm ci && npm test'])).toEqual({ ok: true, value: 'npm ci && npm test' });
  });

  test('several words are a program and its arguments', () => {
    expect(decodeCommand(['git', 'log', ''])).toEqual({ ok: true, value: ['git', 'log', ''] });
  });

  test.each([[[]], [['']], [['  ']], [['', 'x']]])('%j is no command', (words) => {
    expect(decodeCommand(words)).toMatchObject({ ok: false });
  });
});

test('faults are gathered, and one is enough to refuse', () => {
  const faults = new Faults();
  expect(faults.take('1x', (text) => decodeDuration('--timeout', text))).toBeUndefined();
  expect(faults.take(undefined, (text) => decodeDuration('--grace', text))).toBeUndefined();
  expect(faults.take('2s', (text) => decodeDuration('--grace', text))).toBe(2_000);
  faults.add('another.');
  expect(faults.conclude(1)).toEqual({
    ok: false,
    faults: ['--timeout: expected a duration such as 90s, 10m or 1h, got "1x".', 'another.'],
  });
});

test('what was not given is left out', () => {
  expect(Object.keys(present({ a: 0, b: undefined, c: '' }))).toEqual(['a', 'c']);
});
