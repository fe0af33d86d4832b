/** Java by Maven: the wrapper where the workspace has one. */
import { hasFile, textOf } from '../workspace-facts.js';
import { chooseFrom, type Ecosystem, MEBIBYTE, tool } from './ecosystem.js';

export const MAVEN: Ecosystem = {
  name: 'maven',
  words: ['maven', 'mvn', 'java'],
  isIn: (workspace) => hasFile(workspace, 'pom.xml'),
  needs(workspace) {
    const pom = textOf(workspace, 'pom.xml');
    const release = /<(?:maven\.compiler\.(?:release|source|target)|java\.version)>\s*([\d.]+)/.exec(
      pom,
    )?.[1];
    const own = hasFile(workspace, 'mvnw') ? [] : [tool('maven')];
    return {
      language: /kotlin-maven-plugin/.test(pom) ? 'kotlin' : 'java',
      tools: [tool('java', release), ...own],
      memoryBytes: 1_024 * MEBIBYTE,
      conflicts: [],
    };
  },
  choose(intention, workspace, files) {
    const pom = textOf(workspace, 'pom.xml');
    const maven = [hasFile(workspace, 'mvnw') ? './mvnw' : 'mvn', '--batch-mode'];
    const table = {
      install: [...maven, 'dependency:go-offline'],
      compile: [...maven, 'compile'],
      build: [...maven, 'package', '-DskipTests'],
      test: [...maven, 'test'],
      ...(/maven-checkstyle-plugin/.test(pom) ? { lint: [...maven, 'checkstyle:check'] } : {}),
      ...goalToRun(maven, pom),
    };
    return chooseFrom('maven', table, intention, files);
  },
};

function goalToRun(maven: readonly string[], pom: string): { run?: readonly string[] } {
  if (/spring-boot-maven-plugin/.test(pom)) return { run: [...maven, 'spring-boot:run'] };
  return /exec-maven-plugin/.test(pom) ? { run: [...maven, 'exec:java'] } : {};
}
