import { describe, expect, test } from '@jest/globals';
import avsc from 'avsc';
import { AVRO_SCHEMAS, LATEST_AVRO_VERSION } from '../../src/generated/schemas.ts';
import type { AvroSubject } from '../../src/generated/schemas.ts';
import { TOPICS } from '../../src/generated/topics.ts';
import { AVRO_SAMPLES, FULL_SIGNAL } from './samples.ts';

type Schema = { readonly fields: readonly { readonly name: string; readonly default?: unknown }[] };

function schemaOf(subject: AvroSubject): Schema {
  const schema = AVRO_SCHEMAS.find((each) => each.subject === subject && each.version === LATEST_AVRO_VERSION[subject]);
  if (schema === undefined) throw new Error(`no schema of ${subject}`);
  return JSON.parse(schema.text) as Schema;
}

function typeOf(subject: AvroSubject): avsc.Type {
  return avsc.Type.forSchema(schemaOf(subject) as unknown as avsc.Schema, { wrapUnions: 'auto' });
}

/** A plain value: avsc decodes records into instances of its own classes. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe.each(Object.keys(AVRO_SAMPLES) as (keyof typeof AVRO_SAMPLES)[])('%s', (topic) => {
  const type = typeOf(`${topic}-value`);

  test.each([
    ['full', 0],
    ['minimal', 1],
  ])('a %s record comes back as it went in', (_name, index) => {
    const record = AVRO_SAMPLES[topic][index];
    const decoded: unknown = type.fromBuffer(type.toBuffer(record));
    expect(plain(decoded)).toEqual(record);
  });

  test('a record without one of its fields is refused unless the field has a default', () => {
    const record: object = AVRO_SAMPLES[topic][0] ?? {};
    const { fields } = schemaOf(`${topic}-value`);
    const defaults = new Set(fields.filter((field) => 'default' in field).map((field) => field.name));
    for (const name of Object.keys(record)) {
      const rest: unknown = Object.fromEntries(Object.entries(record).filter(([key]) => key !== name));
      expect([name, type.isValid(rest)]).toEqual([name, defaults.has(name)]);
    }
  });

  test('the topic says avro and names this subject', () => {
    expect(TOPICS[topic]).toMatchObject({ format: 'avro', schemaSubject: `${topic}-value` });
  });
});

test('an optional field may be absent on the wire: it reads as null', () => {
  const type = typeOf('mmm.signals-value');
  const { repo_id: _gone, ...rest } = FULL_SIGNAL;
  expect(plain(type.fromBuffer(type.toBuffer(rest)))).toEqual({ ...FULL_SIGNAL, repo_id: null });
});

test('a nested object in a payload is refused: payloads are flat', () => {
  const type = typeOf('mmm.signals-value');
  expect(type.isValid({ ...FULL_SIGNAL, payload: { nested: { a: 1 } } })).toBe(false);
});

test('the three delivery topics hold one shape', () => {
  const texts = AVRO_SCHEMAS.filter((schema) => schema.subject.startsWith('mmm.delivery.')).map(({ text }) => text);
  expect(texts.length).toBeGreaterThanOrEqual(3);
  expect(new Set(texts).size).toBe(texts.length / 3);
});
