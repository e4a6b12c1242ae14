import { describe, expect, test } from '@jest/globals';
import {
  desiredTopics,
  planTopics,
  topicsCheckFails,
  topicsNeedChange,
} from '../../../src/admin/commands/plan-topics.ts';
import type { ActualTopic, DesiredTopic, TopicAction } from '../../../src/admin/commands/plan-topics.ts';
import { TOPIC_NAMES } from '../../../src/generated/topics.ts';

const DESIRED = desiredTopics('two.');

/** What a broker would say after the plan was carried out. */
function carryOut(plan: readonly TopicAction[], before: readonly ActualTopic[]): readonly ActualTopic[] {
  const after = new Map(before.map((topic) => [topic.name, topic]));
  for (const action of plan) {
    const topic = after.get(action.name);
    if (action.kind === 'create') after.set(action.name, action);
    if (action.kind === 'set_config' && topic !== undefined) {
      const config = { ...topic.config, ...Object.fromEntries(action.changes.map(({ setting, to }) => [setting, to])) };
      after.set(action.name, { ...topic, config });
    }
  }
  return [...after.values()];
}
const existing = (change: (topic: DesiredTopic) => Partial<ActualTopic>): readonly ActualTopic[] =>
  DESIRED.map((topic) => ({ ...topic, ...change(topic) }));
const about = (plan: readonly TopicAction[], name: string): readonly TopicAction[] =>
  plan.filter((action) => action.name === name);

describe('an empty broker', () => {
  const plan = planTopics(DESIRED, []);

  test('every topic is made, with the prefix', () => {
    expect(plan.map((action) => [action.kind, action.name])).toEqual(
      TOPIC_NAMES.map((name) => ['create', `two.${name}`]),
    );
    expect(topicsNeedChange(plan)).toBe(true);
    expect(topicsCheckFails(plan)).toBe(true);
  });

  test('the plan after that has nothing left to do', () => {
    const again = planTopics(DESIRED, carryOut(plan, []));
    expect(again.every((action) => action.kind === 'keep')).toBe(true);
    expect(topicsNeedChange(again)).toBe(false);
    expect(topicsCheckFails(again)).toBe(false);
  });
});

describe('a broker that has the topics', () => {
  test('a setting of ours that differs is put right, once', () => {
    const before = existing((topic) =>
      topic.name === 'two.mmm.dlq' ? { config: { ...topic.config, 'retention.ms': '1' } } : {},
    );
    const plan = planTopics(DESIRED, before);
    expect(plan.filter((action) => action.kind !== 'keep')).toEqual([
      {
        kind: 'set_config',
        name: 'two.mmm.dlq',
        changes: [{ setting: 'retention.ms', from: '1', to: '2592000000' }],
      },
    ]);
    expect(topicsCheckFails(planTopics(DESIRED, carryOut(plan, before)))).toBe(false);
  });

  test("a neighbour's topic is left alone, however it is set", () => {
    const plan = planTopics(
      DESIRED,
      existing((topic) => (topic.ours ? {} : { partitions: 48, config: {} })),
    );
    expect(plan.every((action) => action.kind === 'keep')).toBe(true);
  });

  test('another partition count is said and never changed', () => {
    const plan = planTopics(
      DESIRED,
      existing((topic) => (topic.name === 'two.mmm.decisions' ? { partitions: 12 } : {})),
    );
    expect(about(plan, 'two.mmm.decisions')).toEqual([
      { kind: 'partitions_differ', name: 'two.mmm.decisions', desired: 6, actual: 12, fault: false },
    ]);
    expect(topicsNeedChange(plan)).toBe(false);
    expect(topicsCheckFails(plan)).toBe(false);
  });

  test('the outbox topic follows the count that mmm.signals really has', () => {
    const wide = existing((topic) => (topic.name === 'two.mmm.signals' ? { partitions: 32 } : {}));
    const without = wide.filter((topic) => topic.name !== 'two.mmm.outbox');
    expect(about(planTopics(DESIRED, without), 'two.mmm.outbox')).toMatchObject([{ kind: 'create', partitions: 32 }]);
    const plan = planTopics(DESIRED, wide);
    expect(about(plan, 'two.mmm.outbox')).toMatchObject([{ kind: 'partitions_differ', desired: 32, fault: true }]);
    expect(topicsCheckFails(plan)).toBe(true);
  });
});
