/** C and C++ by CMake. Configuring comes first each time: it does nothing where nothing has changed. */
import { hasFile, textOf } from '../workspace-facts.js';
import { chooseFrom, type Ecosystem, MEBIBYTE, tool } from './ecosystem.js';

const CONFIGURE = 'cmake -S . -B build';
const BUILD = `${CONFIGURE} && cmake --build build --parallel`;

export const CMAKE: Ecosystem = {
  name: 'cmake',
  words: ['cmake', 'ctest', 'c++', 'cpp'],
  isIn: (workspace) => hasFile(workspace, 'CMakeLists.txt'),
  needs(workspace) {
    const text = textOf(workspace, 'CMakeLists.txt');
    const version = /cmake_minimum_required\s*\(\s*VERSION\s+([\d.]+)/i.exec(text)?.[1];
    const isC = /project\s*\([^)]*\bC\b(?!XX)[^)]*\)/i.test(text) && !/\bCXX\b/.test(text);
    return {
      language: isC ? 'c' : 'c++',
      tools: [tool('cmake', version), tool(isC ? 'cc' : 'c++')],
      memoryBytes: 512 * MEBIBYTE,
      conflicts: [],
    };
  },
  choose(intention, _workspace, files) {
    // These lines are the whole of what a shell reads: nothing is ever put into them.
    const table = {
      install: ['cmake', '-S', '.', '-B', 'build'],
      compile: ['sh', '-c', BUILD],
      build: ['sh', '-c', BUILD],
      test: ['sh', '-c', `${BUILD} && ctest --test-dir build --output-on-failure`],
    };
    return chooseFrom('cmake', table, intention, files);
  },
};
