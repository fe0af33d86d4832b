/** Bundles the worker into one file: unbundled, its dependencies cost 0.9 s at every start (measured; docs/adr). */
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
  external: ['@lydell/node-pty'], // a native module; loaded only when a task asks for a terminal
  banner: {
    js: "#!/usr/bin/env node\nimport { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);",
  },
  logLevel: 'warning',
});
await chmod(outfile, 0o755);
