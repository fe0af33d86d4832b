/**
 * The walls of docs/architecture.md, one named rule each, type-only imports included. scripts/walls.test.mjs breaks
 * each of them and expects exactly its name.
 */

/** An agent's program lives on public indexes alone: its own files, npm, Node and these. */
function agentSideSees(own, indexes) {
  return {
    name: 'wall-5-agent-side-sees-indexes-alone',
    comment:
      'cli, executor, agent-tools and mcp see the manager by its index (mcp the executor and agent-tools too), and no other package.',
    severity: 'error',
    from: { path: `^${own}/src/` },
    to: {
      path: ['^(packages|apps|e2e)/', '^@sandcrew/'],
      pathNot: [`^${own}/src/`, ...indexes.map((name) => `^packages/${name}/src/index\\.ts$`)],
    },
  };
}

module.exports = {
  forbidden: [
    {
      name: 'wall-1-protocol-imports-typebox-alone',
      comment: 'The protocol runs in Node and in a browser, and third parties pin it.',
      severity: 'error',
      from: { path: '^packages/protocol/src/' },
      to: { pathNot: ['^packages/protocol/src/', '(^|/)node_modules/typebox/'] },
    },
    {
      name: 'wall-2-core-decides-alone',
      comment: 'core imports core and the protocol: what it needs from outside arrives inside an event.',
      severity: 'error',
      from: { path: '^(packages|apps)/([^/]+)/src/core/' },
      to: { pathNot: ['^$1/$2/src/core/', '^packages/protocol/src/index\\.ts$'] },
    },
    {
      name: 'wall-3-io-knows-no-facade',
      comment: 'io is told what to do: it never calls the classes that wire it.',
      severity: 'error',
      from: { path: '^((?:packages|apps)/[^/]+)/src/io/' },
      to: { path: '^$1/src/[^/]+$' },
    },
    {
      name: 'wall-4-manager-and-worker-never-meet',
      comment: 'Both know the protocol, and never each other.',
      severity: 'error',
      from: { path: '^(packages/manager|apps/worker)/' },
      to: { path: ['^(packages/manager|apps/worker)/', '^@sandcrew/(manager|worker)'], pathNot: '^$1/' },
    },
    agentSideSees('apps/cli', ['manager']),
    agentSideSees('packages/executor', ['manager']),
    agentSideSees('packages/agent-tools', ['manager']),
    agentSideSees('apps/mcp', ['manager', 'executor', 'agent-tools']),
    {
      name: 'wall-6-testkit-in-tests-alone',
      comment: 'What ships does not know what tests it.',
      severity: 'error',
      from: { pathNot: ['^packages/testkit/', '^(packages|apps)/[^/]+/test/', '^(e2e|benchmarks)/'] },
      to: { path: ['^packages/testkit/', '^@sandcrew/testkit'] },
    },
    {
      name: 'wall-7-no-cycles',
      comment: 'Type-only imports count: two files that need each other are one file, or three.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'src-imports-sources',
      comment: 'Sources import sources by relative paths: `#src` and `dist` are for tests.',
      severity: 'error',
      from: { path: '^(packages|apps)/[^/]+/src/' },
      to: { path: ['^#', '/(dist|dist-test|build)/'], pathNot: '(^|/)node_modules/' },
    },
    {
      name: 'no-dev-dependency-in-src',
      comment:
        'What ships needs what its package.json lists under `dependencies`. (Apps ship as bundles; wall 1 is stricter.)',
      severity: 'error',
      from: { path: '^(packages|apps)/[^/]+/src/', pathNot: '^(apps|packages/protocol)/' },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        dependencyTypesNot: ['npm-peer'], // its user brings it
      },
    },
    {
      name: 'not-to-unresolvable',
      comment:
        'An import that leads nowhere. (`#src/…` leads to what the build makes: the compiler checks it.)',
      severity: 'error',
      from: { pathNot: '/scripts/' }, // those read what the build makes
      to: { couldNotResolve: true, pathNot: '^#src/' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.walls.json' },
    doNotFollow: { path: ['node_modules', '/(dist|dist-test|build)/'] },
    exclude: { path: '^(packages|apps)/[^/]+/(fixtures|schema)/' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'default'] },
  },
};
