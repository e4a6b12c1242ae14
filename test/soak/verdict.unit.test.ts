import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { trendOf } from './trend.ts';
import type { Point } from './trend.ts';
import { judge } from './verdict.ts';
import type { Measure } from './verdict.ts';

const HOUR_MS = 3_600_000;
const EVERY_MS = 2_000;
const WARM_UP = 0.25;

/** Numbers in [0, 1), the same for the same seed. */
function seeded(seed: number): () => number {
  let state = (seed >>> 0) + 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Readings of ten minutes. */
const series = (valueAt: (hours: number, index: number) => number): Point[] =>
  Array.from({ length: 300 }, (_, i) => ({ atMs: i * EVERY_MS, value: valueAt((i * EVERY_MS) / HOUR_MS, i) }));

const heap: Measure = { name: 'heap', unit: 'MB', picked: 'lowest', bound: { kind: 'percent', perHour: 10 } };
const lag: Measure = { name: 'lag', unit: 'count', picked: 'median', bound: { kind: 'amount', perHour: 500 } };
const files: Measure = { name: 'files', unit: 'count', picked: 'median', bound: { kind: 'amount', perHour: 6 } };
const judged = (measure: Measure, points: readonly Point[]): boolean | null => judge(measure, points, WARM_UP).holds;

/** A heap of 80 MB whose collector runs every 13 readings or so, 40 MB up and down again. */
const sawTooth = (random: () => number, leakPerHour = 0) =>
  series((hours, i) => 80 + leakPerHour * hours + ((i % 13) / 13) * 40 * (0.8 + 0.4 * random()) + random());

describe('a line through a series', () => {
  test('has the slope that the series was made with, the warm-up left out', () => {
    const points = series((hours) => (hours < 0.04 ? 1_000 : 50 + 30 * hours));
    const trend = trendOf(points, WARM_UP, 'median');
    // The middle of a span is not the middle of its readings to the last digit.
    expect(trend?.perHour).toBeCloseTo(30, 0);
    expect(trend?.surelyPerHour).toBeCloseTo(30, 0);
    expect(trend?.end).toBeGreaterThan(trend?.start ?? Infinity);
  });

  test('is not drawn through too few readings, and then nothing is said to hold', () => {
    const few = series(() => 1).slice(0, 3);
    expect(trendOf(few, WARM_UP, 'median')).toBeNull();
    expect(judged(heap, few)).toBe(false);
    expect(judged(heap, [])).toBe(false);
    expect(judged({ ...heap, bound: { kind: 'told' } }, [])).toBeNull();
  });
});

describe('leaks put in on purpose are found', () => {
  test('a heap that leaks 60 MB an hour under its saw tooth, whatever the noise', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        expect(judged(heap, sawTooth(seeded(seed), 60))).toBe(false);
      }),
      { numRuns: 30 },
    );
  });
  test('a lag that grows by one record in a hundred of 150 a second', () => {
    const random = seeded(1);
    expect(
      judged(
        lag,
        series((hours) => 1.5 * 3_600 * hours + 100 * random()),
      ),
    ).toBe(false);
  });
  test('two descriptors more every minute', () => {
    expect(
      judged(
        files,
        series((hours) => 60 + Math.floor(hours * 120)),
      ),
    ).toBe(false);
  });
});

describe('what is flat is not said to leak', () => {
  // Noise can look like growth: one in twenty is taken, a tester that cries wolf more often is not read.
  test('a saw tooth without a leak', () => {
    const wrong = Array.from({ length: 100 }, (_, seed) => judged(heap, sawTooth(seeded(seed)))).filter((ok) => !ok);
    expect(wrong.length).toBeLessThanOrEqual(5);
  });
  test('a lag that jumps about', () => {
    const random = seeded(3);
    expect(
      judged(
        lag,
        series(() => Math.round(random() * 300)),
      ),
    ).toBe(true);
  });
  test('a pool that opened its connections while it warmed up', () => {
    expect(
      judged(
        files,
        series((hours) => (hours < 0.03 ? 40 : 64)),
      ),
    ).toBe(true);
  });
  test('and a table that grows by design is told, not judged', () => {
    expect(
      judged(
        { ...files, bound: { kind: 'told' } },
        series((hours) => 1_000 * hours),
      ),
    ).toBeNull();
  });
});
