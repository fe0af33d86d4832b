/**
 * `npm run test:faults [-- PATHS]`: the whole fault table, at the sizes of docs/reliability.md. It takes some 15 minutes, and
 * prints each figure as it is measured. What a host does not allow is skipped by name.
 */
import { join } from 'node:path';
import { becomeTool, ROOT } from './tool.mjs';

process.env.FAULTS = 'whole';
const named = process.argv.slice(2);
const paths = named.length > 0 ? named : ['e2e/dist-test/tests/faults'];
becomeTool([process.execPath, join(ROOT, 'scripts/test.mjs'), '--runInBand', '--verbose', ...paths]);
