/** RFC 3339 date-time (also with a space and without a zone, as Python's isoformat writes it). */
const DATE_TIME =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:[.,](\d{1,9})\d*)?(?:([Zz])|([+-])(\d{2}):?(\d{2}))?$/;
const MINUTE_MS = 60_000;

export interface ParsedTime {
  readonly ms: number;
  /** False: there was no zone and it was taken as UTC. */
  readonly zoned: boolean;
}

/** Milliseconds since the epoch, or null if the text is not a date-time that exists. A leap second counts as the second after it. */
export const parseDateTime = (text: string): ParsedTime | null => {
  const match = DATE_TIME.exec(text);
  if (match === null) return null;
  const [, year, month, day, hour, minute, second, fraction = '', zulu, sign, offsetHour, offsetMinute] = match;
  const y = Number(year);
  const mo = Number(month);
  const d = Number(day);
  const h = Number(hour);
  const mi = Number(minute);
  const s = Number(second);
  if (h > 23 || mi > 59 || s > 60) return null;
  const midnight = new Date(0);
  midnight.setUTCFullYear(y, mo - 1, d);
  // Date rolls 30 February over into March: what comes back must be what was asked for.
  if (midnight.getUTCFullYear() !== y || midnight.getUTCMonth() !== mo - 1 || midnight.getUTCDate() !== d) return null;
  let ms = midnight.getTime() + (h * 60 + mi) * MINUTE_MS + s * 1_000 + Number(fraction.slice(0, 3).padEnd(3, '0'));
  if (sign !== undefined) {
    const oh = Number(offsetHour);
    const om = Number(offsetMinute);
    if (oh > 23 || om > 59) return null;
    ms += (sign === '+' ? -1 : 1) * (oh * 60 + om) * MINUTE_MS;
  }
  // An offset can push year 0 or 9999 out of the four digits that every output has.
  if (ms < -62_167_219_200_000 || ms > 253_402_300_799_999) return null;
  return { ms, zoned: zulu !== undefined || sign !== undefined };
};
