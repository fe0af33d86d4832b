/** `node round-trip.js URL TOKEN_FILE FILE DIRECTORY`: puts a file, gets it back, and tells how long that took and how much memory. */
import { basename } from 'node:path';
import { SandboxManager } from '@sandcrew/manager';

const [url = '', tokenFile = '', file = '', directory = ''] = process.argv.slice(2);
const manager = new SandboxManager({ workers: [{ url, tokenFile }] });
const beganMs = performance.now();
const { entries } = await manager.putFiles('large', file);
const putMs = performance.now() - beganMs;
await manager.getFiles('large', [basename(file)], { target: directory });
const getMs = performance.now() - beganMs - putMs;
await manager.removeWorkspace('large');
await manager.close();
const peakRssBytes = process.resourceUsage().maxRSS * 1_024;
process.stdout.write(JSON.stringify({ putMs, getMs, peakRssBytes, entries }));
