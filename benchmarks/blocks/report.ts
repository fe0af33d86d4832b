/** The scores as Markdown, for a terminal and for docs/benchmarks.md. Pure. */
import type { CaseRun } from './case-run.js';
import { type CaseScore, judgeGoals, medianOf, recallOf } from './score.js';
import type { Claim } from './task-log.js';

export interface GroupResult {
  readonly name: string;
  readonly scores: readonly CaseScore[];
  /** Every run, also of cases that were skipped. */
  readonly runs: readonly CaseRun[];
}

/** One group's tables, then everything in them that wants an explanation, by name. */
export function renderGroup({ name, scores, runs }: GroupResult): string {
  const skipped = runs.filter((run) => run.skipped !== undefined);
  const count = (label: string) => scores.filter((score) => score.case.label === label).length;
  const parts = [
    `## ${name}: ${count('blocked')} blocked, ${count('healthy')} healthy, ${count('serving')} serving`,
    renderGoals(scores),
    renderConfusion(scores),
    renderRecall(scores),
    renderDecidability(scores),
    list('False positives (confirmed)', scores, ({ falseAlarms }) => falseAlarms.map(showClaim)),
    list('Missed', scores, showMiss),
    list('Confirmed with another reason', scores, ({ wrongReasons }) => wrongReasons.map(showClaim)),
    list('Withdrawn while still blocked', scores, (score) =>
      score.isWithdrawn ? [score.leading === null ? '' : showClaim(score.leading)] : [],
    ),
    list('Suspected where nothing was blocked', scores, (score) => score.falseSuspicions.map(showClaim)),
    list('Not as labelled, so not scored', scores, ({ stray }) => (stray === null ? [] : [stray])),
    bullets(
      'Skipped',
      skipped.map((run) => `${run.id}: ${run.skipped}`),
    ),
    bullets(
      'Faults',
      runs.flatMap((run) => run.faults.map((fault) => `${run.id}: ${fault}`)),
    ),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function renderGoals(scores: readonly CaseScore[]): string {
  const rows = judgeGoals(scores).map(({ what, got, isReached }) => [
    what,
    got,
    isReached ? 'yes' : '**no**',
  ]);
  return table(['goal', 'got', 'reached'], rows);
}

function renderConfusion(scores: readonly CaseScore[]): string {
  const nothing = 'no claim';
  const kind = ({ case: one }: CaseScore) => one.reason ?? one.label;
  const claim = ({ leading }: CaseScore) =>
    leading === null ? nothing : `${leading.confidence} ${leading.reason}`;
  const columns = [nothing, ...sortedSet(scores.map(claim)).filter((name) => name !== nothing)];
  const rows = ['healthy', 'serving', ...sortedSet(scores.flatMap((score) => score.case.reason ?? []))];
  const cell = (row: string, column: string) =>
    String(scores.filter((score) => kind(score) === row && claim(score) === column).length || '');
  return table(
    ['truth \\ claim', ...columns],
    rows.map((row) => [row, ...columns.map((column) => cell(row, column))]),
  );
}

function renderRecall(scores: readonly CaseScore[]): string {
  const reasons = sortedSet(scores.flatMap((score) => score.case.reason ?? []));
  const rows = reasons.map((reason) => {
    const own = scores.filter((score) => score.case.reason === reason && score.stray === null);
    const { cases, confirmed, claimed } = recallOf(own);
    const sure = own.flatMap(({ confirmedAfterMs }) => confirmedAfterMs ?? []);
    const any = own.flatMap(({ claimedAfterMs }) => claimedAfterMs ?? []);
    return [reason, String(cases), String(confirmed), showSpread(sure), String(claimed), showSpread(any)];
  });
  const head = ['reason', 'cases', 'confirmed', 'after (median, max)', 'claimed', 'after (median, max)'];
  return table(head, rows);
}

function renderDecidability(scores: readonly CaseScore[]): string {
  const rows = ['certain', 'probable', 'undecidable'].map((name) => {
    const { cases, confirmed, claimed } = recallOf(scores.filter((score) => score.decidability === name));
    return [name, String(cases), String(confirmed), String(claimed)];
  });
  return table(['decidability (a loop is probable at most)', 'cases', 'confirmed', 'claimed'], rows);
}

function showMiss({ case: one, decidability, confirmedAfterMs, claimedAfterMs, stray }: CaseScore): string[] {
  if (stray !== null || one.label !== 'blocked') return [];
  if (decidability === 'certain' && confirmedAfterMs === null)
    return [`${one.reason}, certain, ${claimedAfterMs === null ? 'not even suspected' : 'only suspected'}`];
  return decidability === 'probable' && claimedAfterMs === null
    ? [`${one.reason}, probable, not suspected`]
    : [];
}

function showClaim({ confidence, reason, atMs, clearedAtMs, summary }: Claim): string {
  const span = clearedAtMs === null ? '' : `, withdrawn at ${showSeconds(clearedAtMs)}`;
  return `${confidence} ${reason} at ${showSeconds(atMs)}${span}: ${summary}`;
}

function showSpread(values: readonly number[]): string {
  const medianMs = medianOf(values);
  return medianMs === null ? '' : `${showSeconds(medianMs)}, ${showSeconds(Math.max(...values))}`;
}

function showSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function list(
  title: string,
  scores: readonly CaseScore[],
  show: (score: CaseScore) => readonly string[],
): string {
  return bullets(
    title,
    scores.flatMap((score) => show(score).map((text) => `${score.case.id}: ${text}`)),
  );
}

function bullets(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `${title}:\n\n${lines.map((line) => `- ${line}`).join('\n')}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const show = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [show(head), show(head.map(() => '---')), ...rows.map(show)].join('\n');
}

function sortedSet(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}
