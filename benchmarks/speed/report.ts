/** Shows what was measured, as a table of Markdown: for the terminal and for docs/speed.md. */
import type { PlottedLine } from '@sandcrew/testkit';
import type { Curve } from './curve.js';
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

/** The plot of a curve, and its points for those who read no plot. */
export function showCurve({ name, title, x, y }: Curve, lines: readonly PlottedLine[]): string {
  const xs = [...new Set(lines.flatMap(({ points }) => points.map(([at]) => at)))].sort((a, b) => a - b);
  const rows = lines.map(({ name: of, points }) => {
    const cells = xs.map((at) => points.find(([own]) => own === at)?.[1].toPrecision(3) ?? '');
    return `| ${of} | ${cells.map((cell) => (cell === '' ? '' : Number(cell))).join(' | ')} |\n`;
  });
  const rule = `| --- |${xs.map(() => ' --- |').join('')}\n`;
  return `### ${title}\n\n![${title}](speed-${name}.svg)\n\n| ${y.label} by ${x.label} | ${xs.join(' | ')} |\n${rule}${rows.join('')}`;
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
