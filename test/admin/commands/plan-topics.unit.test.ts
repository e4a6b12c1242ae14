import { describe, expect, test } from '@jest/globals';
import { planTopics, wantedConfigs } from '../../../src/admin/commands/plan-topics.ts';
import type { ExistingTopic } from '../../../src/admin/commands/plan-topics.ts';
import { TOPICS, TOPIC_NAMES } from '../../../src/generated/topics.ts';
import type { TopicName } from '../../../src/generated/topics.ts';

const asWanted = (): Map<TopicName, ExistingTopic> =>
  new Map(
    TOPIC_NAMES.map((name) => [name, { partitions: TOPICS[name].partitions, configs: wantedConfigs(TOPICS[name]) }]),
  );

const stepOf = (existing: ReadonlyMap<TopicName, ExistingTopic>, topic: TopicName) =>
  planTopics(existing).filter((step) => step.topic === topic);

describe('planTopics', () => {
  test('an empty cluster gets every topic', () => {
    const steps = planTopics(new Map());
    expect(steps.map(({ kind }) => kind)).toEqual(TOPIC_NAMES.map(() => 'create'));
    expect(steps.find(({ topic }) => topic === 'mmm.dlq')).toMatchObject({
      configs: { 'cleanup.policy': 'delete', 'retention.ms': '2592000000', 'max.message.bytes': '2097152' },
    });
  });

  test('nothing is done where all is as wanted', () => {
    expect(new Set(planTopics(asWanted()).map(({ kind }) => kind))).toEqual(new Set(['ok', 'foreign']));
  });

  test("a neighbour's topic is left as it is", () => {
    const existing = asWanted().set('release.events', { partitions: 1, configs: { 'retention.ms': '1' } });
    expect(stepOf(existing, 'release.events')).toEqual([{ kind: 'foreign', topic: 'release.events' }]);
  });

  test('a changed setting is set again, and the others of the topic are sent along', () => {
    const configs = { 'cleanup.policy': 'delete', 'retention.ms': '5', 'min.insync.replicas': '2' };
    expect(stepOf(asWanted().set('mmm.outcomes', { partitions: 6, configs }), 'mmm.outcomes')).toEqual([
      {
        kind: 'configure',
        topic: 'mmm.outcomes',
        configs: { ...configs, 'retention.ms': '1209600000' },
        changed: ['retention.ms: 5 -> 1209600000'],
      },
    ]);
  });

  test('the outbox topic has as many partitions as mmm.signals has, not as topics.yaml says', () => {
    const existing = asWanted().set('mmm.signals', { partitions: 12, configs: wantedConfigs(TOPICS['mmm.signals']) });
    expect(stepOf(existing, 'mmm.outbox')).toEqual([
      { kind: 'partitions-differ', topic: 'mmm.outbox', is: 6, wanted: 12 },
    ]);
    existing.delete('mmm.outbox');
    expect(stepOf(existing, 'mmm.outbox')).toMatchObject([{ kind: 'create', partitions: 12 }]);
    expect(stepOf(existing, 'mmm.signals')).toEqual([{ kind: 'ok', topic: 'mmm.signals' }]);
  });
});
