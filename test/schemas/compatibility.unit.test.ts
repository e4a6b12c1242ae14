import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { compatibilityFaults } from '../../tools/generate/compatibility.ts';
import { loadSchemaFiles } from '../../tools/generate/schema-files.ts';
import type { SchemaFile, SchemaKind } from '../../tools/generate/schema-files.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

const version = (n: number, schema: object, kind: SchemaKind = 'avro'): SchemaFile => ({
  subject: 'a-value',
  version: n,
  kind,
  path: `schemas/a-value/v${n}`,
  schema: { ...schema },
});
const record = (...fields: readonly object[]): object => ({ type: 'record', name: 'A', fields });
const ID = { name: 'id', type: 'string' };
const word = (symbols: readonly string[], fallback?: string): object => ({
  name: 'word',
  type: { type: 'enum', name: 'Word', symbols, ...(fallback === undefined ? {} : { default: fallback }) },
});

test('each committed version reads the records of the one before it', () => {
  expect(compatibilityFaults(loadSchemaFiles(root))).toEqual([]);
});

describe('BACKWARD, Avro', () => {
  const judge = (before: object, after: object): number =>
    compatibilityFaults([version(1, before), version(2, after)]).length;

  test.each([
    ['a new field with a default', record(ID), record(ID, { name: 'b', type: ['null', 'string'], default: null })],
    ['a field taken away', record(ID, { name: 'b', type: 'string' }), record(ID)],
    ['int becomes long', record({ name: 'n', type: 'int' }), record({ name: 'n', type: 'long' })],
    ['a field becomes optional', record(ID), record({ name: 'id', type: ['null', 'string'], default: null })],
    ['a word is added', record(word(['a'], 'a')), record(word(['a', 'b'], 'a'))],
    ['a word is taken away, with a word to fall back on', record(word(['a', 'b'])), record(word(['a'], 'a'))],
  ])('%s: compatible', (_name, before, after) => {
    expect(judge(before, after)).toBe(0);
  });

  test.each([
    ['a new field without a default', record(ID), record(ID, { name: 'b', type: 'string' })],
    ['another type', record(ID), record({ name: 'id', type: 'int' })],
    ['a field renamed', record(ID), record({ name: 'key', type: 'string' })],
    ['an optional field becomes required', record({ name: 'id', type: ['null', 'string'], default: null }), record(ID)],
    ['long becomes int', record({ name: 'n', type: 'long' }), record({ name: 'n', type: 'int' })],
    ['a word is taken away', record(word(['a', 'b'])), record(word(['a']))],
  ])('%s: found', (_name, before, after) => {
    expect(judge(before, after)).toBeGreaterThan(0);
  });
});

describe('BACKWARD, JSON Schema', () => {
  const object = (properties: object, required: readonly string[] = [], closed = false): object => ({
    type: 'object',
    properties,
    required,
    additionalProperties: !closed,
  });
  const judge = (before: object, after: object): readonly string[] =>
    compatibilityFaults([version(1, before, 'json'), version(2, after, 'json')]);
  const text = { type: 'string' };

  test.each([
    ['a new optional property', object({ a: text }), object({ a: text, b: text })],
    ['required becomes optional', object({ a: text }, ['a']), object({ a: text })],
    ['a type is added', object({ a: text }), object({ a: { type: ['string', 'null'] } })],
  ])('%s: compatible', (_name, before, after) => {
    expect(judge(before, after)).toEqual([]);
  });

  test.each([
    ['optional becomes required', object({ a: text }), object({ a: text }, ['a'])],
    ['a type is taken away', object({ a: { type: ['string', 'null'] } }), object({ a: text })],
    ['a word is taken away', object({ a: { enum: ['x', 'y'] } }), object({ a: { enum: ['x'] } })],
    ['a property of a closed object goes', object({ a: text }, [], true), object({}, [], true)],
    ['deep inside', object({ o: object({ a: text }) }), object({ o: object({ a: text }, ['a']) })],
  ])('%s: found', (_name, before, after) => {
    expect(judge(before, after)).toHaveLength(1);
  });
});
