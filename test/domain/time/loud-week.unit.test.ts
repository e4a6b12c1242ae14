import { expect, test } from '@jest/globals';
import type { QuietHours } from '../../../src/domain/rules.ts';
import { loudWeek } from '../../../src/domain/time/loud-week.ts';

const HOUR = 3_600_000;
const quiet = (start: number, end: number, days: QuietHours['days'] = {}): QuietHours => ({
  startMinute: start * 60,
  endMinute: end * 60,
  days,
});
const hours = (form: QuietHours): readonly number[] => loudWeek(form).days.map(({ loudMs }) => loudMs / HOUR);

test('quiet nights leave sixteen hours of each day', () => {
  expect(hours(quiet(22, 6))).toEqual([16, 16, 16, 16, 16, 16, 16]);
  expect(loudWeek(quiet(22, 6)).days[0]).toEqual({ loudMs: 16 * HOUR, extentMs: 16 * HOUR, endMs: 22 * HOUR });
  expect(loudWeek(quiet(22, 6)).longestQuietMs).toBe(8 * HOUR);
});

test('a quiet weekend is one quiet from Friday evening to Monday morning', () => {
  const form = quiet(22, 6, { sat: 'all', sun: 'all' });
  expect(hours(form)).toEqual([16, 16, 16, 16, 16, 0, 0]);
  expect(loudWeek(form).longestQuietMs).toBe(56 * HOUR);
});

test('off is never quiet; every day quiet is always quiet', () => {
  expect(loudWeek(quiet(0, 0)).longestQuietMs).toBe(0);
  expect(hours(quiet(0, 0))).toEqual([24, 24, 24, 24, 24, 24, 24]);
  const all = { mon: 'all', tue: 'all', wed: 'all', thu: 'all', fri: 'all', sat: 'all', sun: 'all' } as const;
  expect(loudWeek(quiet(22, 6, all)).longestQuietMs).toBe(Infinity);
  expect(hours(quiet(22, 6, all))).toEqual([0, 0, 0, 0, 0, 0, 0]);
});

test('a day cut in two has its extent from the first to the last loud moment', () => {
  expect(loudWeek(quiet(12, 14)).days[1]).toEqual({ loudMs: 22 * HOUR, extentMs: 24 * HOUR, endMs: 24 * HOUR });
});
