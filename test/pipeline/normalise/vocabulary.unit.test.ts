import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { ACTOR_TYPES, SEVERITIES } from '../../../src/domain/vocabulary.ts';
import {
  actorTypeOf,
  environmentOf,
  evaluationPointOf,
  planeOf,
  severityOf,
  surfaceOf,
} from '../../../src/pipeline/normalise/vocabulary.ts';

const words = (text: string): readonly string[] => text.split(' ');

describe('severity words of every neighbour (D-64, contracts 0.2)', () => {
  test.each([
    ['info', 'debug INFO info pass P3'],
    ['low', 'low'],
    ['medium', 'warn WARN warning medium P2 p2'],
    ['high', 'error high soft_block P1'],
    ['critical', 'critical CRITICAL hard_block P0'],
  ])('%s', (ours, theirs) => {
    for (const word of words(theirs)) expect(severityOf(word)).toEqual({ word: ours, known: true });
  });
  test('an unknown one is info and says so; none is info', () => {
    for (const word of ['fatal', 'P4', 3, true, {}, 'toString', '__proto__'])
      expect(severityOf(word)).toEqual({ word: 'info', known: false });
    for (const word of [undefined, null, '']) expect(severityOf(word)).toEqual({ word: 'info', known: true });
  });
});

test.each([
  ['human', 'human person user'],
  ['ai_agent', 'ai_agent ai agent llm AI'],
  ['service', 'service system automated machine'],
])('actor type %s', (ours, theirs) => {
  for (const word of words(theirs)) expect(actorTypeOf(word)).toEqual({ word: ours, known: true });
});
test('an unknown actor type is service, which is never nudged; none is human (D-78a)', () => {
  expect(actorTypeOf('robot')).toEqual({ word: 'service', known: false });
  expect(actorTypeOf(null)).toEqual({ word: 'human', known: true });
});

test.each([
  ['edge', 'edge ide laptop Laptop'],
  ['tenant_cloud', 'tenant_cloud tenant Tenant'],
  ['product_cloud', 'product_cloud product Product'],
  ['shared_services', 'shared_services shared Shared'],
])('plane %s of every neighbour (contracts 0.2)', (ours, theirs) => {
  for (const word of words(theirs)) expect(planeOf(word)).toEqual({ word: ours, known: true });
  expect(planeOf('moon')).toEqual({ word: null, known: false });
});

test('planes, environments, evaluation points and surfaces', () => {
  expect(['edge', 'Laptop', 'ide', 'tenant', 'product_cloud', 'Shared'].map((word) => planeOf(word).word)).toEqual([
    'edge',
    'edge',
    'edge',
    'tenant_cloud',
    'product_cloud',
    'shared_services',
  ]);
  expect(['development', 'staging', 'production', 'test', 'mars'].map((word) => environmentOf(word).word)).toEqual([
    'dev',
    'stage',
    'prod',
    'test',
    null,
  ]);
  expect(evaluationPointOf('pre-merge')).toEqual({ word: 'pre-merge', known: true });
  expect(evaluationPointOf('config')).toEqual({ word: null, known: false });
  expect(surfaceOf('pr').word).toBe('ci');
});

test('every function answers every value', () => {
  fc.assert(
    fc.property(fc.anything(), (value) => {
      expect(SEVERITIES).toContain(severityOf(value).word);
      expect(ACTOR_TYPES).toContain(actorTypeOf(value).word);
      for (const map of [planeOf, environmentOf, evaluationPointOf, surfaceOf]) map(value);
    }),
  );
});
