export type Scalar = string | number | boolean;
export type FlatPayload = Record<string, Scalar>;

export const wellFormed = (text: string): string => (text.isWellFormed() ? text : text.toWellFormed());

/**
 * Adds `value` to `into` flat (interface 2b): nested keys joined with dots, an array as its length, only scalars; nulls are left out. Where two
 * paths meet (`{"a.b": 1, "a": {"b": 2}}`) the later one wins. Recursion is bounded by the depth limit, which was checked before.
 */
export const flattenInto = (into: FlatPayload, value: unknown, name: string): void => {
  switch (typeof value) {
    case 'string':
      into[name] = wellFormed(value);
      return;
    case 'number':
    case 'boolean':
      into[name] = value;
      return;
    case 'object':
      if (value === null || ArrayBuffer.isView(value)) return;
      if (Array.isArray(value)) {
        into[name] = value.length;
        return;
      }
      for (const [key, inner] of Object.entries(value)) {
        const part = wellFormed(key);
        flattenInto(into, inner, name === '' ? part : `${name}.${part}`);
      }
      return;
    default:
      return;
  }
};

/** Adds facts of the envelope under names the producer did not use itself. */
export const addMissing = (into: FlatPayload, name: string, value: Scalar | null): void => {
  if (value !== null && !Object.hasOwn(into, name)) into[name] = value;
};
