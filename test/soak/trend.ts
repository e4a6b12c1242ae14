/** One reading of one measure. */
export interface Point {
  readonly atMs: number;
  readonly value: number;
}

export interface Trend {
  readonly start: number;
  readonly end: number;
  readonly perHour: number;
  /** The least slope that the scatter leaves credible. What is above a bound by noise alone is not a finding. */
  readonly surelyPerHour: number;
}

/** From how many buckets a line is drawn. Fewer hide a step, more are no longer independent: a heap's saw tooth spans many readings. */
const BUCKETS = 8;
/** Student's t for 95 % of a few values. */
const STANDARD_ERRORS = 2.5;
const HOUR_MS = 3_600_000;

/** `lowest`: what is left after a collection is what a heap holds; the tops between say when the collector ran. `median`: all else. */
export type Picked = 'lowest' | 'median';

function pick(values: readonly number[], picked: Picked): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (picked === 'lowest' ? sorted[0] : sorted[Math.floor(sorted.length / 2)]) ?? 0;
}

/** Without the warm-up, in equal spans of time, one value for each. Empty spans are left out. */
function buckets(points: readonly Point[], warmUpShare: number, picked: Picked): Point[] {
  const first = points[0]?.atMs ?? 0;
  const last = points.at(-1)?.atMs ?? 0;
  const from = first + (last - first) * warmUpShare;
  const span = Math.max(1, (last - from) / BUCKETS);
  return Array.from({ length: BUCKETS }, (_, index) => {
    const [low, high] = [from + index * span, from + (index + 1) * span];
    const isLast = index === BUCKETS - 1;
    const values = points.filter(({ atMs }) => atMs >= low && (atMs < high || (isLast && atMs <= last)));
    return values.length === 0
      ? null
      : {
          atMs: (low + high) / 2,
          value: pick(
            values.map(({ value }) => value),
            picked,
          ),
        };
  }).filter((point) => point !== null);
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** A line through a series by least squares. Null: too few readings to draw one (a series that can not be judged is not a good one). */
export function trendOf(points: readonly Point[], warmUpShare: number, picked: Picked): Trend | null {
  const used = buckets(points, warmUpShare, picked);
  if (used.length < BUCKETS - 2) return null;
  const hours = used.map(({ atMs }) => atMs / HOUR_MS);
  const values = used.map(({ value }) => value);
  const [x, y] = [mean(hours), mean(values)];
  const spread = hours.reduce((sum, hour) => sum + (hour - x) ** 2, 0);
  const perHour = hours.reduce((sum, hour, i) => sum + (hour - x) * ((values[i] ?? y) - y), 0) / spread;
  const residual = hours.reduce((sum, hour, i) => sum + ((values[i] ?? y) - y - perHour * (hour - x)) ** 2, 0);
  const error = Math.sqrt(residual / (used.length - 2) / spread);
  return { start: values[0] ?? 0, end: values.at(-1) ?? 0, perHour, surelyPerHour: perHour - STANDARD_ERRORS * error };
}
