/**
 * A process that tries mutants, as `main` tells it over IPC: what each test of an area covers, and whether one of some tests
 * turns red by a mutant. A mutant that never ends takes this process with it: `main` ends both.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Area, findAreas, ROOT } from './areas.js';
import { CoverageMeter } from './coverage.js';
import { ModuleGraph } from './module-graph.js';
import { type Mutation, mutate } from './mutations.js';
import { sourceOf } from './sources.js';
import { TestList } from './test-list.js';

/** One test: its file, and its place there. */
export interface TestPlace {
  readonly file: string;
  readonly index: number;
}

export interface Surveyed extends TestPlace {
  readonly title: string;
  readonly tookMs: number;
  /** Of each source, the offsets that were asked about and that this test runs. */
  readonly covers: Readonly<Record<string, readonly number[]>>;
}

export type Order =
  | {
      readonly type: 'survey';
      readonly area: string;
      readonly offsets: Readonly<Record<string, readonly number[]>>;
    }
  | {
      readonly type: 'try';
      readonly area: string;
      readonly source: string;
      readonly mutation: Mutation;
      readonly tests: readonly TestPlace[];
      /** Of the simulator, where no test turns red. */
      readonly seeds: number;
    };

export type Reply =
  | { readonly type: 'surveyed'; readonly tests: readonly Surveyed[] }
  | { readonly type: 'tried'; readonly verdict: 'killed' | 'survived' | 'invalid'; readonly by: string }
  | { readonly type: 'failed'; readonly why: string };

const SIMULATOR = join(ROOT, 'e2e/dist');
const NOTHING: ReadonlyMap<string, string> = new Map();
const areas = new Map(findAreas().map((area) => [area.name, area]));

process.on('message', (order: Order) => {
  const area = areas.get(order.area) as Area;
  const work = order.type === 'survey' ? survey(area, order.offsets) : attempt(area, order);
  void work
    .catch((error: Error): Reply => ({ type: 'failed', why: error.stack ?? error.message }))
    .then((reply) => process.send?.(reply));
});

async function survey(area: Area, offsets: Readonly<Record<string, readonly number[]>>): Promise<Reply> {
  const meter = new CoverageMeter();
  await meter.start();
  const found: Surveyed[] = [];
  for (const file of area.tests) {
    const list = await load(area, NOTHING, file);
    const atLoad = await meter.take();
    for (const [index, test] of list.tests.entries()) {
      const beganMs = performance.now();
      await test.run();
      const tookMs = performance.now() - beganMs;
      const inTest = await meter.take();
      const covers = Object.entries(offsets).map(([source, asked]): [string, number[]] => {
        const { href } = pathToFileURL(source);
        return [
          source,
          asked.filter((at) => (inTest.get(href)?.(at) ?? false) || (atLoad.get(href)?.(at) ?? false)),
        ];
      });
      found.push({ file, index, title: test.title, tookMs, covers: Object.fromEntries(covers) });
    }
    await list.end();
  }
  meter.stop();
  return { type: 'surveyed', tests: found };
}

async function attempt(area: Area, order: Extract<Order, { type: 'try' }>): Promise<Reply> {
  const { source, mutation, tests, seeds } = order;
  const changed = new Map([[source, mutate(sourceOf(source), mutation)]]);
  const killed = (by: string): Reply => ({ type: 'tried', verdict: 'killed', by });
  for (const file of new Set(tests.map((test) => test.file))) {
    let list: TestList;
    try {
      list = await load(area, changed, file);
    } catch (error) {
      const isInvalid = error instanceof SyntaxError;
      return isInvalid
        ? { type: 'tried', verdict: 'invalid', by: error.message }
        : killed(`the load of ${file}`);
    }
    for (const { index } of tests.filter((test) => test.file === file)) {
      const test = list.tests[index];
      if (test === undefined) return killed(`${file}: a test that is not there any more`);
      try {
        await test.run();
      } catch {
        await list.end().catch(() => {});
        return killed(test.title);
      }
    }
    await list.end();
  }
  if (area.isSimulated && seeds > 0) {
    const seed = await findSeed(area, changed, seeds);
    if (seed !== null) return killed(`seed ${seed}`);
  }
  return { type: 'tried', verdict: 'survived', by: '' };
}

async function load(area: Area, changed: ReadonlyMap<string, string>, file: string): Promise<TestList> {
  const list = new TestList();
  await new ModuleGraph(area.fresh, changed, { '@jest/globals': list.globals }).import(file);
  return list;
}

/** The first seed of the simulator that breaks a promise, or null. */
async function findSeed(
  area: Area,
  changed: ReadonlyMap<string, string>,
  seeds: number,
): Promise<number | null> {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    const graph = new ModuleGraph([...area.fresh, SIMULATOR], changed, {});
    const simulator = await graph.import(join(SIMULATOR, 'simulation.js'));
    const simulate = simulator['simulate'] as (seed: number) => { violation: string | null };
    for (let seed = 1; seed <= seeds; seed++) if (breaks(simulate, seed)) return seed;
    return null;
  } catch {
    return 0; // it cannot even be loaded
  } finally {
    Error.stackTraceLimit = limit;
  }
}

function breaks(simulate: (seed: number) => { violation: string | null }, seed: number): boolean {
  try {
    return simulate(seed).violation !== null;
  } catch {
    return true;
  }
}
