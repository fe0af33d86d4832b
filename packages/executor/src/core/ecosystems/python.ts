/** Python: uv or poetry where the lock file or the manifest says so, else the interpreter's own modules. */
import type { Intention } from '../step-facts.js';
import {
  dataAt,
  hasFile,
  type ManifestName,
  textAt,
  textOf,
  type WorkspaceFacts,
} from '../workspace-facts.js';
import { chooseFrom, type Ecosystem, MEBIBYTE, tool } from './ecosystem.js';

const SIGNS: readonly ManifestName[] = [
  'pyproject.toml',
  'requirements.txt',
  'setup.py',
  'setup.cfg',
  'uv.lock',
  'poetry.lock',
  'pytest.ini',
  'manage.py',
];
type Frontend = 'uv' | 'poetry' | 'pip';

export const PYTHON: Ecosystem = {
  name: 'python',
  words: ['python', 'pip', 'pytest', 'poetry', 'uv', 'django'],
  isIn: (workspace) => SIGNS.some((name) => hasFile(workspace, name)),
  needs(workspace) {
    const version =
      textAt(workspace, 'pyproject.toml', 'project', 'requires-python') ??
      textAt(workspace, 'pyproject.toml', 'tool', 'poetry', 'dependencies', 'python');
    const frontend = chooseFrontend(workspace);
    const both = hasFile(workspace, 'uv.lock') && hasFile(workspace, 'poetry.lock');
    return {
      language: 'python',
      tools: [tool('python', version), ...(frontend === 'pip' ? [] : [tool(frontend)])],
      memoryBytes: 256 * MEBIBYTE,
      conflicts: both ? ['poetry.lock is of poetry, and uv.lock is there too: uv is used'] : [],
    };
  },
  choose(intention, workspace, files) {
    return chooseFrom('python', tableOf(workspace, files), intention, files, [
      'compile',
      'lint',
      'test',
      'run',
    ]);
  },
};

function chooseFrontend(workspace: WorkspaceFacts): Frontend {
  if (hasFile(workspace, 'uv.lock')) return 'uv';
  const isPoetry = dataAt(workspace, 'pyproject.toml', 'tool', 'poetry') !== undefined;
  return hasFile(workspace, 'poetry.lock') || isPoetry ? 'poetry' : 'pip';
}

function tableOf(
  workspace: WorkspaceFacts,
  files: readonly string[],
): Partial<Record<Intention, readonly string[]>> {
  const frontend = chooseFrontend(workspace);
  const prefix = frontend === 'pip' ? [] : [frontend, 'run'];
  const python = frontend === 'pip' ? ['python3'] : [...prefix, 'python'];
  const install = installOf(frontend, workspace);
  const program = (['manage.py', 'main.py'] as const).find((name) => hasFile(workspace, name));
  const run = files.length > 0 ? python : program && [...python, program];
  const lint = usesRuff(workspace) ? [...prefix, 'ruff', 'check'] : undefined;
  return {
    ...(install === undefined ? {} : { install }),
    compile: [...python, '-m', 'compileall', '-q', ...(files.length === 0 ? ['.'] : [])],
    build: buildOf(frontend, python),
    ...(lint === undefined ? {} : { lint }),
    test: usesPytest(workspace) ? [...python, '-m', 'pytest'] : [...python, '-m', 'unittest'],
    ...(run === undefined ? {} : { run }),
  };
}

function installOf(frontend: Frontend, workspace: WorkspaceFacts): string[] | undefined {
  if (frontend === 'uv') return ['uv', 'sync', '--frozen'];
  if (frontend === 'poetry') return ['poetry', 'install', '--no-interaction'];
  const pip = ['python3', '-m', 'pip', 'install', '--no-input'];
  if (hasFile(workspace, 'requirements.txt')) return [...pip, '-r', 'requirements.txt'];
  const isPackage = (['pyproject.toml', 'setup.py', 'setup.cfg'] as const).some((name) =>
    hasFile(workspace, name),
  );
  return isPackage ? [...pip, '-e', '.'] : undefined;
}

function buildOf(frontend: Frontend, python: readonly string[]): string[] {
  if (frontend === 'uv') return ['uv', 'build'];
  return frontend === 'poetry' ? ['poetry', 'build'] : [...python, '-m', 'build'];
}

function usesPytest(workspace: WorkspaceFacts): boolean {
  if (hasFile(workspace, 'pytest.ini')) return true;
  const places: ManifestName[] = ['pyproject.toml', 'requirements.txt', 'setup.cfg', 'setup.py', 'tox.ini'];
  return places.some((name) => /\bpytest\b/.test(textOf(workspace, name)));
}

function usesRuff(workspace: WorkspaceFacts): boolean {
  return (['pyproject.toml', 'requirements.txt'] as const).some((name) =>
    /\bruff\b/.test(textOf(workspace, name)),
  );
}
