/** The whole argv of each intention in each kind of workspace, and of single files. */
import { describe, expect, test } from '@jest/globals';
import { generateSandboxCommand } from '#src/core/sandbox-command.js';
import { INTENTIONS } from '#src/core/step-facts.js';
import { determineWorkerRequirements } from '#src/core/worker-requirements.js';
import { MANIFEST_NAMES } from '#src/core/workspace-facts.js';
import { decodeManifests } from '#src/io/manifest-reader.js';
import type { Commands } from './command-row.js';
import { COMMANDS } from './command-table.js';
import { FILE_COMMANDS } from './file-command-table.js';
import { NODE_COMMANDS } from './node-command-table.js';

const STEP = { taskId: 'a', type: 'custom', description: '' } as const;
/** Where no command takes a file: which are there, and refuse it. make is asked for none. */
function refuseFiles(commands: Commands, ecosystem: string): Commands {
  const rows = Object.entries(commands).map(([intention, words]) => {
    const isMissing = words === '!none' && ecosystem !== 'make';
    return [intention, isMissing ? '!none' : '!files'];
  });
  return Object.fromEntries(rows);
}

describe.each([...NODE_COMMANDS, ...COMMANDS])(
  'a workspace of $kind',
  ({ ecosystem, texts, commands, withFile }) => {
    const cases = [
      ['by itself', commands, []],
      ['with a file', withFile ?? refuseFiles(commands, ecosystem), ['a.x']],
    ] as const;
    for (const [how, expected, files] of cases)
      test.each(INTENTIONS)(`has its command to %s ${how}, or says that it has none`, (intention) => {
        const made = generateSandboxCommand({ ...STEP, intention, files }, decodeManifests(texts));
        const words = expected[intention];
        if (!words.startsWith('!')) {
          expect(made).toEqual({ command: expect.any(Array), intention, ecosystem });
          expect('command' in made && (made.command as string[]).join(' ')).toBe(words);
          return;
        }
        const refusal = 'refusal' in made ? made.refusal : '';
        if (ecosystem === 'make') {
          const why =
            words === '!none' ? 'the Makefile has none of the targets' : 'make would hand file names';
          expect(refusal).toContain(why);
        } else {
          const why = words === '!none' ? 'has no command' : 'takes no file names';
          expect(refusal).toContain(`${ecosystem} ${why} to ${intention}`);
        }
        expect(refusal).toMatch(/^No command can be made for it: .*; give the step a `command`.*\.$/);
      });
  },
);

test('each file that a command is chosen by is one of those that are read', () => {
  const names = [...NODE_COMMANDS, ...COMMANDS].flatMap(({ texts }) => Object.keys(texts));
  expect(MANIFEST_NAMES).toEqual(expect.arrayContaining(names));
});

describe.each(Object.entries(FILE_COMMANDS))(
  'a single file of .%s',
  (ending, [language, program, commands]) => {
    const files = [`a.${ending}`, 'b'];

    test.each(INTENTIONS)('has its command to %s, or says that there is none', (intention) => {
      const made = generateSandboxCommand({ ...STEP, intention, files });
      const words = commands[intention];
      if (words === undefined)
        expect(made).toEqual({
          refusal: expect.stringContaining(`how to ${intention} a single file of ${language};`),
        });
      else {
        expect(made).toEqual({ command: expect.any(Array), intention, ecosystem: 'files' });
        expect('command' in made && (made.command as string[]).join(' ')).toBe(`${words} a.${ending} b`);
      }
    });

    test(`needs ${program} and 256 MiB, in any case of its ending`, () => {
      const needs = { language, toolchain: [{ name: program }], memoryBytes: 268_435_456, conflicts: [] };
      expect(determineWorkerRequirements({ ...STEP, files })).toMatchObject(needs);
      expect(determineWorkerRequirements({ ...STEP, files: [`A.${ending.toUpperCase()}`] })).toMatchObject(
        needs,
      );
    });
  },
);

test.each(['a', 'a.', 'toString', 'a.toString', 'a.py~', 'py'])(
  'of the file %s nothing is known, and nothing is guessed',
  (name) => {
    expect(generateSandboxCommand({ ...STEP, intention: 'run', files: [name] })).toEqual({
      refusal: expect.stringContaining(`how to run the file ${JSON.stringify(name)};`),
    });
    expect(determineWorkerRequirements({ ...STEP, files: [name] })).toEqual({
      language: null,
      toolchain: [],
      memoryBytes: 134_217_728,
      type: null,
      labels: {},
      conflicts: [],
    });
  },
);
