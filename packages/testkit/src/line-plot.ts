/** Draws lines over two axes as SVG, for pages of measurements. */

export interface Axis {
  readonly label: string;
  readonly scale: 'linear' | 'log';
}

export interface PlottedLine {
  readonly name: string;
  /** In the order of x; above 0 where an axis is logarithmic. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

const [WIDTH, HEIGHT] = [720, 320];
const [LEFT, RIGHT, TOP, BOTTOM] = [64, 700, 44, 272];
const COLOURS = ['#1f77b4', '#ff7f0e', '#2ca02c', '#d62728', '#9467bd', '#8c564b'];
const TEXT_WIDTH_PX = 6.5;
/** With more points than this, ticks stand at round numbers instead of at what was measured. */
const MAX_MEASURED_TICKS = 10;

/** A linear axis begins at 0, a logarithmic one at its smallest value. */
export function plotLines(xAxis: Axis, yAxis: Axis, lines: readonly PlottedLine[]): string {
  const points = lines.flatMap((line) => line.points);
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const across = placing(xAxis, xs, 'measured', LEFT, RIGHT);
  const up = placing(yAxis, ys, 'round', BOTTOM, TOP);
  const drawn = lines.map(({ points: own }, index) => {
    const path = own.map(([x, y]) => `${across.place(x).toFixed(1)},${up.place(y).toFixed(1)}`).join(' ');
    return `<polyline fill="none" stroke-width="1.5" stroke="${colourOf(index)}" points="${path}"/>`;
  });
  const xTicks = across.ticks.map(
    (tick) =>
      `<text x="${across.place(tick).toFixed(1)}" y="${BOTTOM + 16}" text-anchor="middle">${showTick(tick)}</text>`,
  );
  const yTicks = up.ticks.map((tick) => {
    const y = up.place(tick).toFixed(1);
    return `<path d="M${LEFT} ${y}H${RIGHT}" stroke="#ddd"/><text x="${LEFT - 6}" y="${y}" dy="4" text-anchor="end">${showTick(tick)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">
<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>
${[...yTicks, ...xTicks].join('\n')}
<path d="M${LEFT} ${TOP}V${BOTTOM}H${RIGHT}" fill="none" stroke="black"/>
<text x="4" y="${TOP - 10}">${escapeText(yAxis.label)}</text>
<text x="${RIGHT}" y="${BOTTOM + 34}" text-anchor="end">${escapeText(xAxis.label)}</text>
${[...drawn, ...legend(lines)].join('\n')}
</svg>
`;
}

interface Placing {
  readonly ticks: readonly number[];
  place(value: number): number;
}

/** Ticks at what was measured, where that is little. */
function placing(
  { scale }: Axis,
  values: readonly number[],
  ticksAt: 'measured' | 'round',
  from: number,
  to: number,
): Placing {
  const measured = [...new Set(values)].sort((one, other) => one - other);
  const [least = 1, most = 1] = [measured[0], measured.at(-1)];
  const round = scale === 'linear' ? evenTicks(most) : roundTicks(least, most);
  const isShown = ticksAt === 'measured' && measured.length <= MAX_MEASURED_TICKS;
  const ticks = isShown ? measured : round;
  const along = scale === 'linear' ? (value: number) => value : Math.log;
  const start = scale === 'linear' ? 0 : (ticks[0] ?? 1);
  const span = along(Math.max(most, ticks.at(-1) ?? 1)) - along(start) || 1;
  return { ticks, place: (value) => from + ((along(value) - along(start)) / span) * (to - from) };
}

/** Four to ten of them, from 0. */
function evenTicks(most: number): number[] {
  const magnitude = 10 ** Math.floor(Math.log10(most / 4));
  const step = magnitude * ([1, 2, 5].find((digit) => most / (digit * magnitude) <= 8) ?? 10);
  return Array.from({ length: Math.ceil(most / step) + 1 }, (_, index) => index * step);
}

/** 1, 2 and 5 of the powers of ten, from the last that is not above `least` to the first that is not below `most`. */
function roundTicks(least: number, most: number): number[] {
  const powers = Array.from({ length: 28 }, (_, index) => 10 ** (index - 12));
  const all = powers.flatMap((power) => [power, 2 * power, 5 * power]);
  const first = all.findLastIndex((tick) => tick <= least);
  const last = all.findIndex((tick) => tick >= most);
  return all.slice(Math.max(0, first), last + 1);
}

function legend(lines: readonly PlottedLine[]): string[] {
  let x = LEFT;
  return lines.map(({ name }, index) => {
    const text = `<text x="${x}" y="16" fill="${colourOf(index)}">${escapeText(name)}</text>`;
    x += Math.ceil(name.length * TEXT_WIDTH_PX) + 16;
    return text;
  });
}

function colourOf(index: number): string {
  return COLOURS[index % COLOURS.length] as string;
}

function showTick(value: number): string {
  if (value >= 1_048_576 && value % 1_048_576 === 0) return `${value / 1_048_576} Mi`;
  if (value >= 1_024 && value % 1_024 === 0) return `${value / 1_024} Ki`;
  return String(Number(value.toPrecision(3)));
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
