export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

// Text that JSON writes as it is, which nearly all of ours is: asking JSON.stringify for each took half of the time of a trace.
const PLAIN = /^[ !#-[\]-~]*$/;
const PLAIN_MAX_CHARS = 64;

const quoted = (text: string): string =>
  text.length <= PLAIN_MAX_CHARS && PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);

/**
 * Canonical JSON as the Edge Agent and the VS Code extension verify it (contracts 6.4 first row, C-3): keys sorted by UTF-16 code unit at every
 * level, no white space, non-ASCII as it is. Undefined members are left out; a non-finite number is a fault of the caller and throws.
 */
export const canonicalJson = (value: unknown): string => {
  if (typeof value === 'string') return quoted(value);
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError('canonical JSON has no place for a non-finite number');
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`;
  if (typeof value === 'object') {
    let text = '';
    for (const key of Object.keys(value).sort()) {
      const member = (value as Record<string, unknown>)[key];
      if (member !== undefined) text += `${text === '' ? '' : ','}${quoted(key)}:${canonicalJson(member)}`;
    }
    return `{${text}}`;
  }
  throw new TypeError(`canonical JSON has no place for a ${typeof value}`);
};
