/** The words of a description: which ecosystem each names, what each says is to be done, and which are for a sandbox. */
import { describe, expect, test } from '@jest/globals';
import { chooseDoer } from '#src/core/doer.js';
import { chooseEcosystem } from '#src/core/ecosystem-choice.js';
import { chooseIntention } from '#src/core/intention.js';
import { isSandboxTask } from '#src/core/sandbox-task.js';
import { INTENTIONS, STEP_TYPES, type TaskStepType } from '#src/core/step-facts.js';
import { wordsOf } from '#src/core/words.js';
import { decodeManifests } from '#src/io/manifest-reader.js';

/** One manifest of each ecosystem: where all stand together, only what a step names tells them apart. */
const MANIFESTS = {
  node: 'package.json',
  cargo: 'Cargo.toml',
  go: 'go.mod',
  python: 'setup.py',
  maven: 'pom.xml',
  gradle: 'build.gradle',
  cmake: 'CMakeLists.txt',
  ruby: 'Gemfile',
  php: 'composer.json',
  make: 'Makefile',
};
const EVERYTHING = decodeManifests(
  Object.fromEntries(Object.values(MANIFESTS).map((name) => [name, name.endsWith('.json') ? '{}' : ''])),
);

const NAMES = {
  node: 'node npm pnpm yarn bun javascript typescript npx jest vitest',
  cargo: 'cargo rust crate clippy',
  go: 'golang',
  python: 'python pip pytest poetry uv django',
  maven: 'maven mvn java',
  gradle: 'gradle gradlew kotlin',
  cmake: 'cmake ctest c++ cpp',
  ruby: 'ruby bundle bundler gem rspec rake',
  php: 'php composer phpunit',
  make: 'makefile gmake',
};
const PAIRS = {
  go: ['go build', 'go test', 'go run', 'go vet', 'go mod', 'go tests', 'go module', 'go code'],
  make: 'run make,with make,by make,using make,make test,make check,make build,make all,make lint'.split(','),
};

describe('the ecosystem that a step names', () => {
  const words = Object.entries(NAMES).flatMap(([name, text]) => text.split(' ').map((word) => [word, name]));
  const pairs = Object.entries(PAIRS).flatMap(([name, texts]) => texts.map((text) => [text, name]));

  test.each([...words, ...pairs] as [string, string][])('"the %s of it" names %s', (word, name) => {
    const { ecosystem, conflicts } = chooseEcosystem(`the ${word.toUpperCase()} of it`, EVERYTHING);
    expect({ name: ecosystem?.name, conflicts }).toEqual({ name, conflicts: [] });
  });

  test.each(['go there', 'let it go', 'make sure', 'and make', 'nodes', 'the gems', 'cargos', ''])(
    '"%s" names none, so the first is used and each other is told of, but for a Makefile',
    (description) => {
      const { ecosystem, conflicts } = chooseEcosystem(description, EVERYTHING);
      expect(ecosystem?.name).toBe('node');
      const others = ['cargo', 'go', 'python', 'maven', 'gradle', 'cmake', 'ruby', 'php'];
      expect(conflicts).toEqual(
        others.map(
          (other) => `the workspace is of node and of ${other}, and the step names neither: node is used`,
        ),
      );
    },
  );

  test('a word of several ecosystems names the one that is there', () => {
    for (const [name, file] of [
      ['maven', 'pom.xml'],
      ['gradle', 'build.gradle'],
    ] as const) {
      const workspace = decodeManifests({ 'package.json': '{}', [file]: '' });
      expect(chooseEcosystem('test the java code', workspace)).toMatchObject({
        ecosystem: { name },
        conflicts: [],
      });
    }
  });

  test('of two that are named, the one that comes first in the order of ecosystems is used', () => {
    expect(chooseEcosystem('make the php and the rust code', EVERYTHING).ecosystem?.name).toBe('cargo');
  });

  test.each(Object.entries(MANIFESTS))('a workspace of %s is known by %s alone', (name, file) => {
    expect(chooseEcosystem('', decodeManifests({ [file]: '' }))).toMatchObject({
      ecosystem: { name },
      conflicts: [],
    });
    expect(chooseEcosystem('', decodeManifests({}))).toEqual({ ecosystem: null, conflicts: [] });
  });
});

const ORDERS = {
  install: 'install installs reinstall',
  compile: 'compile compiles recompile compilation transpile typecheck type-check',
  build: 'build builds rebuild re-build assemble',
  lint: 'lint lints linter linting eslint clippy rubocop checkstyle ruff',
  test: 'test tests retest re-test testing pytest jest vitest rspec phpunit',
  run: 'run runs rerun re-run start execute launch serve',
};

describe('what a description says is to be done', () => {
  const chosen = (description: string, type: TaskStepType = 'custom') =>
    chooseIntention({ taskId: 'a', type, description });
  const words = Object.entries(ORDERS).flatMap(([name, text]) => text.split(' ').map((word) => [word, name]));

  test.each(words as [string, string][])('the word "%s" says %s, wherever it stands', (word, intention) => {
    for (const text of [
      word,
      `${word} it`,
      `what one could ${word}`,
      `please ${word} it`,
      word.toUpperCase(),
    ])
      expect(chosen(text)).toEqual({ intention });
  });

  test.each([
    ['run the tests', 'test'],
    ['start the linter', 'lint'],
    ['the run of the tests', 'test'],
    ['build what the tests need', 'build'],
    ['test and test again', 'test'],
    ['look at it, then build the tests', 'build'],
  ])('"%s" says %s', (text, intention) => expect(chosen(text)).toEqual({ intention }));

  test.each([
    ['build and test', 'build and test'],
    ['install, then run it', 'install and run'],
    ['lint please build', 'lint and build'],
    ['what the build and a test need', 'build and test'],
    ['run what the build and the test made', 'build and test'],
  ])('"%s" says several, which are named', (text, several) =>
    expect(chosen(text)).toEqual({ refusal: expect.stringContaining(`its description says ${several};`) }),
  );

  test('a type that is an intention has the last word, and an intention before it', () => {
    expect(chosen('run the linter', 'compilation')).toEqual({ intention: 'compile' });
    expect(chosen('run the linter', 'build')).toEqual({ intention: 'build' });
    expect(chosen('run the linter', 'test')).toEqual({ intention: 'test' });
    for (const intention of INTENTIONS)
      expect(chooseIntention({ taskId: 'a', type: 'test', description: 'build', intention })).toEqual({
        intention,
      });
  });

  test.each(STEP_TYPES)(
    'a step of type %s that says nothing is run only where it is an execution',
    (type) => {
      const byType = { compilation: 'compile', build: 'build', test: 'test' } as Record<string, string>;
      const isExecution = type === 'code-execution' || type === 'sandbox-execution';
      const intention = byType[type] ?? (isExecution ? 'run' : undefined);
      const expected = intention === undefined ? { refusal: expect.any(String) } : { intention };
      expect(chosen('do the necessary', type)).toEqual(expected);
      expect(chosen('lint it', type)).toEqual({ intention: byType[type] ?? 'lint' });
    },
  );
});

describe('who does a step', () => {
  const EXECUTED = ['sandbox-execution', 'compilation', 'build', 'test', 'code-execution'];
  const HANDS_ON = ['file-operation', 'git-operation', 'analysis'];

  test.each(STEP_TYPES)('a %s is for a sandbox by its type, its words, or its command', (type) => {
    const doer = (description: string, more = {}) =>
      chooseDoer({ taskId: 'a', type, description, ...more }, {});
    const isExecuted = EXECUTED.includes(type);
    expect(doer('do the necessary')).toBe(isExecuted ? 'sandbox' : 'handler');
    expect(doer('look at the tests')).toBe(HANDS_ON.includes(type) ? 'handler' : 'sandbox');
    expect(doer('run it')).toBe('sandbox');
    expect(doer('look at the tests', { command: 'ls' })).toBe('sandbox');
  });

  test('as sure as it is, a step without a command is guessed at from one half on', () => {
    const step = { taskId: 'a', type: 'analysis', description: 'see the test' } as const;
    expect(isSandboxTask(step).confidence).toBe(0.3);
    expect(isSandboxTask({ ...step, type: 'custom' }).confidence).toBe(0.6);
    expect(isSandboxTask({ ...step, description: 'see it' })).toEqual({
      isSandbox: false,
      confidence: 0.8,
      reason:
        'Not for a sandbox: its type is analysis, it has no command, and its description has none of the words compile, build, test, run.',
    });
    expect(isSandboxTask(step, { neverTypes: ['analysis'] }).confidence).toBe(1);
  });

  test.each('compile build test run'.split(' '))('the word "%s" in its forms is for a sandbox', (word) => {
    for (const form of [word, `${word}s`, `re${word}`, `re-${word}`, word.toUpperCase()])
      expect(isSandboxTask({ taskId: 'a', type: 'custom', description: `we ${form} it` })).toMatchObject({
        isSandbox: true,
        confidence: 0.6,
        reason: `For a sandbox: its description has the word "${form.toLowerCase()}".`,
      });
  });

  test.each([
    [{ type: 'test' }, 'its type is test'],
    [{ type: 'custom', command: 'ls' }, 'it has a command'],
    [
      { type: 'git-operation', description: 'tag the build' },
      'its description has the word "build", though a git-operation may only be about it',
    ],
  ] as const)('%j: it is told by what', (step, why) => {
    const { reason } = isSandboxTask({ taskId: 'a', description: '', ...step });
    expect(reason).toBe(`For a sandbox: ${why}.`);
  });
});

test.each([
  ['Re-run the TESTS', ['re-run', 'the', 'tests']],
  ["the crate's tests, it’s", ['the', 'crate', 'tests', 'it']],
  ['ｔｅｓｔ', ['test']],
  ["don't 'quote'", ["don't", 'quote']],
  ['C++, 1 + 1 ++', ['c++', '1', '1']],
  ['a_b -c- 1.2', ['a_b', 'c', '1', '2']],
  ['테스트 실행', ['테스트', '실행']],
  ['', []],
])('the words of %j are %j', (text, words) => expect(wordsOf(text)).toEqual(words));
