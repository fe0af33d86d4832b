/** Lets one process at a time set a checkout up. A holder that has died without giving the lock back is passed over. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ROOT } from './tool.mjs';

const LOCK = join(ROOT, '.turbo', 'setup.lock');
const WAIT_MS = 15 * 60_000;
const POLL_MS = 200;

/**
 * Waits until no other process sets this checkout up, and keeps others out until the answer is called.
 * @throws where that takes longer than any set-up does.
 */
export async function lock(say) {
  mkdirSync(dirname(LOCK), { recursive: true });
  const deadlineMs = performance.now() + WAIT_MS;
  for (let waits = 0; !tryLock(); waits += 1) {
    const holder = readHolder();
    if (holder !== null && !isAlive(holder)) rmSync(LOCK, { force: true });
    else {
      if (waits === 0) say(`waiting for the set-up that process ${holder ?? '?'} runs…`);
      if (performance.now() > deadlineMs)
        throw new Error(`waited 15 minutes for process ${holder}. If it is no set-up, delete ${LOCK}.`);
      await delay(POLL_MS);
    }
  }
  process.once('exit', unlock);
  return unlock;
}

function tryLock() {
  try {
    writeFileSync(LOCK, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function unlock() {
  if (readHolder() === process.pid) rmSync(LOCK, { force: true });
}

/** The process that holds the lock; null where it has just been given back. */
function readHolder() {
  try {
    return Number(readFileSync(LOCK, 'utf8')) || null;
  } catch {
    return null;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
