/** Tests that need a program of the host: where it is absent they are skipped by name, and it is said how to get it. */
import { spawnSync } from 'node:child_process';
import { test } from '@jest/globals';

/** @param how the program, and the Debian package that brings it */
export function testIf(isThere: boolean, how: string): typeof test | typeof test.skip {
  if (isThere) return test;
  process.stderr.write(`skipped here: tests that need ${how}\n`);
  return test.skip;
}

export function hasProgram(program: string, flag: string): boolean {
  return spawnSync(program, [flag], { stdio: 'ignore' }).status === 0;
}
