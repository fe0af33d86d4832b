/** Go: its own tool. */
import { hasFile, textOf } from '../workspace-facts.js';
import { chooseFrom, type Ecosystem, MEBIBYTE, tool } from './ecosystem.js';

export const GO: Ecosystem = {
  name: 'go',
  words: ['golang'],
  phrases: ['go build', 'go test', 'go run', 'go vet', 'go mod', 'go tests', 'go module', 'go code'],
  isIn: (workspace) => hasFile(workspace, 'go.mod'),
  needs: (workspace) => ({
    language: 'go',
    tools: [tool('go', /^go\s+(\d[\w.]*)/m.exec(textOf(workspace, 'go.mod'))?.[1])],
    memoryBytes: 512 * MEBIBYTE,
    conflicts: [],
  }),
  choose(intention, _workspace, files) {
    const table = {
      install: ['go', 'mod', 'download'],
      compile: ['go', 'build', './...'],
      build: ['go', 'build', './...'],
      lint: ['go', 'vet', './...'],
      test: ['go', 'test', './...'],
      run: files.length === 0 ? ['go', 'run', '.'] : ['go', 'run'],
    };
    return chooseFrom('go', table, intention, files, ['run']);
  },
};
