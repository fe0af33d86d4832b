/** No description and no file name ever becomes more than it is: words chosen from templates, and one word of an argv each. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { generateSandboxCommand } from '#src/core/sandbox-command.js';
import { INTENTIONS, STEP_TYPES, type StepFacts } from '#src/core/step-facts.js';
import { WORKSPACE_NAMES, workspace } from '../workspaces.js';

const MARK = 'file-of-the-test.py';

/** Every argv that the templates have: with no file, and with one. */
const TEMPLATES = new Set(
  WORKSPACE_NAMES.flatMap((name) =>
    INTENTIONS.flatMap((intention) =>
      [undefined, 'cargo', 'node', 'run make'].flatMap((words) =>
        [[], [MARK], ['a.c'], ['a.sh'], ['a.rs'], ['a.js'], ['a.java']].map((files) => {
          const step: StepFacts = { taskId: 'a', type: 'custom', description: words ?? '', intention, files };
          return shapeOf(generateSandboxCommand(step, workspace(name)), files);
        }),
      ),
    ),
  ),
);

/** An argv without the words that its files are; null where there is none. */
function shapeOf(made: ReturnType<typeof generateSandboxCommand>, files: readonly string[]): string | null {
  if (!('command' in made)) return null;
  expect(Array.isArray(made.command)).toBe(true);
  const argv = made.command as readonly string[];
  return JSON.stringify(argv.slice(0, argv.length - files.length));
}

const NASTY = [
  '$(touch pwned)',
  '`touch pwned`',
  '; touch pwned',
  '&& touch pwned',
  '| tee pwned',
  "'; touch pwned; '",
  '"$(touch pwned)"',
  '\n touch pwned\n',
  '> pwned',
  '${IFS}',
  '--eval=touch',
  '-e',
  '@args',
  '\\',
  '\u202e',
  '%s%n',
  '*',
  '~root',
  'a b',
];
const WORDS = [
  'test',
  'build',
  'run',
  'install',
  'compile',
  'lint',
  'cargo',
  'npm',
  'pytest',
  'make',
  'the',
  'and',
];

const text = fc
  .array(
    fc.oneof(
      fc.constantFrom(...NASTY),
      fc.constantFrom(...WORDS),
      fc.string({ unit: 'binary', maxLength: 12 }),
    ),
    {
      maxLength: 6,
    },
  )
  .map((pieces) => pieces.join(' '));
const fileName = fc
  .oneof(fc.constantFrom(...NASTY), fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }))
  .map((name) => name.replaceAll('\0', '_'))
  .chain((name) =>
    fc.constantFrom(name, `${name}.py`, `${name}.c`, `${name}.sh`, `-${name}.js`, `@${name}.java`),
  );

test('an argv is one of the templates and the file names, each one word, whatever the description says', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...STEP_TYPES),
      text,
      fc.array(fileName, { maxLength: 3 }),
      fc.constantFrom(...WORKSPACE_NAMES),
      fc.option(fc.constantFrom(...INTENTIONS), { nil: undefined }),
      (type, description, files, name, intention) => {
        const step: StepFacts = {
          taskId: 'a',
          type,
          description,
          files,
          ...(intention === undefined ? {} : { intention }),
        };
        const made = generateSandboxCommand(step, workspace(name));
        if (!('command' in made)) return;
        expect(TEMPLATES).toContain(shapeOf(made, files));
        const argv = made.command as readonly string[];
        const words = argv.slice(argv.length - files.length);
        expect(words).toEqual(files.map((file) => (/^[-@]/.test(file) ? `./${file}` : file)));
      },
    ),
    { numRuns: 3_000 },
  );
});

test('a file name with a NUL, or an empty one, is refused', () => {
  for (const files of [['a\0b.py'], ['']])
    expect(
      generateSandboxCommand({ taskId: 'a', type: 'code-execution', description: 'run', files }),
    ).toEqual({
      refusal: expect.stringContaining('expected file names without NUL'),
    });
});
