import { describe, expect, test } from '@jest/globals';
import { createDocumentInspector } from '../../../src/pipeline/normalise/inspect-document.ts';
import { nestsTooDeep } from '../../../src/pipeline/normalise/json-text.ts';
import { LIMITS } from '../../../src/pipeline/normalise/limits.ts';

const inspect = createDocumentInspector((text) => text.startsWith('SUSPECT'));
const nested = (levels: number): unknown => (levels === 1 ? {} : { a: nested(levels - 1) });
const keys = (count: number): Record<string, unknown> =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, n]));

describe('each limit, at it and over it', () => {
  test.each<[string, unknown, unknown, string]>([
    ['depth', nested(LIMITS.depth), nested(LIMITS.depth + 1), 'TOO_DEEP'],
    ['keys', keys(LIMITS.keys), keys(LIMITS.keys + 1), 'TOO_MANY_KEYS'],
    ['keys in all', { a: keys(250), b: keys(248) }, { a: keys(250), b: keys(249) }, 'TOO_MANY_KEYS'],
    ['key', { ['k'.repeat(128)]: 1 }, { ['k'.repeat(129)]: 1 }, 'KEY_TOO_LONG'],
    ['string', { a: 'x'.repeat(8_192) }, { a: 'x'.repeat(8_193) }, 'STRING_TOO_LONG'],
    ['string in bytes', { a: '\u20ac'.repeat(2_730) }, { a: '\u20ac'.repeat(2_731) }, 'STRING_TOO_LONG'],
    [
      'array',
      { a: Array.from({ length: 1_000 }, () => 1) },
      { a: Array.from({ length: 1_001 }, () => 1) },
      'ARRAY_TOO_LONG',
    ],
    [
      'record',
      { a: Array.from({ length: 127 }, () => 'x'.repeat(8_192)) },
      { a: Array.from({ length: 129 }, () => 'x'.repeat(8_192)) },
      'RECORD_TOO_LARGE',
    ],
  ])('%s', (_name, at, over, code) => {
    expect(inspect(at).fault).toBeNull();
    expect(inspect(over).fault?.code).toBe(code);
  });
  test('text is measured before it is parsed', () => {
    const text = (levels: number) => Buffer.from('{"[[[\\"[[":'.repeat(levels) + '1' + '}'.repeat(levels));
    expect(nestsTooDeep(text(LIMITS.depth))).toBe(false);
    expect(nestsTooDeep(text(LIMITS.depth + 1))).toBe(true);
  });
});

test('a document nested a million deep does not overflow the stack', () => {
  let document: unknown = {};
  for (let n = 0; n < 1_000_000; n++) document = { a: document };
  expect(inspect(document).fault?.code).toBe('TOO_DEEP');
});

test.each(['{"__proto__":1}', '{"a":[{"constructor":1}]}', '{"a":{"prototype":{}}}'])('%s is refused', (text) =>
  expect(inspect(JSON.parse(text)).fault?.code).toBe('KEY_FORBIDDEN'),
);

test('names of secrets count only with a string in them', () => {
  expect(inspect({ a: { api_key: 'x' } }).fault).toEqual({ code: 'SECRET_FOUND', path: '$.a.api_key' });
  expect(inspect({ token: ['x'] }).fault?.code).toBe('SECRET_FOUND');
  expect(
    inspect({
      max_tokens: 5,
      token_count: '5',
      password: '',
      secret: null,
      token: 5,
      api_key: '[REDACTED]',
      tokens: ['x'],
    }).fault,
  ).toBeNull();
});

test('suspects are keys and values; a path shows only harmless keys', () => {
  expect(inspect({ a: ['SUSPECT 1'], SUSPECT2: 1 }).suspects).toEqual(['SUSPECT 1', 'SUSPECT2']);
  expect(inspect({ 'a b': [{ ok: 'x'.repeat(9_000) }] }).fault?.path).toBe('$.*[0].ok');
});

test.each([null, undefined, 1, 'x', [1], true])('%j is no document', (value) =>
  expect(inspect(value).fault?.code).toBe('SCHEMA_VIOLATION'),
);
