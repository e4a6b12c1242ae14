import { describe, expect, test } from '@jest/globals';
import { TOPICS } from '../../src/generated/topics.ts';
import type { TopicName } from '../../src/generated/topics.ts';
import { parseTopics } from '../../tools/generate/topics-file.ts';
import type { SchemaFile } from '../../tools/generate/schema-files.ts';

const DAY_MS = 86_400_000;
const SCHEMAS: readonly SchemaFile[] = [
  { subject: 'a-value', version: 1, kind: 'avro', path: 'schemas/a-value/v1.avsc', schema: {} },
  { subject: 'j-value', version: 1, kind: 'json', path: 'schemas/j-value/v1.schema.json', schema: {} },
];
const row = (change: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> => ({
  name: 'a',
  direction: 'out',
  owner: 'us',
  key: 'tenant',
  format: 'avro',
  subject: 'a-value',
  partitions: 6,
  retention: '7d',
  cleanup: 'delete',
  description: 'An a.',
  ...change,
});
const load = (...topics: readonly object[]): ReturnType<typeof parseTopics> =>
  parseTopics(JSON.stringify({ topics }), SCHEMAS);

describe('topics.yaml as committed', () => {
  test.each<[number, readonly TopicName[]]>([
    [7, ['mmm.signals', 'mmm.compose']],
    [
      14,
      [
        'mmm.decisions',
        'mmm.delivery.ide',
        'mmm.delivery.ci',
        'mmm.delivery.alert',
        'mmm.outcomes',
        'mmm.admin_config',
      ],
    ],
    [30, ['mmm.receipts', 'mmm.dlq']],
  ])('%d days are kept of what must age out then', (days, names) => {
    for (const name of names) expect([name, TOPICS[name].retentionMs]).toEqual([name, days * DAY_MS]);
  });

  test('the outbox has the partitions of mmm.signals and no schema', () => {
    expect(TOPICS['mmm.outbox']).toMatchObject({
      partitionsOf: 'mmm.signals',
      partitions: TOPICS['mmm.signals'].partitions,
      format: 'none',
      schemaSubject: null,
    });
  });

  test('nothing is compacted: the last record of a key is no summary of those before', () => {
    expect(Object.values(TOPICS).filter((topic) => topic.cleanup !== 'delete')).toEqual([]);
  });
});

describe('the loader', () => {
  test('fills in defaults and follows the partitions of another topic', () => {
    const { partitions: _own, ...bare } = row();
    const follower = row({ name: 'b', partitions: 'a' });
    const topics = parseTopics(JSON.stringify({ defaults: { partitions: 3 }, topics: [bare, follower] }), SCHEMAS);
    expect(topics.map(({ name, partitions, partitionsOf }) => [name, partitions, partitionsOf])).toEqual([
      ['a', 3, null],
      ['b', 3, 'a'],
    ]);
  });

  test('an Avro topic may be switched to JSON', () => {
    expect(load(row({ format: 'json' }))).toMatchObject([{ format: 'json', schemaSubject: 'a-value' }]);
  });

  test.each([
    ['a.direction: one of in, internal, out, found "inwards"', { direction: 'inwards' }],
    ['a.retention: as 7d or 12h, found 7', { retention: 7 }],
    ['a.partitions: a whole number above 0, found 0', { partitions: 0 }],
    ['a.partitions: mmm is no topic with a number of its own', { partitions: 'mmm' }],
    ['a.partition: no such field exists, found 6', { partition: 6 }],
    ['a.subject: no avro schema in schemas/j-value', { subject: 'j-value' }],
    ['a.subject: not allowed with format raw', { format: 'raw' }],
    ['a.description: a text, found ""', { description: '' }],
  ])('%s', (fault, change) => {
    expect(() => load(row(change))).toThrow(`topics.yaml:\n  ${fault}`);
  });

  test('all faults are reported together', () => {
    expect(() => load(row({ key: 'x' }), row({ owner: 1 }))).toThrow(
      'topics.yaml:\n  a.key: one of any, none, tenant, tenant|actor, original, found "x"\n' +
        '  a.owner: a text, found 1\n  a: named twice',
    );
  });
});
