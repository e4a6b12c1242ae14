import type { QuietHours, Weekday } from '../rules.ts';
import { instantOf, localDay, type Zone } from './zones.ts';

const WEEKDAYS: readonly Weekday[] = ['thu', 'fri', 'sat', 'sun', 'mon', 'tue', 'wed'];
const DAY_MINUTES = 24 * 60;
/** A week of quiet days and one more: beyond it quiet never ends. */
const STEPS_MAX = 24;

/** 1970-01-01 was a Thursday. */
export const weekdayOf = (day: number): Weekday => WEEKDAYS[((day % 7) + 7) % 7]!;

interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

/** The longer reading on both sides: from the first occurrence of the start to the last of the end, where clocks go back. */
const spanOf = (zone: Zone, day: number, startMinute: number, endMinute: number): Span => ({
  startMs: instantOf(zone, day, startMinute, 'first'),
  endMs: instantOf(zone, day, endMinute, 'last'),
});

const windowOf = (zone: Zone, day: number, window: { startMinute: number; endMinute: number }): Span[] => {
  if (window.startMinute === window.endMinute) return [];
  const crosses = window.endMinute < window.startMinute;
  return [spanOf(zone, day, window.startMinute, crosses ? window.endMinute + DAY_MINUTES : window.endMinute)];
};

/**
 * The quiet spans that begin on one local day. A window belongs to the day it starts on (`sat: 22:00-08:00` ends on Sunday). `none` = no window
 * begins that day; `all` = the whole day, and the usual window still begins in its evening (else Monday 02:00 after a quiet Sunday would be loud).
 */
const spansOf = (quiet: QuietHours, zone: Zone, day: number): Span[] => {
  const own = quiet.days[weekdayOf(day)];
  if (own === 'none') return [];
  if (own === 'all') return [spanOf(zone, day, 0, DAY_MINUTES), ...windowOf(zone, day, quiet)];
  return windowOf(zone, day, own ?? quiet);
};

/** When the quiet that holds at `ms` ends: `null` = not quiet, Infinity = never. start = end is off (D-63, C-22). */
export const quietUntil = (quiet: QuietHours, zone: Zone, ms: number): number | null => {
  if (quiet.startMinute === quiet.endMinute && Object.keys(quiet.days).length === 0) return null;
  let at = ms;
  for (let step = 0; step < STEPS_MAX; step += 1) {
    const day = localDay(zone, at);
    const holding = [...spansOf(quiet, zone, day - 1), ...spansOf(quiet, zone, day)].filter(
      (span) => span.startMs <= at && at < span.endMs,
    );
    if (holding.length === 0) return at === ms ? null : at;
    at = Math.max(...holding.map((span) => span.endMs));
  }
  return Infinity;
};
