/** Workspaces of many kinds, by what their manifests say. */
import type { WorkspaceFacts } from '#src/core/workspace-facts.js';
import { decodeManifests } from '#src/io/manifest-reader.js';

const scripts = { build: 'tsc', test: 'jest', lint: 'eslint .', start: 'node .' };
const json = (value: unknown) => JSON.stringify(value);

const TEXTS = {
  nothing: {},
  npm: { 'package.json': json({ scripts, engines: { node: '>=20' } }), 'package-lock.json': '{}' },
  'npm without scripts': {
    'package.json': json({ main: 'main.js', scripts: { test: 'echo "Error: no test specified" && exit 1' } }),
  },
  pnpm: {
    'package.json': json({ scripts, packageManager: 'pnpm@10.1.0+sha512.abc' }),
    'pnpm-lock.yaml': '',
    'tsconfig.json': '{}',
  },
  'yarn 1': { 'package.json': json({ scripts }), 'yarn.lock': '# yarn lockfile v1' },
  'yarn 4': {
    'package.json': json({ scripts }),
    'yarn.lock': '__metadata:\n  version: 8',
    '.yarnrc.yml': '',
  },
  bun: { 'package.json': json({ main: 'a.ts', devDependencies: { typescript: '5' } }), 'bun.lock': '' },
  'two lock files': { 'package.json': json({ scripts }), 'package-lock.json': '{}', 'pnpm-lock.yaml': '' },
  'broken package.json': { 'package.json': '{ "scripts": ' },
  cargo: { 'Cargo.toml': '[package]\nname = "a"\nrust-version = "1.80"', 'Cargo.lock': '' },
  'cargo without lock': { 'Cargo.toml': '[workspace]\nmembers = ["a"]' },
  go: { 'go.mod': 'module example.com/a\n\ngo 1.22.3\n' },
  uv: {
    'pyproject.toml': '[project]\nrequires-python = ">=3.12"\n[dependency-groups]\ndev = ["pytest", "ruff"]',
    'uv.lock': '',
  },
  poetry: {
    'pyproject.toml': '[tool.poetry]\nname = "a"\n[tool.poetry.dependencies]\npython = "^3.11"',
    'poetry.lock': '',
  },
  'uv and poetry': { 'pyproject.toml': '[project]\nname = "a"', 'uv.lock': '', 'poetry.lock': '' },
  pip: { 'requirements.txt': 'flask==3.0\npytest==8.0\n', 'main.py': '' },
  'setup.py': { 'setup.py': 'from setuptools import setup' },
  maven: {
    'pom.xml':
      '<project><properties><maven.compiler.release>21</maven.compiler.release></properties></project>',
  },
  'spring boot': {
    'pom.xml': '<artifactId>spring-boot-maven-plugin</artifactId><java.version>17</java.version>',
    mvnw: '',
  },
  gradle: { 'build.gradle': "plugins { id 'application' }" },
  'gradle in kotlin': { 'build.gradle.kts': 'kotlin { jvmToolchain(17) }', gradlew: '' },
  make: { Makefile: 'CC := cc\nall: main\nmain: main.c\n\tcc -o main main.c\ntest: all\n\t./main\nclean:\n' },
  'make without targets of those names': { Makefile: 'main: main.c\n' },
  cmake: { 'CMakeLists.txt': 'cmake_minimum_required(VERSION 3.20)\nproject(a CXX)' },
  ruby: { Gemfile: "ruby '3.3.0'\ngem 'rspec'\ngem 'rubocop'" },
  php: { 'composer.json': json({ require: { php: '>=8.2' }, 'require-dev': { 'phpunit/phpunit': '^11' } }) },
  'node and rust': {
    'package.json': json({ scripts }),
    'Cargo.toml': '[package]\nname = "a"',
    Makefile: 'test:\n',
  },
} satisfies Record<string, Readonly<Record<string, string>>>;
export type WorkspaceName = keyof typeof TEXTS;

export function workspace(name: WorkspaceName): WorkspaceFacts {
  return decodeManifests(TEXTS[name]);
}

export const WORKSPACE_NAMES = Object.keys(TEXTS) as WorkspaceName[];
