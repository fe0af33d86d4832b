/** What a worker must have for a step: language, programs, memory, as the manifests tell. */
import { expect, test } from '@jest/globals';
import { determineWorkerRequirements } from '#src/core/worker-requirements.js';
import { decodeManifests } from '#src/io/manifest-reader.js';

const STEP = { taskId: 'a', type: 'custom', description: '' } as const;
const MEBIBYTE = 1_048_576;
const json = (value: unknown) => JSON.stringify(value);
const typescript = { typescript: '5' };

test.each<[texts: Record<string, string>, needs: string, memoryMebibytes: number]>([
  [{ 'package.json': '{}' }, 'javascript: node', 512],
  [{ 'package.json': json({ engines: { node: '' } }) }, 'javascript: node', 512],
  [{ 'package.json': json({ dependencies: typescript }) }, 'typescript: node', 1_024],
  [{ 'package.json': json({ devDependencies: typescript }) }, 'typescript: node', 1_024],
  [{ 'package.json': '{}', 'tsconfig.json': '{}' }, 'typescript: node', 1_024],
  [{ 'package.json': json({ packageManager: 'yarn@4.1.0' }) }, 'javascript: node, yarn 4.1.0', 512],
  [{ 'package.json': json({ packageManager: 'npm@10.0.0' }) }, 'javascript: node', 512],
  [{ 'package.json': json({ packageManager: 'bun@1.2.0+sha1.a' }) }, 'javascript: bun 1.2.0', 512],
  [{ 'package.json': json({ packageManager: 'cnpm@9.4.0' }), 'bun.lockb': '' }, 'javascript: bun', 512],
  [{ 'Cargo.toml': '[package]\nrust-version = "1.80"' }, 'rust: cargo 1.80', 1_024],
  [{ 'Cargo.toml': '[workspace.package]\nrust-version = "1.79"' }, 'rust: cargo 1.79', 1_024],
  [{ 'go.mod': 'module a\n\ngo 1.22.3\n' }, 'go: go 1.22.3', 512],
  [{ 'go.mod': 'module a\n// go 1.2\ntoolchain go1.23\n' }, 'go: go', 512],
  [{ 'pyproject.toml': '[project]\nrequires-python = ">=3.12"' }, 'python: python >=3.12', 256],
  [{ 'uv.lock': '' }, 'python: python, uv', 256],
  [{ 'pyproject.toml': '[tool.poetry.dependencies]\npython = "^3.11"' }, 'python: python ^3.11, poetry', 256],
  [{ 'poetry.lock': '' }, 'python: python, poetry', 256],
  [{ 'setup.cfg': '' }, 'python: python', 256],
  [{ 'pom.xml': '' }, 'java: java, maven', 1_024],
  [{ 'pom.xml': '<java.version> 17', mvnw: '' }, 'java: java 17', 1_024],
  [{ 'pom.xml': '<maven.compiler.source>1.8' }, 'java: java 1.8, maven', 1_024],
  [{ 'pom.xml': '<maven.compiler.target>11' }, 'java: java 11, maven', 1_024],
  [{ 'pom.xml': 'kotlin-maven-plugin' }, 'kotlin: java, maven', 1_024],
  [{ 'build.gradle': '' }, 'java: java, gradle', 1_024],
  [{ 'build.gradle': 'JavaLanguageVersion.of(21)', gradlew: '' }, 'java: java 21', 1_024],
  [{ 'build.gradle.kts': 'kotlin { jvmToolchain( 17) }' }, 'kotlin: java 17, gradle', 1_024],
  [{ 'CMakeLists.txt': 'cmake_minimum_required(VERSION 3.20)\nproject(a)' }, 'c++: cmake 3.20, c++', 512],
  [{ 'CMakeLists.txt': 'CMAKE_MINIMUM_REQUIRED ( VERSION 3.5 )' }, 'c++: cmake 3.5, c++', 512],
  [{ 'CMakeLists.txt': 'project(a C)' }, 'c: cmake, cc', 512],
  [{ 'CMakeLists.txt': 'project(a LANGUAGES C CXX)' }, 'c++: cmake, c++', 512],
  [{ Gemfile: 'source \'a\'\nruby "3.3.0"\n' }, 'ruby: ruby 3.3.0, bundler', 256],
  [{ Gemfile: '' }, 'ruby: ruby, bundler', 256],
  [{ 'composer.json': json({ require: { php: '>=8.2' } }) }, 'php: php >=8.2, composer', 256],
  [{ 'composer.json': '{}' }, 'php: php, composer', 256],
  [{ makefile: '' }, 'c: make, cc', 256],
])('%j needs %s and %i MiB', (texts, expected, memoryMebibytes) => {
  const { language, toolchain, memoryBytes, conflicts } = determineWorkerRequirements(
    STEP,
    decodeManifests(texts),
  );
  const tools = toolchain.map(({ name, ...rest }) => ('version' in rest ? `${name} ${rest.version}` : name));
  expect({ needs: `${language}: ${tools.join(', ')}`, memoryBytes, conflicts }).toEqual({
    needs: expected,
    memoryBytes: memoryMebibytes * MEBIBYTE,
    conflicts: [],
  });
});

test.each<[texts: Record<string, string>, conflicts: string[]]>([
  [
    { 'package.json': json({ packageManager: 'npm@10.0.0' }), 'yarn.lock': '', 'npm-shrinkwrap.json': '{}' },
    ['yarn.lock is of yarn, and packageManager names npm: npm is used'],
  ],
  [
    { 'package.json': '{}', 'yarn.lock': '', 'bun.lock': '', 'bun.lockb': '', 'npm-shrinkwrap.json': '{}' },
    [
      'bun.lock is of bun, and yarn.lock is there too: yarn is used',
      'bun.lockb is of bun, and yarn.lock is there too: yarn is used',
      'npm-shrinkwrap.json is of npm, and yarn.lock is there too: yarn is used',
    ],
  ],
  [
    { 'build.gradle': '', 'build.gradle.kts': '' },
    ['build.gradle.kts is there beside build.gradle: gradle itself uses build.gradle'],
  ],
  [{ 'uv.lock': '', 'poetry.lock': '' }, ['poetry.lock is of poetry, and uv.lock is there too: uv is used']],
  [
    { 'Cargo.toml': '', 'go.mod': '', Makefile: '' },
    ['the workspace is of cargo and of go, and the step names neither: cargo is used'],
  ],
])('%j: what contradicts itself is told', (texts, conflicts) => {
  expect(determineWorkerRequirements(STEP, decodeManifests(texts)).conflicts).toEqual(conflicts);
});

test('a type is asked for by the language, the labels and the memory by the step alone', () => {
  const workspace = decodeManifests({ 'go.mod': '' });
  expect(determineWorkerRequirements(STEP, workspace, { go: 'builder' })).toEqual({
    language: 'go',
    toolchain: [{ name: 'go' }],
    memoryBytes: 512 * MEBIBYTE,
    type: 'builder',
    labels: {},
    conflicts: [],
  });
  const step = { ...STEP, requirements: { type: 'gpu', labels: { zone: 'a' }, memoryBytes: 0 } };
  expect(determineWorkerRequirements(step, workspace, { go: 'builder' })).toMatchObject(step.requirements);
  expect(determineWorkerRequirements(STEP, decodeManifests({}), { go: 'builder' }).type).toBeNull();
});
