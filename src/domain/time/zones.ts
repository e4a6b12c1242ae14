/**
 * Time zones: an IANA name or a fixed offset (`+05:30`, `UTC`, `Z`). Local times are read from the zone's offset at an instant, never from wall
 * clock texts (D-58), so the two days of daylight saving come out right. What Intl knows depends on the tz data that Node ships.
 */
export interface Zone {
  readonly name: string;
  /** Local minus UTC at this instant, in ms. */
  offsetAt(ms: number): number;
}

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;
/** Every change of offset since 1972 falls on a quarter of an hour of UTC: the offset is asked of Intl once per quarter. */
const QUARTER_MS = 15 * MINUTE_MS;
/** Intl takes about 2 us a call and some 50 KB a formatter; both memories are emptied when full, which costs time and changes no answer. */
const OFFSETS_MAX = 4096;
const ZONES_MAX = 512;

const FIXED = /^([+-])(\d{2}):(\d{2})$/;
const GMT = /^GMT(?:([+-])(\d{2}):(\d{2})(?::(\d{2}))?)?$/;

const fixedZone = (name: string, offsetMs: number): Zone => ({ name, offsetAt: () => offsetMs });
export const UTC: Zone = fixedZone('UTC', 0);

const signed = (
  sign: string | undefined,
  hours: string | undefined,
  minutes: string | undefined,
  seconds = '0',
): number =>
  (sign === '-' ? -1 : 1) * (Number(hours ?? 0) * HOUR_MS + Number(minutes ?? 0) * MINUTE_MS + Number(seconds) * 1000);

const ianaZone = (name: string): Zone | null => {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
  const offsets = new Map<number, number>();
  const ask = (ms: number): number => {
    const part = format.formatToParts(ms).find(({ type }) => type === 'timeZoneName');
    const match = GMT.exec(part?.value ?? '');
    if (match === null) throw new RangeError(`no offset for zone ${name}`);
    return signed(match[1], match[2], match[3], match[4]);
  };
  return {
    name,
    offsetAt: (ms) => {
      const quarter = Math.floor(ms / QUARTER_MS);
      const known = offsets.get(quarter);
      if (known !== undefined) return known;
      if (offsets.size >= OFFSETS_MAX) offsets.clear();
      const offset = ask(quarter * QUARTER_MS);
      offsets.set(quarter, offset);
      return offset;
    },
  };
};

const parseZone = (name: string): Zone | null => {
  if (name === 'UTC' || name === 'Z' || name === 'Etc/UTC') return UTC;
  const fixed = FIXED.exec(name);
  if (fixed === null) return ianaZone(name);
  const offset = signed(fixed[1], fixed[2], fixed[3]);
  return Number(fixed[3]) < 60 && Math.abs(offset) <= 14 * HOUR_MS ? fixedZone(name, offset) : null;
};

const zones = new Map<string, Zone | null>();

/** Null for a name that is neither `+HH:MM` (up to 14 hours) nor known to Intl. */
export const zoneNamed = (name: string): Zone | null => {
  const known = zones.get(name);
  if (known !== undefined) return known;
  if (zones.size >= ZONES_MAX) zones.clear();
  const zone = parseZone(name);
  zones.set(name, zone);
  return zone;
};

/** The first name that is a zone, else UTC: actor's preference, else tenant, else UTC (design 3.6). */
export const firstZone = (...names: readonly (string | null)[]): Zone => {
  for (const name of names) {
    const zone = name === null ? null : zoneNamed(name);
    if (zone !== null) return zone;
  }
  return UTC;
};

/** Days since 1970-01-01 on the local calendar. */
export const localDay = (zone: Zone, ms: number): number => Math.floor((ms + zone.offsetAt(ms)) / DAY_MS);

/**
 * The instant of a local time. Where clocks go back it comes twice: `first` or `last`. Where they go forward it does not exist: the moment of
 * the change. `minute` may exceed a day.
 */
export const instantOf = (zone: Zone, day: number, minute: number, which: 'first' | 'last'): number => {
  const local = day * DAY_MS + minute * MINUTE_MS;
  const before = local - zone.offsetAt(local - DAY_MS);
  const after = local - zone.offsetAt(local + DAY_MS);
  const real = [before, after].filter((at) => at + zone.offsetAt(at) === local);
  if (real.length > 0) return which === 'first' ? Math.min(...real) : Math.max(...real);
  const from = Math.min(before, after);
  const offset = zone.offsetAt(from);
  let at = Math.floor(from / QUARTER_MS) * QUARTER_MS;
  while (at < Math.max(before, after) && zone.offsetAt(at) === offset) at += QUARTER_MS;
  return at;
};

/** First instant of the local calendar day of `ms`. */
export const startOfDay = (zone: Zone, ms: number): number => instantOf(zone, localDay(zone, ms), 0, 'first');

/** First instant of the local calendar day after that of `ms`. */
export const startOfNextDay = (zone: Zone, ms: number): number => instantOf(zone, localDay(zone, ms) + 1, 0, 'first');
