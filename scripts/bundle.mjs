/**
 * `node ../../scripts/bundle.mjs [MODULE…]`, in the folder of an app: bundles build/main.js into the one file that
 * ships, dist/main.js, and leaves each MODULE to be found at run time. Unbundled, an app's dependencies cost half a
 * second and more at every start (measured).
 */
import { chmod } from 'node:fs/promises';
import { build } from 'esbuild';

const outfile = 'dist/main.js';
await build({
  entryPoints: ['build/main.js'],
  outfile,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  minifySyntax: true,
  external: process.argv.slice(2),
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);", // for dependencies that are CommonJS
  },
  logLevel: 'warning',
});
await chmod(outfile, 0o755);
