import { describe, expect, test } from '@jest/globals';
import { desiredSubjects, planSchemas, schemasNeedChange } from '../../../src/admin/commands/plan-schemas.ts';
import type { ActualSubject, DesiredSubject, SchemaAction } from '../../../src/admin/commands/plan-schemas.ts';
import { TOPICS } from '../../../src/generated/topics.ts';

const V1 = '{"type":"record","name":"A","fields":[]}';
const V2 = '{"type":"record","name":"A","doc":"2","fields":[]}';
const V3 = '{"type":"record","name":"A","doc":"3","fields":[]}';
const desired: readonly DesiredSubject[] = [
  {
    subject: 'a-value',
    versions: [
      { version: 1, text: V1 },
      { version: 2, text: V2 },
    ],
  },
];
const held = (compatibility: string | null, ...texts: readonly string[]): readonly ActualSubject[] => [
  { subject: 'a-value', compatibility, texts },
];
const kinds = (plan: readonly SchemaAction[]): readonly string[] =>
  plan.map((action) => (action.kind === 'register' ? `register ${action.version}` : action.kind));

describe('which subjects are ours', () => {
  test('our Avro topics with the prefix; neither inputs nor receipts', () => {
    expect(desiredSubjects('two.').map(({ subject }) => subject)).toEqual([
      'two.mmm.signals-value',
      'two.mmm.compose-value',
      'two.mmm.decisions-value',
      'two.mmm.delivery.ide-value',
      'two.mmm.delivery.ci-value',
      'two.mmm.delivery.alert-value',
      'two.mmm.outcomes-value',
      'two.mmm.admin_config-value',
    ]);
  });

  test('a topic switched to JSON needs no subject', () => {
    expect(desiredSubjects('', [{ ...TOPICS['mmm.decisions'], format: 'json' }])).toEqual([]);
  });
});

describe('planning', () => {
  test.each([
    ['an empty registry', [], ['register 1', 'register 2', 'set_compatibility']],
    ['the version before', held('BACKWARD', V1), ['register 2']],
    ['no rule of its own', held(null, V1, V2), ['set_compatibility']],
    ['another rule', held('NONE', V1, V2), ['set_compatibility']],
    ['all there', held('BACKWARD', V1, V2), ['keep']],
    ['only our newest', held('BACKWARD', V2), ['keep']],
    ['a newer one of a later release', held('BACKWARD', V1, V2, V3), ['newer_in_registry']],
    ['only a foreign one', held('BACKWARD', V3), ['register 1', 'register 2']],
  ])('%s', (_name, actual, expected) => {
    const plan = planSchemas(desired, actual);
    expect(kinds(plan)).toEqual(expected);
    expect(schemasNeedChange(plan)).toBe(expected.some((kind) => /register \d|set_comp/.test(kind)));
  });

  test('a registry that moves keys and white space holds the same schema', () => {
    const moved = '{ "name": "A", "fields": [], "type": "record" }';
    expect(kinds(planSchemas(desired, held('BACKWARD', moved, V2)))).toEqual(['keep']);
  });

  test('the plan after that has nothing left to do', () => {
    const all = desiredSubjects('');
    const after = all.map(({ subject, versions }) => ({
      subject,
      compatibility: 'BACKWARD',
      texts: versions.map(({ text }) => text),
    }));
    expect(schemasNeedChange(planSchemas(all, []))).toBe(true);
    expect(schemasNeedChange(planSchemas(all, after))).toBe(false);
  });
});
