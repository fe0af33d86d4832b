/** What is known of a workspace: its manifests as data, and which files there are. Reading them is for others. */

/** A file of a workspace that tells how it is built. */
export interface Manifest {
  readonly text: string;
  /** What the JSON or TOML says; left out for other formats, and where it is broken. */
  readonly data?: Readonly<Record<string, unknown>>;
  /** Why it could not be read, in a sentence. */
  readonly fault?: string;
}

export interface WorkspaceFacts {
  /** By file name. */
  readonly manifests: ReadonlyMap<string, Manifest>;
}

/** Files that tell how a workspace is built: all that decisions go by. */
export const MANIFEST_NAMES = [
  'package.json',
  'package-lock.json',
  'npm-shrinkwrap.json',
  'pnpm-lock.yaml',
  'yarn.lock',
  '.yarnrc.yml',
  'bun.lock',
  'bun.lockb',
  'tsconfig.json',
  'Cargo.toml',
  'Cargo.lock',
  'go.mod',
  'pyproject.toml',
  'requirements.txt',
  'setup.py',
  'setup.cfg',
  'uv.lock',
  'poetry.lock',
  'pytest.ini',
  'tox.ini',
  'manage.py',
  'main.py',
  'pom.xml',
  'mvnw',
  'build.gradle',
  'build.gradle.kts',
  'gradlew',
  'Makefile',
  'makefile',
  'GNUmakefile',
  'CMakeLists.txt',
  'Gemfile',
  'Gemfile.lock',
  'Rakefile',
  '.rspec',
  'composer.json',
  'composer.lock',
] as const;
export type ManifestName = (typeof MANIFEST_NAMES)[number];

/** A lock file is known by its name: only so much of a manifest is ever read, bytes. */
export const MAX_MANIFEST_BYTES = 65_536;

export const EMPTY_WORKSPACE: WorkspaceFacts = { manifests: new Map() };

export function hasFile(workspace: WorkspaceFacts, name: ManifestName): boolean {
  return workspace.manifests.has(name);
}

export function textOf(workspace: WorkspaceFacts, name: ManifestName): string {
  return workspace.manifests.get(name)?.text ?? '';
}

/** A value inside the data of a manifest, by its path; undefined where there is none. */
export function dataAt(workspace: WorkspaceFacts, name: ManifestName, ...path: string[]): unknown {
  let value: unknown = workspace.manifests.get(name)?.data;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

export function textAt(workspace: WorkspaceFacts, name: ManifestName, ...path: string[]): string | undefined {
  const value = dataAt(workspace, name, ...path);
  return typeof value === 'string' && value !== '' ? value : undefined;
}
