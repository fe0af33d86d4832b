/** Which requests are let in, and which session makes room. */
import { describe, expect, test } from '@jest/globals';
import { hostsOf, isLoopback, judgeRequest } from '#src/core/http-gate.js';
import { chooseEvicted, chooseExpired, SESSION_IDLE_MS } from '#src/core/session-choice.js';

describe('a request', () => {
  const policy = {
    hosts: hostsOf('127.0.0.1', 8_733, ['mcp.example']),
    origins: ['https://page.example'],
    path: '/mcp',
  };
  const good = { path: '/mcp', host: '127.0.0.1:8733', origin: null, hasToken: true };

  test.each([
    ['from a client', {}, null],
    ['by another name of ours', { host: 'LocalHost:8733' }, null],
    ['by IPv6', { host: '[::1]:8733' }, null],
    ["by a proxy's name", { host: 'mcp.example' }, null],
    ['of a page that is allowed', { origin: 'https://page.example' }, null],
    ['by a name that was led here', { host: 'evil.example:8733' }, 403],
    ['by a name that begins as ours', { host: 'localhost:8733.evil.example' }, 403],
    ['of another port', { host: '127.0.0.1:80' }, 403],
    ['without a Host', { host: null }, 403],
    ['of a page', { origin: 'https://evil.example' }, 403],
    ['of a page without a name', { origin: 'null' }, 403],
    ['to another path', { path: '/' }, 404],
    ['without the token', { hasToken: false }, 401],
  ])('%s', (_what, request, status) => {
    expect(judgeRequest({ ...good, ...request }, policy)?.status ?? null).toBe(status);
  });

  test('may name us as each loopback address does, without the port where that is the default one', () => {
    expect(hostsOf('fd00::1', 8_733, [])).toEqual([
      '[fd00::1]:8733',
      'localhost:8733',
      '127.0.0.1:8733',
      '[::1]:8733',
    ]);
    const names = ['10.0.0.1', 'localhost', '127.0.0.1', '[::1]'];
    expect(hostsOf('10.0.0.1', 80, ['MCP.example'])).toEqual([
      ...names.map((name) => `${name}:80`),
      ...names,
      'mcp.example',
    ]);
  });

  test.each([
    ['127.0.0.1', true],
    ['127.8.9.10', true],
    ['::1', true],
    ['localhost', true],
    ['0.0.0.0', false],
    ['127.0.0.1.example.org', false],
    ['10.0.0.1', false],
    ['::', false],
  ])('%s is a loopback address: %s', (host, expected) => {
    expect(isLoopback(host)).toBe(expected);
  });
});

describe('sessions', () => {
  const nowMs = 10_000_000;
  const session = (sessionId: string, idleMs: number, openRequests = 0) => ({
    sessionId,
    lastUsedMs: nowMs - idleMs,
    openRequests,
  });

  test('that nobody has used for half an hour are over, unless a request is being answered', () => {
    const sessions = [
      session('used', SESSION_IDLE_MS - 1),
      session('idle', SESSION_IDLE_MS),
      session('listening', 2 * SESSION_IDLE_MS, 1),
    ];
    expect(chooseExpired(sessions, nowMs)).toEqual(['idle']);
  });

  test('make room for a new one, the longest unused first', () => {
    expect(chooseEvicted([session('a', 70_000), session('b', 90_000), session('c', 1_000)], nowMs)).toBe('b');
  });

  test('make no room while all are in use', () => {
    expect(chooseEvicted([session('a', 90_000, 1), session('b', 59_999)], nowMs)).toBeNull();
    expect(chooseEvicted([session('a', 90_000, 1), session('b', 60_000)], nowMs)).toBe('b');
  });
});
