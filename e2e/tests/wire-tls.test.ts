/** TLS: a worker beyond loopback, met by bare `ws` and by the manager library. The certificates are made for each run. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { SandboxManager } from '@sandcrew/manager';
import { WireClient } from '../wire-client.js';
import { startWorker, type WorkerProcess } from '../worker-process.js';

const CLI_MAIN = fileURLToPath(new URL('../../../apps/cli/dist/main.js', import.meta.url));
const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
const testTls = hasOpenssl
  ? test
  : (title: string, _: unknown) => test.skip(`${title} (needs openssl)`, () => {});

const directory = mkdtempSync(join(tmpdir(), 'sandcrew-e2e-tls-'));
const file = (name: string) => join(directory, name);
const read = (name: string) => readFileSync(file(name));

let worker: WorkerProcess;
let strict: WorkerProcess;
beforeAll(async () => {
  if (!hasOpenssl) return;
  makeAuthority('ca');
  makeAuthority('stranger');
  makeCertificate('server', 'subjectAltName=IP:127.0.0.1');
  makeCertificate('client', 'extendedKeyUsage=clientAuth');
  const tls = ['--tls-cert', file('server.pem'), '--tls-key', file('server.key')];
  // Every address of this machine, without a word about plain text: with TLS that is allowed.
  worker = await startWorker(['--listen', '0.0.0.0:0', ...tls]);
  strict = await startWorker([...tls, '--tls-client-ca', file('ca.pem')]);
});
afterAll(async () => {
  if (hasOpenssl) expect([await worker.stop(), await strict.stop()]).toEqual([0, 0]);
  rmSync(directory, { recursive: true, force: true });
});

/** Where the worker that listens everywhere is reached from here. */
const urlOf = ({ url }: WorkerProcess) => url.replace('0.0.0.0', '127.0.0.1');

testTls('a worker with a certificate speaks wss to a client that trusts its authority', async () => {
  expect(worker.url).toMatch(/^wss:/);
  const client = await WireClient.connect(urlOf(worker), worker.token, { ca: read('ca.pem') });
  client.execute('t', 'echo over TLS');
  expect(await client.terminal('t')).toMatchObject({ type: 'task_complete', exitCode: 0 });
  expect(client.text('t')).toBe('over TLS\n');
  await client.close();
});

testTls('a client refuses a worker of an authority that it does not trust', async () => {
  for (const tls of [{ ca: read('stranger.pem') }, {}])
    await expect(WireClient.connect(urlOf(worker), worker.token, tls)).rejects.toThrow(/certificate/);
  const plain = urlOf(worker).replace('wss:', 'ws:');
  await expect(WireClient.connect(plain, worker.token)).rejects.toThrow(/hang up|ECONNRESET/);
});

testTls('the manager pins a CA: the right one connects, any other is told as such', async () => {
  const url = urlOf(worker);
  const { token } = worker;
  const manager = new SandboxManager({ workers: [{ url, token, ca: read('ca.pem') }] });
  expect((await manager.run({ command: 'echo pinned' })).stdout).toBe('pinned\n');
  await manager.close();
  const misled = new SandboxManager({
    workers: [{ url, token, ca: read('stranger.pem') }],
    connectTimeoutMs: 1_000,
  });
  await expect(misled.connected()).rejects.toMatchObject({
    code: 'WORKER_UNREACHABLE',
    message: expect.stringMatching(/certificate/),
  });
  await misled.close();
});

testTls('with --tls-client-ca a client without a certificate of that authority is refused', async () => {
  const ca = read('ca.pem');
  const own = { cert: read('client.pem'), key: read('client.key') };
  const client = await WireClient.connect(strict.url, strict.token, { ca, ...own });
  await client.settle();
  await client.close();
  await expect(WireClient.connect(strict.url, strict.token, { ca })).rejects.toThrow();
  const foreign = { cert: read('stranger.pem'), key: read('stranger.key') };
  await expect(WireClient.connect(strict.url, strict.token, { ca, ...foreign })).rejects.toThrow();
  await expect(WireClient.connect(strict.url, 'x'.repeat(43), { ca, ...own })).rejects.toThrow(/401/); // not instead of a token
});

testTls('the manager shows its own certificate to a worker that asks for one', async () => {
  const { url, token } = strict;
  const ca = read('ca.pem');
  const own = { cert: read('client.pem'), key: read('client.key') };
  const manager = new SandboxManager({ workers: [{ url, token, ca, ...own }] });
  expect((await manager.run({ command: 'echo both' })).stdout).toBe('both\n');
  await manager.close();
  const bare = new SandboxManager({ workers: [{ url, token, ca }], connectTimeoutMs: 1_000 });
  await expect(bare.connected()).rejects.toMatchObject({ code: 'WORKER_UNREACHABLE' });
  await bare.close();
  expect(await strict.logged('handshake_failed')).toMatchObject({ address: '127.0.0.1' });
});

testTls('the command line pins an authority and shows a certificate, by options and by environment', () => {
  const given = [
    ...['--worker', strict.url, '--token-file', strict.tokenFile, '--ca', file('ca.pem')],
    ...['--client-cert', file('client.pem'), '--client-key', file('client.key')],
  ];
  const environment = {
    SANDCREW_WORKER: strict.url,
    SANDCREW_TOKEN_FILE: strict.tokenFile,
    SANDCREW_CA: file('ca.pem'),
    SANDCREW_CLIENT_CERT: file('client.pem'),
    SANDCREW_CLIENT_KEY: file('client.key'),
  };
  expect(sandcrew(['run', ...given, '--', 'echo shown'])).toMatchObject({ status: 0, stdout: 'shown\n' });
  expect(sandcrew(['run', '--', 'echo found'], environment)).toMatchObject({ status: 0, stdout: 'found\n' });
  const faulty = ['--worker', 'ws://127.0.0.1:1', '--token-file', strict.tokenFile];
  const { status, stderr } = sandcrew([
    'ps',
    ...faulty,
    '--ca',
    file('ca.key'),
    '--client-key',
    file('gone'),
  ]);
  expect(status).toBe(2);
  expect(stderr).toContain('expected a wss:// URL with them');
  expect(stderr).toContain('--client-cert and --client-key: expected both');
  expect(stderr).toMatch(/--ca: expected a PEM file, unencrypted, got .*ca\.key/);
  expect(stderr).toMatch(/--client-key: expected a PEM file, unencrypted, got .*gone/);
});

testTls('TLS older than 1.2 is refused, and 1.3 is spoken where both sides have it', async () => {
  type Version = 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';
  const dial = (minVersion: Version, maxVersion: Version = minVersion) =>
    new Promise<string>((resolve, reject) => {
      const { port } = new URL(worker.url);
      const versions = { minVersion, maxVersion, ciphers: 'DEFAULT:@SECLEVEL=0' };
      const socket = connect({ host: '127.0.0.1', port: Number(port), ca: read('ca.pem'), ...versions });
      socket.once('secureConnect', () => {
        resolve(socket.getProtocol() ?? '');
        socket.destroy();
      });
      socket.once('error', reject);
    });
  expect(await dial('TLSv1.2')).toBe('TLSv1.2');
  expect(await dial('TLSv1.2', 'TLSv1.3')).toBe('TLSv1.3');
  await expect(dial('TLSv1.1')).rejects.toThrow(/protocol version/);
});

testTls(
  'SIGHUP reads certificates again, keeps those in force where the new ones will not do, and keeps sessions',
  async () => {
    const [cert, key] = [file('rotating.pem'), file('rotating.key')];
    const put = (name: string) => {
      copyFileSync(file(`${name}.pem`), cert);
      copyFileSync(file(`${name}.key`), key);
    };
    put('server');
    const rotating = await startWorker(['--tls-cert', cert, '--tls-key', key]);
    const tls = { ca: read('ca.pem') };
    const before = await WireClient.connect(rotating.url, rotating.token, tls);
    makeCertificate('renewed', 'subjectAltName=IP:127.0.0.1');
    put('renewed');
    rotating.process.kill('SIGHUP');
    await rotating.logged('certificates_read');
    expect(await nameOfServer(rotating)).toBe('renewed');
    writeFileSync(cert, 'nothing');
    rotating.process.kill('SIGHUP');
    expect(await rotating.logged('certificates_kept')).toMatchObject({
      message: expect.stringContaining('is no certificate'),
    });
    expect(await nameOfServer(rotating)).toBe('renewed');
    await before.settle();
    await before.close();
    expect(await rotating.stop()).toBe(0);
  },
);

testTls('a certificate, a key or a CA that will not do is named at the start', async () => {
  const start = (cert: string, key: string, more: string[] = []) =>
    startWorker(['--tls-cert', file(cert), '--tls-key', file(key), ...more]);
  writeFileSync(file('nothing'), 'nothing');
  await expect(start('nothing', 'server.key')).rejects.toThrow(/--tls-cert .*nothing is no certificate/);
  await expect(start('server.pem', 'nothing')).rejects.toThrow(/--tls-key .*nothing is no private key/);
  await expect(start('server.pem', 'client.key')).rejects.toThrow(/is not the key of --tls-cert/);
  await expect(start('server.pem', 'server.key', ['--tls-client-ca', file('nothing')])).rejects.toThrow(
    /--tls-client-ca .*nothing is no certificate/,
  );
});

test('beyond loopback without TLS a worker needs --insecure-plaintext REASON, and logs the reason', async () => {
  await expect(startWorker(['--listen', '0.0.0.0:0'])).rejects.toThrow(
    /exited with 2.*--insecure-plaintext REASON/,
  );
  const open = await startWorker(['--listen', '0.0.0.0:0', '--insecure-plaintext', 'a lab without routes']);
  expect(open.log).toContainEqual(
    expect.objectContaining({ event: 'insecure_plaintext', reason: 'a lab without routes' }),
  );
  for (const empty of ['', ' '])
    await expect(startWorker(['--listen', '0.0.0.0:0', '--insecure-plaintext', empty])).rejects.toThrow(
      /--insecure-plaintext expects a reason/,
    );
  const client = await WireClient.connect(urlOf(open), open.token);
  await client.settle();
  await client.close();
  expect(await open.stop()).toBe(0);
});

/** Whom the certificate of a worker names. */
function nameOfServer({ url }: WorkerProcess): Promise<string | string[]> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: Number(new URL(url).port), ca: read('ca.pem') });
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      resolve(socket.getPeerCertificate().subject.CN);
      socket.destroy();
    });
  });
}

function sandcrew(words: readonly string[], environment: NodeJS.ProcessEnv = {}) {
  const env = { PATH: process.env.PATH, HOME: directory, ...environment };
  return spawnSync(process.execPath, [CLI_MAIN, ...words], { encoding: 'utf8', env, timeout: 20_000 });
}

function makeAuthority(name: string): void {
  openssl(`req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=${name}`, [
    '-keyout',
    file(`${name}.key`),
    '-out',
    file(`${name}.pem`),
  ]);
}

/** A certificate by the authority `ca`. */
function makeCertificate(name: string, extension: string): void {
  writeFileSync(file(`${name}.ext`), extension);
  openssl(`req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=${name}`, [
    '-keyout',
    file(`${name}.key`),
    '-out',
    file(`${name}.csr`),
  ]);
  const authority = ['-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-CAcreateserial'];
  const request = ['-in', file(`${name}.csr`), '-extfile', file(`${name}.ext`)];
  openssl('x509 -req -days 2', [...request, ...authority, '-out', file(`${name}.pem`)]);
}

function openssl(words: string, files: readonly string[]): void {
  const { status, stderr } = spawnSync('openssl', [...words.split(' '), ...files], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`openssl ${words}: ${stderr}`);
}
