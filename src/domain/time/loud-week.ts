import type { QuietHours } from '../rules.ts';
import { quietUntil } from './quiet-hours.ts';
import { DAY_MS, MINUTE_MS, UTC } from './zones.ts';

/** What a local weekday has of time in which something may be said. */
export interface LoudDay {
  readonly loudMs: number;
  /** From the first loud moment of the day to the end of the last; 0 = none. */
  readonly extentMs: number;
  /** End of the last loud moment, counted from the day's start; 0 = none. */
  readonly endMs: number;
}

export interface LoudWeek {
  /** Monday to Sunday. */
  readonly days: readonly LoudDay[];
  /** The longest quiet at a stretch; Infinity = always quiet, 0 = never. */
  readonly longestQuietMs: number;
}

/** 1970-01-05 was a Monday. */
const MONDAY_MS = 4 * DAY_MS;

/** The minutes of a day at which quiet may begin or end. */
const boundaries = ({ startMinute, endMinute, days }: QuietHours): readonly number[] => {
  const minutes = new Set([0, startMinute, endMinute, 24 * 60]);
  for (const day of Object.values(days))
    if (typeof day === 'object') for (const minute of [day.startMinute, day.endMinute]) minutes.add(minute);
  return [...minutes].sort((a, b) => a - b);
};

/**
 * One week of quiet hours without daylight saving, read with the gate's own rule, so that a weekday form or a window over midnight means the same
 * here. A second week is walked for the longest quiet, which may cross the week's end.
 */
export const loudWeek = (quiet: QuietHours): LoudWeek => {
  const minutes = boundaries(quiet);
  const days: LoudDay[] = [];
  let longestQuietMs = 0;
  for (let day = 0; day < 14; day += 1) {
    let [loudMs, firstMs, endMs] = [0, 0, 0];
    for (const [at, minute] of minutes.slice(0, -1).entries()) {
      const [from, to] = [minute * MINUTE_MS, (minutes[at + 1] ?? minute) * MINUTE_MS];
      const nowMs = MONDAY_MS + day * DAY_MS + from;
      const until = quietUntil(quiet, UTC, nowMs);
      if (until !== null) {
        longestQuietMs = Math.max(longestQuietMs, until - nowMs);
        continue;
      }
      if (loudMs === 0) firstMs = from;
      loudMs += to - from;
      endMs = to;
    }
    if (day < 7) days.push({ loudMs, extentMs: endMs - firstMs, endMs });
  }
  return { days, longestQuietMs };
};
