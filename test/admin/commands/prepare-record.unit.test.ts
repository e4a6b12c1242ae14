import { describe, expect, test } from '@jest/globals';
import {
  defaultKey,
  prepareRecord,
  publishableTopic,
  RECORD_MAX_BYTES,
} from '../../../src/admin/commands/prepare-record.ts';

const line = (text: string): Uint8Array => Buffer.from(text);
const plain = (text: string) => prepareRecord('mmm.triggers', line(text), 'f, line 7', false);
const enveloped = (text: string) => prepareRecord('mmm.triggers', line(text), 'f, line 7', true);

describe('topics', () => {
  test('inputs are taken', () => expect(publishableTopic('mmm.triggers')).toBe('mmm.triggers'));

  test.each(['mmm.decisions', 'mmm.signals', 'mmm.outbox', 'mmm.dlq', 'nonsense', 'toString'])(
    '%s is refused',
    (topic) => {
      expect(() => publishableTopic(topic)).toThrow(expect.objectContaining({ code: 'USAGE' }));
    },
  );
});

describe('keys', () => {
  test('where any key will do, the actor: one person stays in order', () => {
    expect(defaultKey('any', { tenant_id: 'a|b', actor_id: 'dev' })).toBe('a%7Cb|dev');
    expect(defaultKey('any', { tenant_id: 'acme' })).toBe('acme');
  });

  test('the tenant where topics.yaml says so', () => {
    expect(defaultKey('tenant', { tenant_id: 'acme', actor_id: 'dev' })).toBe('acme');
  });

  test.each([[{}], [[]], [7], [{ tenant_id: '' }], [{ tenant_id: 7 }], [null]])('none for %j', (value) => {
    expect(defaultKey('any', value)).toBeNull();
  });
});

describe('a bare line', () => {
  test('goes out with its own bytes: digits are not lost in between', () => {
    const text = '{"tenant_id":"t","n": 12345678901234567890, "x":1.0}';
    expect(plain(`  ${text}\r`)).toEqual({ topic: 'mmm.triggers', key: 't', value: Buffer.from(text), headers: {} });
  });

  test('is skipped when empty', () => expect(plain(' \t')).toBeNull());

  test.each([
    ['not JSON', '{"a":1', 'is not JSON'],
    ['null', 'null', 'tombstone'],
    ['too large', JSON.stringify({ a: 'x'.repeat(RECORD_MAX_BYTES) }), 'the limit is'],
  ])('%s names the line', (_name, text, message) => {
    expect(() => plain(text)).toThrow(expect.objectContaining({ code: 'RECORDS_INVALID' }));
    expect(() => plain(text)).toThrow('f, line 7: ');
    expect(() => plain(text)).toThrow(message);
  });

  test('invalid UTF-8 names the line and quotes nothing', () => {
    const bytes = Buffer.from([0x22, 0xff, 0x22]);
    expect(() => prepareRecord('mmm.triggers', bytes, 'f, line 2', false)).toThrow('f, line 2: is not UTF-8');
  });
});

describe('an envelope', () => {
  test('says key, value and headers', () => {
    expect(enveloped('{"key":"k","value":{"a":1},"headers":{"traceparent":"x"}}')).toEqual({
      topic: 'mmm.triggers',
      key: 'k',
      value: Buffer.from('{"a":1}'),
      headers: { traceparent: 'x' },
    });
  });

  test('null is no key, and a tombstone; an absent key is the default one', () => {
    expect(enveloped('{"key":null,"value":null}')).toMatchObject({ key: null, value: null });
    expect(enveloped('{"value":{"tenant_id":"t"}}')).toMatchObject({ key: 't' });
  });

  test.each(['{"key":"k"}', '[]', '{"value":1,"extra":2}', '{"value":1,"key":7}', '{"value":1,"headers":{"a":1}}'])(
    '%s is refused',
    (text) => expect(() => enveloped(text)).toThrow(expect.objectContaining({ code: 'RECORDS_INVALID' })),
  );

  test('a header named __proto__ is a header', () => {
    const record = enveloped('{"value":1,"headers":{"__proto__":"x"}}');
    expect(Object.getOwnPropertyNames(record?.headers)).toEqual(['__proto__']);
  });
});
