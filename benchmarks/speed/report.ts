/** Shows what was measured, as a table of Markdown: for the terminal and for docs/speed.md. */
import type { Metric, Row } from './metric.js';

export interface Section {
  readonly metric: Metric;
  readonly rows: readonly Row[];
  readonly fault: string | null;
}

const TABLE_HEAD =
  '| what | Sandcrew | against | ratio (middle half) | goal | |\n| --- | --- | --- | --- | --- | --- |\n';

function showRow({ what, ours, theirs, ratio, goal }: Row): string {
  const shown =
    ratio === null ? '' : `${ratio.median.toFixed(2)} (${ratio.from.toFixed(2)}-${ratio.to.toFixed(2)})`;
  const aim = goal === null ? ' | ' : `${goal.text} | ${goal.isMet ? 'met' : '**missed**'}`;
  return `| ${what} | ${ours} | ${theirs} | ${shown} | ${aim} |\n`;
}

export function showSections(sections: readonly Section[]): string {
  const rows = sections.flatMap(({ rows: each }) => each.map(showRow)).join('');
  const faults = sections.filter(({ fault }) => fault !== null);
  const told = faults.map(({ metric, fault }) => `- ${metric.title}: not measured, ${fault}\n`).join('');
  return `${TABLE_HEAD}${rows}${told === '' ? '' : `\n${told}`}`;
}

/** The text with what stands between the two marks of `name` replaced. @throws {Error} where the marks are missing. */
export function replaceSection(text: string, name: string, content: string): string {
  const begin = `<!-- ${name} -->\n`;
  const end = `<!-- end of ${name} -->`;
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`expected the marks ${begin.trim()} and ${end} in the page`);
  return `${text.slice(0, from + begin.length)}${content}${text.slice(to)}`;
}
