import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson } from '../../../src/domain/receipt/canonical-json.ts';

describe('canonical JSON', () => {
  test('sorts keys at every level, writes no white space and leaves non-ASCII as it is', () => {
    expect(canonicalJson({ b: [2, { z: 1, a: '\u00e9' }], a: null, c: undefined })).toBe(
      '{"a":null,"b":[2,{"a":"\u00e9","z":1}]}',
    );
  });

  test('is valid JSON of the same value whatever the order the members came in', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(reversed(value))).toBe(text);
      }),
    );
  });

  test('refuses what JSON can not say', () => {
    expect(() => canonicalJson({ n: Number.NaN })).toThrow(TypeError);
    expect(() => canonicalJson({ n: 1n })).toThrow(TypeError);
  });
});

const reversed = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(reversed);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, reversed(member)]),
  );
};
