/** Rust: cargo. */
import { hasFile, textAt } from '../workspace-facts.js';
import { chooseFrom, type Ecosystem, MEBIBYTE, tool } from './ecosystem.js';

export const RUST: Ecosystem = {
  name: 'cargo',
  words: ['cargo', 'rust', 'crate', 'clippy'],
  isIn: (workspace) => hasFile(workspace, 'Cargo.toml'),
  needs: (workspace) => ({
    language: 'rust',
    tools: [
      tool(
        'cargo',
        textAt(workspace, 'Cargo.toml', 'package', 'rust-version') ??
          textAt(workspace, 'Cargo.toml', 'workspace', 'package', 'rust-version'),
      ),
    ],
    memoryBytes: 1_024 * MEBIBYTE,
    conflicts: [],
  }),
  choose(intention, workspace, files) {
    const locked = hasFile(workspace, 'Cargo.lock') ? ['--locked'] : [];
    const table = {
      install: ['cargo', 'fetch', ...locked],
      compile: ['cargo', 'build', ...locked],
      build: ['cargo', 'build', ...locked],
      lint: ['cargo', 'clippy', '--all-targets', ...locked],
      test: ['cargo', 'test', ...locked],
      run: ['cargo', 'run', ...locked],
    };
    return chooseFrom('cargo', table, intention, files);
  },
};
