import type { Picked, Point, Trend } from './trend.ts';
import { trendOf } from './trend.ts';

/**
 * - `percent`  grows by at most this share of its first value an hour
 * - `amount`   grows by at most this much an hour
 * - `told`     grows by design (a journal), or the run is too short for it: its slope is told and not judged
 */
export type Bound =
  | { readonly kind: 'percent'; readonly perHour: number }
  | { readonly kind: 'amount'; readonly perHour: number }
  | { readonly kind: 'told' };

export interface Measure {
  readonly name: string;
  readonly unit: 'MB' | 'ms' | 'count';
  readonly picked: Picked;
  readonly bound: Bound;
  /** Says something only of a long run. */
  readonly slowToSettle?: boolean;
}

export interface Verdict {
  readonly measure: Measure;
  readonly trend: Trend | null;
  /** Null: not judged. */
  readonly holds: boolean | null;
}

function limitOf(bound: Bound, trend: Trend): number | null {
  if (bound.kind === 'told') return null;
  return bound.kind === 'amount' ? bound.perHour : (Math.abs(trend.start) * bound.perHour) / 100;
}

/** A measure holds unless its growth is surely over its bound; one that could not be read does not hold. */
export function judge(measure: Measure, points: readonly Point[], warmUpShare: number): Verdict {
  const trend = trendOf(points, warmUpShare, measure.picked);
  if (trend === null) return { measure, trend, holds: measure.bound.kind === 'told' ? null : false };
  const limit = limitOf(measure.bound, trend);
  return { measure, trend, holds: limit === null ? null : trend.surelyPerHour <= limit };
}
