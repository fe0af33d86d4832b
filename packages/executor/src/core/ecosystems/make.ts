/** A Makefile: the targets that it names itself. File names are never given to make: its recipes are shell. */
import type { Intention } from '../step-facts.js';
import { hasFile, type ManifestName, textOf, type WorkspaceFacts } from '../workspace-facts.js';
import { type Choice, type Ecosystem, MEBIBYTE, tool } from './ecosystem.js';

/** In the order in which make itself looks for them. */
const NAMES: readonly ManifestName[] = ['GNUmakefile', 'makefile', 'Makefile'];

/** Targets by intention, the first that there is. `make install` is none of them: it installs on the system. */
const TARGETS: Readonly<Record<Intention, readonly string[]>> = {
  install: ['deps', 'dependencies', 'setup', 'bootstrap'],
  compile: ['compile', 'build', 'all'],
  build: ['build', 'all'],
  lint: ['lint'],
  test: ['test', 'tests', 'check'],
  run: ['run', 'start'],
};

export const MAKE: Ecosystem = {
  name: 'make',
  words: ['makefile', 'gmake'],
  // "Make sure that …" names no make.
  phrases: [
    'run make',
    'with make',
    'by make',
    'using make',
    'make test',
    'make check',
    'make build',
    'make all',
    'make lint',
  ],
  isIn: (workspace) => NAMES.some((name) => hasFile(workspace, name)),
  needs: () => ({
    language: 'c',
    tools: [tool('make'), tool('cc')],
    memoryBytes: 256 * MEBIBYTE,
    conflicts: [],
  }),
  choose(intention, workspace, files): Choice {
    if (files.length > 0)
      return {
        refusal:
          'make would hand file names to a shell, so it is given none; give the step a `command`, or no `files`',
      };
    const targets = readTargets(workspace);
    const target = TARGETS[intention].find((name) => targets.has(name));
    if (target !== undefined) return { argv: ['make', target] };
    if (intention === 'build' || intention === 'compile') return { argv: ['make'] };
    return {
      refusal: `the Makefile has none of the targets ${TARGETS[intention].join(', ')}; give the step a \`command\``,
    };
  },
};

function readTargets(workspace: WorkspaceFacts): Set<string> {
  const name = NAMES.find((each) => hasFile(workspace, each));
  const text = name === undefined ? '' : textOf(workspace, name);
  const rules = text.matchAll(/^([A-Za-z0-9_.][\w .-]*?)\s*::?(?!:*=)/gm);
  return new Set([...rules].flatMap(([, names]) => (names as string).split(/\s+/)));
}
