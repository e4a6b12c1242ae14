import type { FieldReader } from './playbook/field-reader.ts';
import type { QuietHours, Weekday } from './rules.ts';

/** R-75 and interface 5a: what holds when the policy says nothing. */
const DEFAULT_START_MINUTE = 22 * 60;
const DEFAULT_END_MINUTE = 6 * 60;
const CLOCK = /^([01]\d|2[0-3]):([0-5]\d)$/;
const RANGE = /^(\d\d:\d\d)-(\d\d:\d\d)$/;
const WEEKDAYS: readonly Weekday[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

/** `HH:MM`, or a whole hour as R-75 sends it, in minutes after midnight; null if it is neither. */
const minuteOf = (value: unknown): number | null => {
  if (typeof value === 'number') return Number.isInteger(value) && value >= 0 && value <= 23 ? value * 60 : null;
  const parts = typeof value === 'string' ? CLOCK.exec(value) : null;
  return parts === null ? null : Number(parts[1]) * 60 + Number(parts[2]);
};

const dayOf = (value: unknown): QuietHours['days'][Weekday] | null => {
  if (value === 'all' || value === 'none') return value;
  const parts = typeof value === 'string' ? RANGE.exec(value) : null;
  const startMinute = minuteOf(parts?.[1]);
  const endMinute = minuteOf(parts?.[2]);
  return startMinute === null || endMinute === null ? null : { startMinute, endMinute };
};

/** `quiet_hours` of a policy. Absent: 22:00 to 06:00. start = end: off (D-63: not "always"). */
export const parseQuietHours = (root: FieldReader): QuietHours => {
  const fields = root.object('quiet_hours', ['start', 'end', 'days']);
  if (fields === null) return { startMinute: DEFAULT_START_MINUTE, endMinute: DEFAULT_END_MINUTE, days: {} };
  const minute = (key: string): number => {
    const value = minuteOf(fields.raw(key));
    if (value === null)
      fields.fault(key, 'is not a time of day', 'write it like "22:00", or as a whole hour from 0 to 23');
    return value ?? 0;
  };
  const days: Partial<Record<Weekday, QuietHours['days'][Weekday]>> = {};
  const written = fields.object('days', WEEKDAYS);
  for (const day of WEEKDAYS) {
    if (written?.has(day) !== true) continue;
    const value = dayOf(written.raw(day));
    if (value === null)
      written.fault(day, 'is not all, none or a range', 'write all, none, or a range like "20:00-09:00"');
    else days[day] = value;
  }
  return { startMinute: minute('start'), endMinute: minute('end'), days: days as QuietHours['days'] };
};
