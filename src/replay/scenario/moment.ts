import { parseDurationMs } from '../../domain/playbook/duration.ts';

const DISTANCE = /^([+-])(.+)$/;

/** `now`, a distance from it such as `-2h`, or a date-time, in ms. The schema has seen to the form. */
export const momentOf = (text: string, nowMs: number): number => {
  if (text === 'now') return nowMs;
  const [, sign, length] = DISTANCE.exec(text) ?? [];
  if (length === undefined) return Date.parse(text);
  return nowMs + (sign === '-' ? -1 : 1) * (parseDurationMs(length) ?? 0);
};
