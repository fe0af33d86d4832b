/** What deploy/ holds fits the worker that is built here, and the systems that it is for. */
import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { WORKER_COMMAND } from '../worker-process.js';

const ROOT = new URL('../../../', import.meta.url);
const at = (path: string) => fileURLToPath(new URL(path, ROOT));
const read = (path: string) => readFile(new URL(path, ROOT), 'utf8');
const run = promisify(execFile);

type Settings = Record<string, { value: unknown; source: string }>;

/** What a worker with this configuration would run with. @throws with the worker's own sentences where it is at fault. */
async function settingsOf(file: string): Promise<Settings> {
  const [program = '', ...words] = WORKER_COMMAND;
  const { stdout } = await run(program, [...words, '--config', file, '--print-config'], { env: {} });
  return JSON.parse(stdout);
}

interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
  // biome-ignore lint/suspicious/noExplicitAny: the compiler checks it against Kubernetes' own types below
  readonly [field: string]: any;
}

let directory: string;
let resources: Resource[];
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sandcrew-deploy-'));
  // As kubectl reads it: YAML 1.1, in which 0440 is octal.
  const documents = parseAllDocuments(await read('deploy/kubernetes/worker.yaml'), { version: '1.1' });
  resources = documents.map((document) => {
    if ('errors' in document && document.errors.length > 0) throw document.errors[0];
    return document.toJS();
  });
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const ofKind = (kind: string): Resource => {
  const found = resources.find((resource) => resource.kind === kind);
  if (found === undefined) throw new Error(`no ${kind}`);
  return found;
};

test('the example configuration is one that the worker takes, and keeps health on loopback', async () => {
  const settings = await settingsOf(at('deploy/worker.jsonc'));
  expect(settings['listen']?.value).toBe('0.0.0.0:7433');
  expect(settings['tls-cert']?.value).toBe('/etc/sandcrew/tls.crt');
  expect(settings['health-listen']?.value).toMatch(/^127\.0\.0\.1:/);
});

describe('the systemd unit', () => {
  test('starts the worker with a file, drains it for longer than its tasks may take, and reads tokens on reload', async () => {
    const unit = await read('deploy/sandcrew-worker.service');
    const settings = await settingsOf(at('deploy/worker.jsonc'));
    expect(unit).toMatch(
      /^ExecStart=\/usr\/local\/bin\/sandcrew-worker --config \/etc\/sandcrew\/worker\.jsonc$/m,
    );
    expect(unit).toMatch(/^ExecReload=\/bin\/kill -HUP \$MAINPID$/m);
    const stopMs = Number(/^TimeoutStopSec=(\d+)s$/m.exec(unit)?.[1]) * 1_000;
    expect(stopMs).toBeGreaterThan(Number(settings['drain-timeout-ms']?.value) + 10_000);
    expect(unit).toMatch(/^RestartPreventExitStatus=2$/m);
  });

  test('leaves bubblewrap what it needs', async () => {
    const unit = await read('deploy/sandcrew-worker.service');
    const covers =
      /^(RestrictNamespaces|PrivateUsers|ProtectKernelTunables|ProtectKernelLogs|ProtectHostname|ProtectProc|ProcSubset|ProtectControlGroups|MemoryDenyWriteExecute)=/m;
    expect(unit).not.toMatch(covers);
  });

  const hasSystemd = spawnSync('systemd-analyze', ['--version'], { stdio: 'ignore' }).status === 0;
  if (!hasSystemd) process.stderr.write('skipped here: tests that need systemd-analyze (Debian: systemd)\n');
  (hasSystemd ? test : test.skip)('is taken by systemd, and less exposed than 4 of 10', async () => {
    const unit = join(directory, 'sandcrew-worker.service');
    const program = join(directory, 'sandcrew-worker'); // verify wants the program to be there
    writeFileSync(program, '#!/bin/sh\n');
    chmodSync(program, 0o755);
    writeFileSync(
      unit,
      (await read('deploy/sandcrew-worker.service')).replace('/usr/local/bin/sandcrew-worker', program),
    );
    const verified = spawnSync('systemd-analyze', ['verify', '--man=no', unit], { encoding: 'utf8' });
    // It also tells of other units of this host.
    const ours = verified.stderr.split('\n').filter((line) => line.includes('sandcrew-worker'));
    expect(ours).toEqual([]);
    const judged = spawnSync('systemd-analyze', ['security', '--offline=true', '--threshold=40', unit], {
      encoding: 'utf8',
    });
    expect({ status: judged.status, stderr: judged.stderr }).toEqual({ status: 0, stderr: '' });
  });
});

test('the image runs the binary as an ordinary user, under an init, with what holds tasks', async () => {
  const lines = (await read('deploy/Dockerfile'))
    .replace(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const of = (word: string) =>
    lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
  expect([...new Set(lines.map((line) => line.split(' ', 1)[0]))].sort()).toEqual(
    ['CMD', 'COPY', 'ENTRYPOINT', 'ENV', 'EXPOSE', 'FROM', 'RUN', 'STOPSIGNAL', 'USER', 'VOLUME'].sort(),
  );
  expect(JSON.parse(of('ENTRYPOINT')[0] ?? '')).toEqual([
    '/usr/bin/tini',
    '--',
    '/usr/local/bin/sandcrew-worker',
  ]);
  expect(JSON.parse(of('CMD')[0] ?? '')).toEqual(['--config', '/etc/sandcrew/worker.jsonc']);
  expect(of('USER')).toEqual(['10001:10001']);
  for (const name of ['bash', 'bubblewrap', 'coreutils', 'tini', 'util-linux'])
    expect(of('RUN').join(' ')).toMatch(new RegExp(` ${name} `));
  const [, source, target] = of('COPY')[0]?.split(' ') ?? [];
  expect(source).toBe('apps/worker/dist-binary/sandcrew-worker-linux-x64');
  expect(target).toBe('/usr/local/bin/sandcrew-worker');
  expect(of('STOPSIGNAL')).toEqual(['SIGTERM']);
});

describe('the Kubernetes manifests', () => {
  test("are what Kubernetes' published types allow, with no field that they do not know", async () => {
    const modules: Record<string, string> = {
      v1: 'kubernetes-types/core/v1',
      'apps/v1': 'kubernetes-types/apps/v1',
      'networking.k8s.io/v1': 'kubernetes-types/networking/v1',
    };
    const checks = resources.map(
      (resource, index) =>
        `export const r${index}: import('${modules[resource.apiVersion]}').${resource.kind} = ${JSON.stringify(resource, null, 2)};\n`,
    );
    const file = at(`e2e/dist-test/manifests-${process.pid}.ts`); // where the types can be found
    writeFileSync(file, checks.join('\n'));
    try {
      const tsc = at('node_modules/typescript/bin/tsc');
      const flags = [
        '--noEmit',
        '--strict',
        '--ignoreConfig',
        '--module',
        'esnext',
        '--moduleResolution',
        'bundler',
        '--skipLibCheck',
        '--types',
        '',
      ];
      const checked = spawnSync(process.execPath, [tsc, ...flags, file], { encoding: 'utf8' });
      expect({ status: checked.status, stdout: checked.stdout }).toEqual({ status: 0, stdout: '' });
    } finally {
      rmSync(file);
    }
  });

  test('configure a worker as it takes it, on the ports that the pod and the service name', async () => {
    const file = join(directory, 'worker.jsonc');
    writeFileSync(file, ofKind('ConfigMap')['data']['worker.jsonc']);
    const settings = await settingsOf(file);
    const [worker] = ofKind('Deployment')['spec'].template.spec.containers;
    const ports = Object.fromEntries(
      worker.ports.map((port: { name: string; containerPort: number }) => [port.name, port.containerPort]),
    );
    expect(settings['listen']?.value).toBe(`0.0.0.0:${ports.wss}`);
    expect(settings['health-listen']?.value).toBe(`0.0.0.0:${ports.health}`);
    const servicePorts = ofKind('Service')['spec'].ports.map((port: { port: number }) => port.port);
    expect(servicePorts).toEqual([ports.wss, ports.health]);
    expect(ofKind('Service')['spec'].clusterIP).toBe('None');
  });

  test('every path of the configuration is in a volume that is mounted', async () => {
    const file = join(directory, 'worker.jsonc');
    writeFileSync(file, ofKind('ConfigMap')['data']['worker.jsonc']);
    const settings = await settingsOf(file);
    const [worker] = ofKind('Deployment')['spec'].template.spec.containers;
    const mounts: string[] = worker.volumeMounts.map(({ mountPath }: { mountPath: string }) => mountPath);
    for (const name of ['tls-cert', 'tls-key', 'token-file', 'state-dir'])
      expect(mounts.some((path) => `${settings[name]?.value}/`.startsWith(`${path}/`))).toBe(true);
  });

  test('drain: the grace is longer than the pause before SIGTERM and the drain together', async () => {
    const file = join(directory, 'worker.jsonc');
    writeFileSync(file, ofKind('ConfigMap')['data']['worker.jsonc']);
    const settings = await settingsOf(file);
    const pod = ofKind('Deployment')['spec'].template.spec;
    const [, pauseSeconds] = pod.containers[0].lifecycle.preStop.exec.command;
    expect(pod.terminationGracePeriodSeconds * 1_000).toBeGreaterThan(
      Number(pauseSeconds) * 1_000 + Number(settings['drain-timeout-ms']?.value) + 10_000,
    );
  });

  test('are restricted as the Pod Security Standard has it', () => {
    const pod = ofKind('Deployment')['spec'].template.spec;
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    for (const { securityContext } of [...pod.initContainers, ...pod.containers])
      expect(securityContext).toMatchObject({
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
      });
    expect(pod).toMatchObject({ automountServiceAccountToken: false, enableServiceLinks: false });
    for (const field of ['hostNetwork', 'hostPID', 'hostIPC']) expect(pod).not.toHaveProperty(field);
  });
});
