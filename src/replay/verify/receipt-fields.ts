import { canonicalJson } from '../../domain/receipt/canonical-json.ts';

export interface FieldDifference {
  /** `inputs.read_digest`, `result.actions[0].type`. */
  readonly path: string;
  readonly expected: string | null;
  readonly found: string | null;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const SHOWN_CHARS = 100;
const shown = (value: unknown): string | null => {
  if (value === undefined) return null;
  const text = typeof value === 'string' ? value : canonicalJson(value);
  return text.length <= SHOWN_CHARS ? text : `${text.slice(0, SHOWN_CHARS)}...`;
};

/** The first member, in canonical order, in which two receipts differ; null: none. */
export const firstFieldDifference = (expected: unknown, found: unknown, path = ''): FieldDifference | null => {
  if (Object.is(expected, found)) return null;
  if (isObject(expected) && isObject(found)) {
    for (const name of [...new Set([...Object.keys(expected), ...Object.keys(found)])].sort()) {
      const inside = firstFieldDifference(expected[name], found[name], path === '' ? name : `${path}.${name}`);
      if (inside !== null) return inside;
    }
    return null;
  }
  if (Array.isArray(expected) && Array.isArray(found)) {
    for (let at = 0; at < Math.max(expected.length, found.length); at += 1) {
      const inside = firstFieldDifference(expected[at], found[at], `${path}[${at}]`);
      if (inside !== null) return inside;
    }
    return null;
  }
  return { path, expected: shown(expected), found: shown(found) };
};
