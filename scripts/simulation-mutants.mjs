/**
 * `npm run test:simulate:mutants [-- WORDS]`: puts each fault of e2e/simulation/mutants.ts into a copy of what is built, and
 * wants a seed of the simulator to break a promise. Prints the seed that did. WORDS choose the mutants that hold them.
 */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { transform } from 'esbuild';
import { setUp } from './setup.mjs';
import { ROOT, runTool } from './tool.mjs';

const MAX_SEEDS = 10_000;
/** What a run of the simulator reads, and no more. */
const PARTS = ['packages/protocol', 'packages/manager', 'apps/worker', 'e2e'].flatMap((name) =>
  ['package.json', 'node_modules', 'dist', 'build'].map((part) => join(name, part)),
);
const BUILT = { 'packages/manager/src': 'packages/manager/dist', 'apps/worker/src': 'apps/worker/build' };

await setUp();
const { MUTANTS } = await import(join(ROOT, 'e2e/dist/mutants.js'));
const words = process.argv.slice(2).join(' ').toLowerCase();
const chosen = MUTANTS.filter(({ says }) => says.toLowerCase().includes(words));
if (words === '--help' || chosen.length === 0) {
  const asked = words === '--help' ? '' : `no mutant holds "${words}"; there are:\n`;
  process.stderr.write(
    `${asked}npm run test:simulate:mutants [-- WORDS]\n${MUTANTS.map(({ says }) => `  ${says}`).join('\n')}\n`,
  );
  process.exit(words === '--help' ? 0 : 2);
}

const tree = mkdtempSync(join(tmpdir(), 'sandcrew-mutants-'));
process.on('SIGINT', () => process.exit(130));
process.on('exit', () => rmSync(tree, { recursive: true, force: true }));
for (const part of PARTS.filter((name) => existsSync(join(ROOT, name)))) {
  // Links stay links: those between the packages are relative, so that the copy's packages see each other.
  cpSync(join(ROOT, part), join(tree, part), { recursive: true, verbatimSymlinks: true });
}
symlinkSync(join(ROOT, 'node_modules'), join(tree, 'node_modules'));

let survivors = 0;
for (const { says, mutation } of chosen) {
  const { isKilled, verdict } = await judge(mutation);
  if (!isKilled) survivors++;
  process.stdout.write(`${isKilled ? 'killed  ' : 'SURVIVED'}  ${says} (${verdict})\n`);
}
process.stdout.write(`${chosen.length - survivors} of ${chosen.length} mutants are killed.\n`);
process.exitCode = survivors === 0 ? 0 : 1;

async function judge([file, from, to]) {
  const source = readFileSync(join(ROOT, file), 'utf8');
  const count = source.split(from).length - 1;
  if (count !== 1)
    return {
      isKilled: false,
      verdict: `expected ${JSON.stringify(from)} once in ${file}, got it ${count} times`,
    };
  const path = join(tree, builtFrom(file));
  const sound = readFileSync(path);
  const tsconfigRaw = { compilerOptions: { verbatimModuleSyntax: true } };
  const { code } = await transform(
    source.replace(from, () => to),
    { loader: 'ts', format: 'esm', target: 'es2023', tsconfigRaw },
  );
  writeFileSync(path, code);
  try {
    const simulate = [process.execPath, 'e2e/dist/main.js', '--seeds', String(MAX_SEEDS), '--quiet'];
    const { output } = await runTool(simulate, tree);
    const found = /^seed (\d+): (.*)$/m.exec(output);
    return found === null
      ? { isKilled: false, verdict: output.trim().split('\n').at(-1) }
      : { isKilled: true, verdict: `seed ${found[1]}: ${found[2]}` };
  } finally {
    writeFileSync(path, sound);
  }
}

function builtFrom(file) {
  const [src, dist] = Object.entries(BUILT).find(([folder]) => file.startsWith(folder));
  return file.replace(src, dist).replace(/\.ts$/, '.js');
}
