/** Jest runs the compiled ESM as it ships: TypeScript 7 has no JavaScript API for a transform to use. */
export default {
  testMatch: [
    '<rootDir>/{packages,apps}/*/dist-test/**/*.test.js',
    '<rootDir>/e2e/dist-test/**/*.test.js',
    '<rootDir>/e2e/dist/*.test.js',
    '<rootDir>/benchmarks/dist/test/**/*.test.js',
    '<rootDir>/scripts/*.test.mjs',
  ],
  globalSetup: '<rootDir>/scripts/leak-census.mjs',
  globalTeardown: '<rootDir>/scripts/leak-census.mjs',
  transform: {},
  testEnvironment: 'node',
  testTimeout: 60_000,
  maxWorkers: 2,
  workerIdleMemoryLimit: '512MB',
};
