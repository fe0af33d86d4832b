/** Single files without a manifest: by the ending of the first, its interpreter or its compiler. */
import type { Intention } from '../step-facts.js';
import { type Choice, type EcosystemNeeds, MEBIBYTE, tool } from './ecosystem.js';

interface FileKind {
  readonly language: string;
  /** A program of the tool chain. */
  readonly program: string;
  /** The argv before the file names, by intention. */
  readonly commands: Partial<Record<Intention, readonly string[]>>;
}

const NODE = {
  run: ['node'],
  test: ['node', '--test'],
  compile: ['node', '--check'],
  build: ['node', '--check'],
};

const KINDS: Readonly<Record<string, FileKind>> = {
  py: {
    language: 'python',
    program: 'python',
    commands: {
      run: ['python3'],
      test: ['python3', '-m', 'unittest'],
      compile: ['python3', '-m', 'py_compile'],
    },
  },
  js: { language: 'javascript', program: 'node', commands: NODE },
  mjs: { language: 'javascript', program: 'node', commands: NODE },
  cjs: { language: 'javascript', program: 'node', commands: NODE },
  ts: { language: 'typescript', program: 'tsc', commands: { compile: ['tsc'], build: ['tsc'] } },
  sh: {
    language: 'shell',
    program: 'sh',
    commands: { run: ['sh'], compile: ['sh', '-n'], lint: ['sh', '-n'] },
  },
  bash: {
    language: 'shell',
    program: 'bash',
    commands: { run: ['bash'], compile: ['bash', '-n'], lint: ['bash', '-n'] },
  },
  rb: {
    language: 'ruby',
    program: 'ruby',
    commands: { run: ['ruby'], compile: ['ruby', '-c'], lint: ['ruby', '-c'] },
  },
  php: { language: 'php', program: 'php', commands: { run: ['php'], lint: ['php', '-l'] } },
  pl: { language: 'perl', program: 'perl', commands: { run: ['perl'], compile: ['perl', '-c'] } },
  go: {
    language: 'go',
    program: 'go',
    commands: { run: ['go', 'run'], compile: ['go', 'build'], build: ['go', 'build'] },
  },
  rs: { language: 'rust', program: 'rustc', commands: { compile: ['rustc'], build: ['rustc'] } },
  c: {
    language: 'c',
    program: 'cc',
    commands: { compile: ['cc', '-o', 'a.out'], build: ['cc', '-o', 'a.out'] },
  },
  cpp: {
    language: 'c++',
    program: 'c++',
    commands: { compile: ['c++', '-o', 'a.out'], build: ['c++', '-o', 'a.out'] },
  },
  cc: {
    language: 'c++',
    program: 'c++',
    commands: { compile: ['c++', '-o', 'a.out'], build: ['c++', '-o', 'a.out'] },
  },
  java: {
    language: 'java',
    program: 'java',
    commands: { run: ['java'], compile: ['javac'], build: ['javac'] },
  },
};

function kindOf(files: readonly string[]): FileKind | null {
  const ending = /\.([A-Za-z0-9]+)$/.exec(files[0] ?? '')?.[1]?.toLowerCase() ?? '';
  return Object.hasOwn(KINDS, ending) ? (KINDS[ending] as FileKind) : null;
}

export function chooseForFiles(intention: Intention, files: readonly string[]): Choice {
  const kind = kindOf(files);
  if (kind === null)
    return {
      refusal: `nothing is known of how to ${intention} the file ${JSON.stringify(files[0])}; give the step a \`command\``,
    };
  const argv = kind.commands[intention];
  if (argv === undefined)
    return {
      refusal: `nothing is known of how to ${intention} a single file of ${kind.language}; give the step a \`command\``,
    };
  return { argv: [...argv, ...files] };
}

export function needsOfFiles(files: readonly string[]): EcosystemNeeds | null {
  const kind = kindOf(files);
  if (kind === null) return null;
  return { language: kind.language, tools: [tool(kind.program)], memoryBytes: 256 * MEBIBYTE, conflicts: [] };
}
