export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/**
 * Whether JSON.stringify would write the value canonically as it is: every object's keys in order already. Throws for what JSON can not hold.
 * A look at the keys costs a fraction of sorting them and joining text, and what we build on the hot path is built in order.
 */
const isInOrder = (value: unknown): boolean => {
  if (value === null || typeof value !== 'object') {
    refuseForeign(value);
    return true;
  }
  if (Array.isArray(value)) {
    for (const item of value) if (item !== undefined && !isInOrder(item)) return false;
    return true;
  }
  let before = '';
  // Makes no list of the keys. An inherited one, if ever there is any, can only send the value the long way round.
  for (const key in value) {
    if (key < before) return false;
    before = key;
    const member = (value as Record<string, unknown>)[key];
    if (member !== undefined && !isInOrder(member)) return false;
  }
  return true;
};

const refuseForeign = (value: unknown): void => {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return;
  if (typeof value !== 'number') throw new TypeError(`canonical JSON has no place for a ${typeof value}`);
  if (!Number.isFinite(value)) throw new TypeError('canonical JSON has no place for a non-finite number');
};

/**
 * Canonical JSON as the Edge Agent and the VS Code extension verify it (contracts 6.4 first row, C-3): keys sorted by UTF-16 code unit at every
 * level, no white space, non-ASCII as it is. Undefined members are left out; a non-finite number is a fault of the caller and throws.
 */
export const canonicalJson = (value: unknown): string => (isInOrder(value) ? JSON.stringify(value) : reordered(value));

/** One level put in order; the levels below may be so already. */
const reordered = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`;
  const members = value as Readonly<Record<string, unknown>>;
  let text = '';
  for (const key of Object.keys(members).sort()) {
    const member = members[key];
    if (member !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${canonicalJson(member)}`;
  }
  return `{${text}}`;
};
