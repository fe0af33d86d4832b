/** Bundles the command line into one file: unbundled, its dependencies cost half a second at every start. */
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
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);", // ws and commander are CommonJS
  },
  logLevel: 'warning',
});
await chmod(outfile, 0o755);
