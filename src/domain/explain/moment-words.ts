import { DAY_MS, HOUR_MS, localDay, MINUTE_MS, type Zone } from '../time/zones.ts';

const WEEKDAYS = ['Thu', 'Fri', 'Sat', 'Sun', 'Mon', 'Tue', 'Wed'];

/** `09:00` on the day of `nowMs` where the reader is, else with its day: `Thu 2026-05-07 09:00`. */
export const momentWords = (ms: number, zone: Zone, nowMs: number): string => {
  // A fraction of a minute is rounded up: at the minute that is named it has happened.
  const rounded = Math.ceil(ms / MINUTE_MS) * MINUTE_MS;
  const day = localDay(zone, rounded);
  const [date = '', time = ''] = new Date(rounded + zone.offsetAt(rounded)).toISOString().slice(0, 16).split('T');
  if (day === localDay(zone, nowMs)) return time;
  // 1970-01-01 was a Thursday.
  return `${WEEKDAYS[((day % 7) + 7) % 7] ?? ''} ${date} ${time}`;
};

const UNITS: readonly (readonly [number, string])[] = [
  [DAY_MS, 'day'],
  [HOUR_MS, 'hour'],
  [MINUTE_MS, 'minute'],
];

/** `2 days 3 hours`, `14 minutes`: up to two units, rounded up to the last of them, so that waiting so long is long enough. */
export const spanWords = (ms: number): string => {
  const first = UNITS.findIndex(([unit]) => ms >= unit);
  if (first < 0) return 'less than a minute';
  const last = Math.min(first + 1, UNITS.length - 1);
  const step = UNITS[last]![0];
  let rest = Math.ceil(ms / step) * step;
  const parts: string[] = [];
  for (const [unit, name] of UNITS.slice(0, last + 1)) {
    const count = Math.floor(rest / unit);
    rest -= count * unit;
    if (count > 0) parts.push(`${count} ${name}${count === 1 ? '' : 's'}`);
  }
  return parts.join(' ');
};
