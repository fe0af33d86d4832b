/** What is decided before a connection is one. */
import { randomInt } from 'node:crypto';
import type { Citation } from '../core/check.js';
import { expectSame, expectThat, Mismatch, Skipped } from '../core/mismatch.js';
import { delay } from '../io/clock.js';
import { sendHalfARequest, type UpgradeRequest } from '../io/upgrade-request.js';
import type { WorkerBench } from '../worker-bench.js';
import type { WorkerCheck } from './worker-check.js';

const CONNECTING = 'Connecting';
const TOKENS: Citation = [
  CONNECTING,
  'no token, a wrong one, or one sent twice; another scheme than Bearer; a token in the query string, even beside a valid header',
];
const ORIGIN: Citation = [
  CONNECTING,
  "an `Origin` header, whatever it is, that is not on the worker's allow-list (empty by default)",
];
const ORDER: Citation = [
  CONNECTING,
  'The worker decides before the upgrade completes, in the order of this table',
];
const VERSIONS: Citation = [
  CONNECTING,
  'subprotocols offered, and `sandcrew.v1` is not among them; the body names those that are supported',
];
const STRANGE_ORIGIN = 'https://conformance.invalid';
const MAX_CONNECTIONS_TRIED = 160;

const good = ({ target }: WorkerBench) => ({ Authorization: `Bearer ${target.token}` });

export const UPGRADE_CHECKS: readonly WorkerCheck[] = [
  {
    id: 'upgrade.token',
    says: 'A good token opens a connection.',
    cites: [CONNECTING, 'The request is `GET /` with `Authorization: Bearer <token>`'],
    run: async (bench) => expectStatus(bench, 101, { headers: good(bench) }),
  },
  refused('upgrade.no-token', 'A request without a token gets 401.', TOKENS, 401, () => ({ headers: {} })),
  refused('upgrade.wrong-token', 'A wrong token gets 401.', TOKENS, 401, () => ({
    headers: { Authorization: `Bearer ${'wrong'.repeat(10)}` },
  })),
  refused('upgrade.other-scheme', 'Another scheme than Bearer gets 401.', TOKENS, 401, ({ target }) => ({
    headers: { Authorization: `Basic ${target.token}` },
  })),
  refused('upgrade.two-tokens', 'A token that is sent twice gets 401.', TOKENS, 401, ({ target }) => ({
    headers: { Authorization: [`Bearer ${target.token}`, `Bearer ${target.token}`] },
  })),
  refused(
    'upgrade.token-in-query',
    'A token in the query string gets 401, even beside a valid header.',
    TOKENS,
    401,
    (bench) => ({ path: `/?token=${bench.target.token}`, headers: good(bench) }),
  ),
  refused('upgrade.origin', 'An Origin gets 403.', ORIGIN, 403, (bench) => ({
    headers: { ...good(bench), Origin: STRANGE_ORIGIN },
  })),
  refused('upgrade.path', 'Another path gets 404.', [CONNECTING, 'another path than `/`'], 404, (bench) => ({
    path: '/elsewhere',
    headers: good(bench),
  })),
  refused('upgrade.path-before-origin', 'The path is judged before the Origin.', ORDER, 404, () => ({
    path: '/elsewhere',
    headers: { Origin: STRANGE_ORIGIN },
  })),
  refused('upgrade.origin-before-token', 'The Origin is judged before the token.', ORDER, 403, () => ({
    headers: { Origin: STRANGE_ORIGIN },
  })),
  refused('upgrade.token-before-version', 'The token is judged before the subprotocol.', ORDER, 401, () => ({
    headers: { 'Sec-WebSocket-Protocol': 'sandcrew.v0' },
  })),
  {
    id: 'upgrade.version-chosen',
    says: 'Where `sandcrew.v1` is offered among others, it is the one that is chosen.',
    cites: [CONNECTING, '`Sec-WebSocket-Protocol: sandcrew.v1`'],
    run: async (bench) => {
      const headers = { ...good(bench), 'Sec-WebSocket-Protocol': 'other, sandcrew.v1' };
      const { socket, headers: answered } = await bench.upgrade({ headers });
      socket?.destroy();
      expectSame('the subprotocol', answered['sec-websocket-protocol'], 'sandcrew.v1');
    },
  },
  {
    id: 'upgrade.version-none',
    says: 'Where no subprotocol is offered, the worker opens and names none.',
    cites: [CONNECTING, 'None offered means version 1.'],
    run: async (bench) => {
      const { status, socket, headers } = await bench.upgrade({ headers: good(bench) });
      socket?.destroy();
      expectSame('the status', status, 101);
      expectSame('the subprotocol', headers['sec-websocket-protocol'], undefined);
    },
  },
  refused('upgrade.version-refused', 'Other subprotocols alone get 400.', VERSIONS, 400, (bench) => ({
    headers: { ...good(bench), 'Sec-WebSocket-Protocol': 'sandcrew.v0' },
  })),
  {
    id: 'upgrade.version-named',
    says: 'The refusal of a subprotocol names the one that is supported.',
    cites: VERSIONS,
    run: async (bench) => {
      const headers = { ...good(bench), 'Sec-WebSocket-Protocol': 'sandcrew.v0' };
      const { body, socket } = await bench.upgrade({ headers });
      socket?.destroy();
      expectThat(body.includes('sandcrew.v1'), 'a body that names sandcrew.v1', body);
    },
  },
  {
    id: 'upgrade.deflate',
    says: 'Compression that is offered is not taken.',
    cites: [CONNECTING, 'permessage-deflate is never negotiated.'],
    run: async (bench) => {
      const headers = { ...good(bench), 'Sec-WebSocket-Extensions': 'permessage-deflate' };
      const { status, socket, headers: answered } = await bench.upgrade({ headers });
      socket?.destroy();
      expectSame('the status', status, 101);
      expectSame('the extensions', answered['sec-websocket-extensions'], undefined);
    },
  },
  {
    id: 'upgrade.slow-headers',
    says: 'A request whose headers do not end is closed within 5 s.',
    cites: [CONNECTING, 'headers not finished within 5 s'],
    run: async ({ target }) => {
      const url = new URL(target.url);
      if (url.protocol !== 'ws:') throw new Skipped('it is written for ws:// alone');
      const patienceMs = target.patienceMs + 2_000; // the look-out for such requests may have a pace of its own
      const closedAfterMs = await sendHalfARequest(url, patienceMs);
      expectThat(closedAfterMs !== null, 'the connection closed', `still open after ${patienceMs} ms`);
    },
  },
  {
    id: 'upgrade.failed-tokens',
    says: 'After 20 failed tokens in a minute the next gets 429, and a good one still passes.',
    cites: [
      CONNECTING,
      'the same after 20 failed tokens within a minute from one address; a good token passes all the same',
    ],
    runsAlone: true,
    run: async (bench) => {
      const from = strangeAddress(new URL(bench.target.url).hostname);
      const statuses: number[] = [];
      for (let count = 0; count <= 20; count++)
        statuses.push(
          await bench.upgradeStatus({ headers: { Authorization: `Bearer wrong-${count}` }, ...from }),
        );
      expectSame('the status of the 21st', statuses.at(-1), 429);
      expectSame('of a good token', await bench.upgradeStatus({ headers: good(bench), ...from }), 101);
    },
  },
  {
    id: 'upgrade.limit',
    says: 'A connection more than the worker takes gets 503.',
    cites: [CONNECTING, 'more connections than the worker takes (64 by default)'],
    runsAlone: true,
    run: async (bench) => {
      await delay(200); // those of other checks are on their way out
      for (let open = 0; open < MAX_CONNECTIONS_TRIED; open++) {
        const { status, socket } = await bench.upgrade({ headers: good(bench) });
        if (socket !== null) keepUntil(bench, socket);
        if (status === 101) continue;
        return expectSame(`the status of connection ${open + 1}`, status, 503);
      }
      throw new Skipped(`it takes more than ${MAX_CONNECTIONS_TRIED} connections`);
    },
  },
];

function refused(
  id: string,
  says: string,
  cites: Citation,
  status: number,
  request: (bench: WorkerBench) => UpgradeRequest,
): WorkerCheck {
  return { id, says, cites, run: (bench) => expectStatus(bench, status, request(bench)) };
}

async function expectStatus(bench: WorkerBench, expected: number, request: UpgradeRequest): Promise<void> {
  const from = expected === 401 ? strangeAddress(new URL(bench.target.url).hostname) : {};
  const status = await bench.upgradeStatus({ ...request, ...from });
  if (status === 429 && expected === 401)
    throw new Mismatch(
      'the status 401',
      '429: were there 20 failed tokens from this address within the last minute? Wait a minute, and run it again',
    );
  expectSame('the status', status, expected);
}

/** On a loopback an address that nobody else has, so that earlier runs do not count. Not every system has more than one. */
function strangeAddress(host: string): { localAddress?: string } {
  if (host !== '127.0.0.1' || process.platform !== 'linux') return {};
  return { localAddress: `127.${randomInt(1, 255)}.${randomInt(0, 256)}.${randomInt(1, 255)}` };
}

function keepUntil(bench: WorkerBench, socket: { destroy(): void }): void {
  bench.onDispose(() => socket.destroy());
}
