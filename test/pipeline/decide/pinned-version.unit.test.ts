import { expect, test } from '@jest/globals';
import type { Journal } from '../../../src/pipeline/ports/journal.ts';
import { DecideHarness, NOTICE_PUSH, push, rulesWith } from '../harness.ts';

const documentOf = (name: string): object => ({
  ...NOTICE_PUSH,
  actions: [{ type: 'mirror', surfaces: ['ide'], template: { title: name, body: 'Counted.' } }],
});

test('a version that is published while a decision is under way changes the next decision, never this one', async () => {
  const [before, after] = [rulesWith([documentOf('Before')]), rulesWith([documentOf('After')])];
  let live = before;
  const harness = new DecideHarness(before, 1, {
    rules: { current: () => live, load: () => Promise.resolve(live) },
  });
  // The other version goes live between the plan and its commit.
  const journal = new Proxy<Journal>(harness.journal, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      if (name === 'commit') live = after;
      return value.bind(target) as unknown;
    },
  });
  const sessions = harness.sessions({ journal });
  await harness.append([push('ann', 's1')]);
  await sessions.start();
  await harness.drained();
  await harness.append([push('bob', 's2')]);
  await harness.drained();
  await sessions.stop();
  expect(harness.deliveries().map(({ actor_id, title }) => `${actor_id} ${title}`)).toEqual([
    'ann Before',
    'bob After',
  ]);
  expect(harness.decisions().map((decision) => decision.policy_snapshot_id)).toEqual([
    before.policySnapshotId,
    after.policySnapshotId,
  ]);
});
