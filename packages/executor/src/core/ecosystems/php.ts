/** PHP: composer, and the scripts that its manifest names. */
import { dataAt, hasFile, textAt, textOf } from '../workspace-facts.js';
import { chooseFrom, type Ecosystem, MEBIBYTE, tool } from './ecosystem.js';

export const PHP: Ecosystem = {
  name: 'php',
  words: ['php', 'composer', 'phpunit'],
  isIn: (workspace) => hasFile(workspace, 'composer.json'),
  needs: (workspace) => ({
    language: 'php',
    tools: [tool('php', textAt(workspace, 'composer.json', 'require', 'php')), tool('composer')],
    memoryBytes: 256 * MEBIBYTE,
    conflicts: [],
  }),
  choose(intention, workspace, files) {
    const script = (name: string) =>
      dataAt(workspace, 'composer.json', 'scripts', name) === undefined
        ? undefined
        : ['composer', '--no-interaction', 'run-script', name];
    const phpunit = /\bphpunit\/phpunit\b/.test(textOf(workspace, 'composer.json'))
      ? ['vendor/bin/phpunit']
      : undefined;
    const found = {
      install: ['composer', '--no-interaction', 'install'],
      build: script('build'),
      lint: script('lint') ?? script('check'),
      test: script('test') ?? phpunit,
      run: files.length > 0 ? ['php'] : script('start'),
    };
    const table = Object.fromEntries(Object.entries(found).filter(([, argv]) => argv !== undefined));
    return chooseFrom('php', table, intention, files, ['run']);
  },
};
