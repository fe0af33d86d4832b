/** Java and Kotlin by Gradle: the wrapper where the workspace has one. */
import { hasFile, textOf } from '../workspace-facts.js';
import { chooseFrom, type Ecosystem, MEBIBYTE, tool } from './ecosystem.js';

export const GRADLE: Ecosystem = {
  name: 'gradle',
  words: ['gradle', 'gradlew', 'java', 'kotlin'],
  isIn: (workspace) => hasFile(workspace, 'build.gradle') || hasFile(workspace, 'build.gradle.kts'),
  needs(workspace) {
    const script = `${textOf(workspace, 'build.gradle')}\n${textOf(workspace, 'build.gradle.kts')}`;
    const version = /(?:JavaLanguageVersion\.of\(|jvmToolchain\()\s*(\d+)/.exec(script)?.[1];
    const own = hasFile(workspace, 'gradlew') ? [] : [tool('gradle')];
    const both = hasFile(workspace, 'build.gradle') && hasFile(workspace, 'build.gradle.kts');
    return {
      language: /\bkotlin\b/.test(script) ? 'kotlin' : 'java',
      tools: [tool('java', version), ...own],
      memoryBytes: 1_024 * MEBIBYTE,
      conflicts: both
        ? ['build.gradle.kts is there beside build.gradle: gradle itself uses build.gradle']
        : [],
    };
  },
  choose(intention, workspace, files) {
    const script = `${textOf(workspace, 'build.gradle')}\n${textOf(workspace, 'build.gradle.kts')}`;
    // A daemon would outlive the command, and be ended with what it left.
    const gradle = [hasFile(workspace, 'gradlew') ? './gradlew' : 'gradle', '--no-daemon', '--console=plain'];
    const isApplication = /\bapplication\b|org\.springframework\.boot/.test(script);
    const table = {
      install: [...gradle, 'dependencies'],
      compile: [...gradle, 'classes'],
      build: [...gradle, 'assemble'],
      lint: [...gradle, 'check', '-x', 'test'],
      test: [...gradle, 'test'],
      ...(isApplication
        ? { run: [...gradle, /springframework\.boot/.test(script) ? 'bootRun' : 'run'] }
        : {}),
    };
    return chooseFrom('gradle', table, intention, files);
  },
};
