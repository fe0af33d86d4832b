/** Ruby: bundler, with rspec, rake and rubocop where the Gemfile or a file names them. */
import { hasFile, textOf } from '../workspace-facts.js';
import { chooseFrom, type Ecosystem, MEBIBYTE, tool } from './ecosystem.js';

export const RUBY: Ecosystem = {
  name: 'ruby',
  words: ['ruby', 'bundle', 'bundler', 'gem', 'rspec', 'rake'],
  isIn: (workspace) => hasFile(workspace, 'Gemfile'),
  needs: (workspace) => ({
    language: 'ruby',
    tools: [
      tool('ruby', /^\s*ruby\s+['"]([^'"]+)/m.exec(textOf(workspace, 'Gemfile'))?.[1]),
      tool('bundler'),
    ],
    memoryBytes: 256 * MEBIBYTE,
    conflicts: [],
  }),
  choose(intention, workspace, files) {
    const gems = textOf(workspace, 'Gemfile') + textOf(workspace, 'Gemfile.lock');
    const bundle = ['bundle', 'exec'];
    const usesRspec = hasFile(workspace, '.rspec') || /\brspec\b/.test(gems);
    const rake = hasFile(workspace, 'Rakefile') ? { test: [...bundle, 'rake', 'test'] } : {};
    const table = {
      install: ['bundle', 'install'],
      ...(/\brubocop\b/.test(gems) ? { lint: [...bundle, 'rubocop'] } : {}),
      ...(usesRspec ? { test: [...bundle, 'rspec'] } : rake),
      ...(files.length > 0 ? { run: [...bundle, 'ruby'] } : {}),
    };
    return chooseFrom('ruby', table, intention, files, usesRspec ? ['lint', 'test', 'run'] : ['lint', 'run']);
  },
};
