/** One row of a table of commands: a kind of workspace, and what it makes of each intention. */
import type { Intention } from '#src/core/step-facts.js';

/** An argv as words; `!none` where there is no command for it, `!files` where it takes no file names. */
export type Commands = Readonly<Record<Intention, string>>;

export interface CommandRow {
  readonly kind: string;
  readonly ecosystem: string;
  readonly texts: Readonly<Record<string, string>>;
  readonly commands: Commands;
  /** The same with the file `a.x`; left out: what is there refuses it. */
  readonly withFile?: Commands;
}

/** In the order of `INTENTIONS`. */
export function commands(
  install: string,
  compile: string,
  build: string,
  lint: string,
  test: string,
  run: string,
): Commands {
  return { install, compile, build, lint, test, run };
}
