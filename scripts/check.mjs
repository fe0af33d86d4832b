/** `npm run check`: everything that has to hold, each by its own tool. `--no-tests` leaves the tests out. */
import { setUp } from './setup.mjs';
import { PNPM, runTool } from './tool.mjs';

const CHECKS = [
  {
    name: 'build and types',
    command: [...PNPM, 'exec', 'turbo', 'run', 'build', '--output-logs=errors-only'],
  },
  { name: 'lint and format', command: [...PNPM, 'exec', 'biome', 'check', '.'] },
  { name: 'walls', command: ['npm', 'run', '--silent', 'walls'] },
  { name: 'dead code', command: [...PNPM, 'exec', 'knip'] },
  { name: 'dependencies', command: [process.execPath, 'scripts/dependencies.mjs'] },
  {
    name: 'generated files',
    command: [...PNPM, '--recursive', '--if-present', 'run', 'generate', '--check'],
  },
  { name: 'API reports', command: [process.execPath, 'scripts/api-reports.mjs', '--check'] },
  { name: 'tests', command: [process.execPath, 'scripts/test.mjs'], isTest: true },
];

const checks = process.argv.includes('--no-tests') ? CHECKS.filter((check) => !check.isTest) : CHECKS;
await setUp();
const faulty = [];
for (const { name, command } of checks) {
  const { exitCode, output, durationMs } = await runTool(command);
  const isGood = exitCode === 0;
  if (!isGood) {
    faulty.push(name);
    process.stdout.write(`\n${output.trimEnd()}\n\n`);
  }
  const seconds = (durationMs / 1000).toFixed(1).padStart(6);
  process.stdout.write(`${isGood ? 'ok    ' : 'FAULTY'} ${seconds} s  ${name}\n`);
}
process.stdout.write(faulty.length === 0 ? 'All checks hold.\n' : `Faulty: ${faulty.join(', ')}.\n`);
process.exitCode = faulty.length === 0 ? 0 : 1;
