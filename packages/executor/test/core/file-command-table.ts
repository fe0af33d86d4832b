/** What is done with single files, by their ending, where there is no manifest. */
import type { Commands } from './command-row.js';

/** The language, a program that it needs, and what stands before the file names. */
export const FILE_COMMANDS: Readonly<
  Record<string, readonly [language: string, program: string, commands: Partial<Commands>]>
> = {
  py: ['python', 'python', { run: 'python3', test: 'python3 -m unittest', compile: 'python3 -m py_compile' }],
  ...Object.fromEntries(
    ['js', 'mjs', 'cjs'].map((ending) => [
      ending,
      [
        'javascript',
        'node',
        { run: 'node', test: 'node --test', compile: 'node --check', build: 'node --check' },
      ] as const,
    ]),
  ),
  ts: ['typescript', 'tsc', { compile: 'tsc', build: 'tsc' }],
  sh: ['shell', 'sh', { run: 'sh', compile: 'sh -n', lint: 'sh -n' }],
  bash: ['shell', 'bash', { run: 'bash', compile: 'bash -n', lint: 'bash -n' }],
  rb: ['ruby', 'ruby', { run: 'ruby', compile: 'ruby -c', lint: 'ruby -c' }],
  php: ['php', 'php', { run: 'php', lint: 'php -l' }],
  pl: ['perl', 'perl', { run: 'perl', compile: 'perl -c' }],
  go: ['go', 'go', { run: 'go run', compile: 'go build', build: 'go build' }],
  rs: ['rust', 'rustc', { compile: 'rustc', build: 'rustc' }],
  c: ['c', 'cc', { compile: 'cc -o a.out', build: 'cc -o a.out' }],
  cpp: ['c++', 'c++', { compile: 'c++ -o a.out', build: 'c++ -o a.out' }],
  cc: ['c++', 'c++', { compile: 'c++ -o a.out', build: 'c++ -o a.out' }],
  java: ['java', 'java', { run: 'java', compile: 'javac', build: 'javac' }],
};
