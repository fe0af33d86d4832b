/**
 * Pseudo-terminals. Only the opening and resizing is the native module's: spawning and reading are the worker's own,
 * since node-pty stops reading at the child's exit and so loses the tail of the output.
 */

import { closeSync, constants, openSync, readlinkSync } from 'node:fs';
import { loadNativeAddon } from './native-addon.js';
import { hideFromChildren, stopHiding } from './spawn.js';

export interface Terminal {
  /** The end that the worker reads and writes. */
  readonly master: number;
  /** The command's end. The worker holds it open until the command has exited. */
  readonly slave: number;
  /** The path of the command's end, for a session leader that makes it its controlling terminal. */
  readonly path: string;
  resize(cols: number, rows: number): void;
  /** Call it when `master` is closed. */
  released(): void;
}

interface NativePty {
  open(cols: number, rows: number): { master: number; slave: number; pty: string };
  resize(fd: number, cols: number, rows: number): void;
}

/** Why there is no terminal here, or null where there is. Loads the native module, an optional dependency. */
export function terminalFault(): string | null {
  try {
    loadNative();
    return null;
  } catch (error) {
    return `this worker has no terminals: install the optional package @lydell/node-pty beside it (${(error as Error).message.split('\n')[0]})`;
  }
}

/** @throws where `terminalFault` tells why. */
export function openTerminal(cols: number, rows: number): Terminal {
  const native = loadNative();
  const opened = native.open(cols, rows);
  const { master } = opened;
  hideFromChildren(master);
  const path = readlinkSync(`/dev/fd/${opened.slave}`);
  // Opened again by Node it has close-on-exec, which the native module does not set.
  const slave = openSync(path, constants.O_RDWR | constants.O_NOCTTY);
  closeSync(opened.slave);
  return {
    master,
    slave,
    path,
    released: () => stopHiding(master),
    resize: (newCols, newRows) => native.resize(master, newCols, newRows),
  };
}

let loaded: NativePty | null = null;

function loadNative(): NativePty {
  loaded ??= loadNativeAddon<NativePty>();
  return loaded;
}
