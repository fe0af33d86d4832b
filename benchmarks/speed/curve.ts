/** How one thing changes with another: a plot where a row of the table would tell one point alone. */
import type { Axis, PlottedLine } from '@sandcrew/testkit';
import type { Bench } from './metric.js';

export interface Curve {
  /** Of its plot too: `docs/speed-NAME.svg`. */
  readonly name: string;
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  measure(bench: Bench): Promise<readonly PlottedLine[]>;
}
