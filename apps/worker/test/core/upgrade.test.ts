import { describe, expect, test } from '@jest/globals';
import { judgeUpgrade, type UpgradeRequest } from '#src/core/upgrade.js';

const GOOD: UpgradeRequest = {
  url: '/',
  origin: undefined,
  authorizations: ['Bearer good'],
  subprotocols: undefined,
};
const POLICY = { allowedOrigins: ['https://ok.example'], maxConnections: 2 };
const nameToken = (token: string) => (token.toString() === 'good' ? 'ci' : null);

function statusOf(change: Partial<UpgradeRequest>, recentFailures = 0, openConnections = 0): number {
  return judgeUpgrade({ ...GOOD, ...change }, POLICY, nameToken, recentFailures, openConnections).status;
}

test('a good request becomes a connection under the name of its token', () => {
  expect(judgeUpgrade(GOOD, POLICY, nameToken, 0, 0)).toEqual({ status: 101, tokenName: 'ci' });
});

describe('a token', () => {
  test.each([
    ['missing', []],
    ['wrong', ['Bearer bad']],
    ['empty', ['Bearer ']],
    ['of another scheme', ['Basic good']],
    ['without a scheme', ['good']],
    ['sent twice', ['Bearer good', 'Bearer good']],
    ['sent twice in one header', ['Bearer good, Bearer good']],
  ])('%s gets 401', (_, authorizations) => {
    expect(statusOf({ authorizations })).toBe(401);
  });

  test.each(['/?token=good', '/?access_token=x', '/?a=1&auth=x', '/?t=good'])(
    'in %s gets 401, also beside a good header',
    (url) => {
      expect(statusOf({ url })).toBe(401);
    },
  );

  test.each(['/?', '/?agent=7', '/?a=1&b='])('is not seen in %s, which holds none', (url) => {
    expect(statusOf({ url })).toBe(101);
  });

  test('is matched by scheme without regard to case', () => {
    expect(statusOf({ authorizations: ['bearer good'] })).toBe(101);
  });

  test('that fails after 20 failures gets 429; a good one always passes', () => {
    expect(statusOf({ authorizations: [] }, 19)).toBe(401);
    expect(statusOf({ authorizations: [] }, 20)).toBe(429);
    expect(statusOf({}, 20)).toBe(101);
  });
});

test.each([
  ['none', undefined, 101],
  ['the supported one', 'sandcrew.v1', 101],
  ['it among others', 'x, sandcrew.v1', 101],
  ['none that is supported', 'sandcrew.v2, x', 400],
])('offering subprotocols, %s', (_, subprotocols, status) => {
  expect(statusOf({ subprotocols })).toBe(status);
});

test('a refused subprotocol is told the supported ones', () => {
  expect(judgeUpgrade({ ...GOOD, subprotocols: 'x' }, POLICY, nameToken, 0, 0)).toMatchObject({
    message: expect.stringContaining('sandcrew.v1'),
  });
});

test.each([
  ['https://evil.example', 403],
  ['null', 403],
  ['https://ok.example', 101],
])('an Origin of %s gets %i', (origin, status) => {
  expect(statusOf({ origin })).toBe(status);
});

test.each(['/x', '//', '', '*', 'http://host/'])('a path of %j gets 404', (url) => {
  expect(statusOf({ url })).toBe(404);
});

test('more connections than the limit get 503', () => {
  expect(statusOf({}, 0, 1)).toBe(101);
  expect(statusOf({}, 0, 2)).toBe(503);
});

test('is judged in the order path, Origin, token, subprotocol, limit', () => {
  const all = { url: '/x', origin: 'https://evil.example', authorizations: [], subprotocols: 'x' };
  expect(statusOf(all, 0, 9)).toBe(404);
  expect(statusOf({ ...all, url: '/' }, 0, 9)).toBe(403);
  expect(statusOf({ authorizations: [], subprotocols: 'x' }, 0, 9)).toBe(401);
  expect(statusOf({ subprotocols: 'x' }, 0, 9)).toBe(400);
  expect(statusOf({}, 0, 9)).toBe(503);
});
