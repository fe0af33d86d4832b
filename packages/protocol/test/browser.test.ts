/** The package bundled as for a page, in a place that has nothing of Node and of the web only TextEncoder (typebox's). */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createContext, Script } from 'node:vm';
import { expect, test } from '@jest/globals';
import { build } from 'esbuild';
import { PACKAGE_ROOT } from './fixtures.js';

const { outputFiles, metafile } = await build({
  entryPoints: [fileURLToPath(new URL('dist/index.js', PACKAGE_ROOT))],
  bundle: true,
  platform: 'browser',
  format: 'iife',
  globalName: 'protocol',
  write: false,
  metafile: true,
});

const CONVERSATION = `
  const text = protocol.encodeManagerMessage({
    type: 'execute_command', taskId: 't', command: ['ls'], env: { A: '1' }, timestamp: 1,
  });
  const frame = protocol.encodeOutputFrame({ taskId: 't', stream: 'stdout', offset: 3, data: new Uint8Array([65]) });
  JSON.stringify([
    protocol.decodeManagerMessage(text),
    protocol.decodeManagerMessage('{"type":"ping","timestamp":-1}'),
    protocol.decodeOutputFrame(frame).message.offset,
  ]);
`;
const ANSWER = [
  {
    ok: true,
    message: { type: 'execute_command', taskId: 't', command: ['ls'], env: { A: '1' }, timestamp: 1 },
  },
  {
    ok: false,
    refusal: {
      code: 'invalid_message',
      path: '/timestamp',
      message: 'expected a whole number from 0, got number -1',
    },
  },
  3,
];

// A page's content security policy often forbids to make code from strings, which compiled validators would do.
test.each([true, false])('it decodes and encodes without Node (code from strings allowed: %s)', (strings) => {
  const page = createContext({ TextEncoder }, { codeGeneration: { strings, wasm: false } });
  new Script(outputFiles[0]?.text ?? '').runInContext(page);
  expect(JSON.parse(new Script(CONVERSATION).runInContext(page))).toEqual(ANSWER);
});

test('it is made of its own code and of typebox alone', () => {
  const foreign = Object.keys(metafile.inputs).filter((path) => !/(^|\/)(dist|typebox)\//.test(path));
  expect(foreign).toEqual([]);
  const { dependencies } = JSON.parse(readFileSync(new URL('package.json', PACKAGE_ROOT), 'utf8'));
  expect(Object.keys(dependencies)).toEqual(['typebox']);
});
