import type { Surface } from '../vocabulary.ts';

/** Interface 5: what a template takes from a signal is at most this long. */
export const VALUE_MAX_CHARS = 200;

// Control characters, the separators that break lines, zero-width and bidirectional controls: a branch name with U+202E reads backwards.
const UNPRINTABLE =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]+/g;

/** A value as a reader may see it: one line, printable, at most 200 characters (the cut is shown). */
export const plainValue = (text: string): string => {
  // Cut first: a pattern over 8 KB for 200 characters is wasted, and twice the limit leaves room for what is removed.
  const clean = text
    .slice(0, 2 * VALUE_MAX_CHARS)
    .replace(UNPRINTABLE, ' ')
    .replace(/ {2,}/g, ' ')
    .trim();
  const chars = Array.from(clean);
  return chars.length <= VALUE_MAX_CHARS ? clean : `${chars.slice(0, VALUE_MAX_CHARS - 3).join('')}...`;
};

/** A number for a reader: at most two decimals, no trailing zeros, no exponent. Null if it is not finite. */
export const plainNumber = (value: number): string | null => {
  // Nearly all are counts.
  if (Number.isSafeInteger(value)) return String(value);
  if (!Number.isFinite(value)) return null;
  if (Math.abs(value) >= 1e21) return BigInt(Math.trunc(value)).toString();
  const text = value.toFixed(2).replace(/\.?0+$/, '');
  return text === '-0' ? '0' : text;
};

const ANYWHERE = /[\\`*_{}[\]~|]/g;
const AT_LINE_START = /^([ \t]*)([#+=-]|\d+(?=[.)]))/gm;
const AUTOLINK = /@|:\/\/|www\.|#(?=\d)|\bGH-(?=\d)/gi;
const INVISIBLE = '\u200b';
const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/**
 * Plain text as its surface shows it unchanged. ci renders Markdown with HTML: both are escaped, and what a forge would turn into a mention,
 * a link or a cross-reference is parted by a zero-width space (a backslash does not stop a mention: it is looked for after rendering).
 * ide and alert show plain text as it is. Apply it once, to the whole rendered text.
 */
export const escapeFor = (surface: Surface, text: string): string => {
  if (surface !== 'ci') return text;
  return text
    .replace(AUTOLINK, (mark) => mark.charAt(0) + INVISIBLE + mark.slice(1))
    .replace(ANYWHERE, (mark) => `\\${mark}`)
    .replace(AT_LINE_START, (_all, space: string, mark: string) =>
      /\d/.test(mark) ? `${space}${mark}${INVISIBLE}` : `${space}\\${mark}`,
    )
    .replace(/[&<>]/g, (char) => ENTITIES[char] ?? char);
};
