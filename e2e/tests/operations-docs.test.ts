/** What the operator's documents name is there, and what is there for operators is in them. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startWorker, WORKER_COMMAND, type WorkerProcess } from '../worker-process.js';

const ROOT = new URL('../../../', import.meta.url);
const read = (path: string) => readFile(new URL(path, ROOT), 'utf8');
const DOCUMENTS = [
  'docs/operations.md',
  'docs/troubleshooting.md',
  'docs/faq.md',
  'docs/binary.md',
  'docs/concepts.md',
];
/** Options of other programs that the documents show: useradd, install, docker, kubectl, npm, systemctl and this project's own tools. */
const OTHERS = new Set(
  'system home-dir shell now from-file cert key target node check init security-opt cgroupns json name'.split(
    ' ',
  ),
);

let worker: WorkerProcess;
let scrape: string;
beforeAll(async () => {
  worker = await startWorker(['--health-listen', '127.0.0.1:0', '--containment', 'process-group']);
  scrape = await (await fetch(`${worker.health}/metrics`)).text();
});
afterAll(() => worker.stop());

test.each(DOCUMENTS)('each option that %s names is one of the worker', async (document) => {
  const [program = '', ...words] = WORKER_COMMAND;
  const { stdout: help } = await promisify(execFile)(program, [...words, '--help']);
  const text = await read(document);
  const named = new Set([...text.matchAll(/--([a-z][a-z-]+)/g)].map(([, name = '']) => name));
  expect(
    [...named].filter(
      (name) => !OTHERS.has(name) && !help.includes(`--${name} `) && !help.includes(`--${name}\n`),
    ),
  ).toEqual([]);
});

test('each number of /metrics is in docs/operations.md, and each that it names is one', async () => {
  const text = await read('docs/operations.md');
  const [table = ''] = text.split('| alert |');
  const there = [...scrape.matchAll(/^# TYPE sandcrew_worker_(\w+) /gm)].map(([, name = '']) => name);
  expect(there.length).toBeGreaterThan(15);
  expect(there.filter((name) => !table.includes(`\`${name}\``) && !table.includes(`\`${name}{`))).toEqual([]);
  const known = [...scrape.matchAll(/^# TYPE (\w+) /gm)].map(([, name = '']) => name);
  const named = [...text.matchAll(/\b((?:sandcrew_worker|nodejs|process)_[a-z0-9_]*[a-z0-9])\b/g)].map(
    ([, name = '']) => name,
  );
  expect(named.filter((name) => !known.includes(name))).toEqual([]);
});

test('each file that the documents link to is there', async () => {
  for (const document of [...DOCUMENTS, 'README.md']) {
    const links = [...(await read(document)).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(
      ([, path = '']) => path,
    );
    for (const path of links) {
      const target = new URL(path, new URL(document, ROOT));
      await expect(promisify(execFile)('test', ['-e', target.pathname]).then(() => path)).resolves.toBe(path);
    }
  }
});
