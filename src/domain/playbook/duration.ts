const UNITS_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const FORM = /^([1-9][0-9]{0,5})([smhd])$/;

/** `90s`, `15m`, `4h`, `30d` as milliseconds; null if it is not such a text. Zero is refused: it would read as "no limit". */
export const parseDurationMs = (text: string): number | null => {
  const parts = FORM.exec(text);
  if (parts === null) return null;
  const unit = UNITS_MS[parts[2] ?? ''];
  return unit === undefined ? null : Number(parts[1]) * unit;
};

const STEPS: readonly (readonly [number, string])[] = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
];

/** A length of time for a reader, in its largest whole unit: `3 days`, `1 hour`, `less than a minute`. */
export const durationInWords = (ms: number): string => {
  for (const [unitMs, name] of STEPS) {
    const count = Math.floor(ms / unitMs);
    if (count >= 1) return `${count} ${name}${count === 1 ? '' : 's'}`;
  }
  return 'less than a minute';
};

const WRITTEN: readonly (readonly [number, string])[] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'm'],
  [1_000, 's'],
];

/** As a definition writes it, in the largest unit that is exact: `7d`, `90m`. The reverse of `parseDurationMs` for what that can read. */
export const durationText = (ms: number): string => {
  const [unitMs, name] = WRITTEN.find(([unit]) => ms % unit === 0) ?? [1, 'ms'];
  return `${ms / unitMs}${name}`;
};
