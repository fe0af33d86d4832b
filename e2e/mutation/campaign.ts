/** Tries the mutants of some areas: which tests reach each, whether one of them turns red, and else whether a seed of the simulator does. */
import { Chance } from '../simulation/chance.js';
import type { Area } from './areas.js';
import { CrewMember } from './crew.js';
import { EXPLAINED } from './explained.js';
import { findMutations, type Mutation } from './mutations.js';
import { type Origin, originOf, sourceOf } from './sources.js';
import type { Order, Surveyed } from './trial.js';

/** `overdue` and `dead` count as killed: a test that hangs is red too. `uncovered`: no test runs it, and no seed kills it. */
export type Verdict = 'killed' | 'overdue' | 'dead' | 'survived' | 'uncovered' | 'explained' | 'invalid';

export interface Mutant {
  readonly area: Area;
  readonly source: string;
  readonly mutation: Mutation;
}

export interface Tried extends Mutant {
  readonly verdict: Verdict;
  /** What killed it, or why nothing can. */
  readonly by: string;
  readonly origin: Origin;
  /** What is replaced, and by what. */
  readonly edit: string;
}

export interface CampaignOptions {
  readonly areas: readonly Area[];
  /** Words that a source's path holds; empty for all. */
  readonly files: string;
  /** Of all areas together; Infinity for every mutant. */
  readonly sample: number;
  readonly seed: number;
  /** Of the simulator, for each mutant that the tests let live. */
  readonly simulatorSeeds: number;
  readonly jobs: number;
  readonly untilMs: number;
  readonly progress: (done: number, all: number, alive: number) => void;
}

const SURVEY_TIMEOUT_MS = 300_000;
/** A mutant gets this, and this many times what its tests took, and what the simulator may take. */
const BASE_TIMEOUT_MS = 8_000;
const TIMEOUT_FACTOR = 10;
const MS_PER_SEED = 20;
/** A mutant is given no more tests than these take together, the quickest first. */
const MAX_TESTS_MS = 4_000;
const MAX_EDIT_CHARACTERS = 60;

export async function tryMutants(options: CampaignOptions): Promise<Tried[]> {
  const crew = Array.from({ length: options.jobs }, () => new CrewMember());
  try {
    const chosen = chooseMutants(options);
    const tests = new Map<Area, readonly Surveyed[]>();
    const [first] = crew as [CrewMember];
    for (const area of new Set(chosen.map((mutant) => mutant.area)))
      tests.set(area, await surveyArea(first, area, chosen));
    const tried: Tried[] = [];
    let next = 0;
    const work = async (member: CrewMember) => {
      while (next < chosen.length && performance.now() < options.untilMs) {
        const mutant = chosen[next++] as Mutant;
        tried.push(await tryMutant(member, mutant, tests.get(mutant.area) ?? [], options.simulatorSeeds));
        const alive = tried.filter(({ verdict }) => verdict === 'survived' || verdict === 'uncovered').length;
        options.progress(tried.length, chosen.length, alive);
      }
    };
    await Promise.all(crew.map(work));
    return tried;
  } finally {
    for (const member of crew) member.end();
  }
}

function chooseMutants({ areas, files, sample, seed }: CampaignOptions): Mutant[] {
  const all = areas.flatMap((area) =>
    area.sources
      .filter((source) => source.includes(files))
      .flatMap((source) => findMutations(sourceOf(source)).map((mutation) => ({ area, source, mutation }))),
  );
  if (sample >= all.length) return all;
  const chance = new Chance(seed);
  const drawn = all.map((mutant) => ({ mutant, rank: chance.next() })).sort((a, b) => a.rank - b.rank);
  return drawn.slice(0, sample).map(({ mutant }) => mutant);
}

/** @throws {Error} where a test is red without a mutant. */
async function surveyArea(
  member: CrewMember,
  area: Area,
  mutants: readonly Mutant[],
): Promise<readonly Surveyed[]> {
  const offsets: Record<string, number[]> = {};
  for (const { area: its, source, mutation } of mutants) {
    if (its !== area) continue;
    offsets[source] ??= [];
    offsets[source].push(mutation.reachedAt);
  }
  const answer = await member.ask({ type: 'survey', area: area.name, offsets }, SURVEY_TIMEOUT_MS);
  if (answer.type === 'surveyed') return answer.tests;
  throw new Error(
    `the tests of ${area.name} do not pass by themselves: ${answer.type === 'failed' ? answer.why : answer.type}`,
  );
}

async function tryMutant(
  member: CrewMember,
  mutant: Mutant,
  surveyed: readonly Surveyed[],
  simulatorSeeds: number,
): Promise<Tried> {
  const { area, source, mutation } = mutant;
  const covering = chooseTests(surveyed, source, mutation);
  const seeds = area.isSimulated ? simulatorSeeds : 0;
  const order: Order = {
    type: 'try',
    area: area.name,
    source,
    mutation,
    tests: covering.map(({ file, index }) => ({ file, index })),
    seeds,
  };
  const testMs = covering.reduce((sum, { tookMs }) => sum + tookMs, 0);
  const timeoutMs = BASE_TIMEOUT_MS + TIMEOUT_FACTOR * testMs + MS_PER_SEED * seeds;
  const origin = originOf(source, mutation.start);
  const edit = showEdit(sourceOf(source), mutation);
  const answer = await member.ask(order, timeoutMs);
  const told = (verdict: Verdict, by: string): Tried => ({ ...mutant, verdict, by, origin, edit });
  if (answer.type === 'overdue' || answer.type === 'dead') return told(answer.type, answer.type);
  if (answer.type !== 'tried') throw new Error(answer.type === 'failed' ? answer.why : answer.type);
  if (answer.verdict !== 'survived') return told(answer.verdict, answer.by);
  const why = explain(origin, edit);
  if (why !== null) return told('explained', why);
  return told(covering.length === 0 ? 'uncovered' : 'survived', '');
}

function chooseTests(
  surveyed: readonly Surveyed[],
  source: string,
  { reachedAt }: Mutation,
): readonly Surveyed[] {
  let spentMs = 0;
  return surveyed
    .filter(({ covers }) => covers[source]?.includes(reachedAt))
    .sort((one, other) => one.tookMs - other.tookMs)
    .filter(({ tookMs }) => {
      spentMs += tookMs;
      return spentMs <= MAX_TESTS_MS;
    });
}

function explain({ file, text }: Origin, edit: string): string | null {
  const known = EXPLAINED.find(
    (each) => each.file === file && each.line === text && each.edits.includes(edit),
  );
  return known?.why ?? null;
}

function showEdit(source: string, { start, end, by }: Mutation): string {
  const from = source.slice(start, end).replace(/\s+/g, ' ');
  const shown = from.length > MAX_EDIT_CHARACTERS ? `${from.slice(0, MAX_EDIT_CHARACTERS)}…` : from;
  return `${shown} → ${by === '' ? 'nothing' : by}`;
}
