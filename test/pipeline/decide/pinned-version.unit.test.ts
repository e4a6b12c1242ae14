import { expect, test } from '@jest/globals';
import { DecideHarness, NOTICE_PUSH, push, rulesWith } from '../harness.ts';

const documentOf = (name: string): object => ({
  ...NOTICE_PUSH,
  actions: [{ type: 'mirror', surfaces: ['ide'], template: { title: name, body: 'Counted.' } }],
});

test('a version that is published while a decision is under way changes the next decision, never this one', async () => {
  const [before, after] = [rulesWith([documentOf('Before')]), rulesWith([documentOf('After')])];
  let live = before;
  // Another version goes live as soon as the decision has read its rules.
  const read = (): typeof before => {
    const answer = live;
    live = after;
    return answer;
  };
  const harness = new DecideHarness(before, 1, { rules: { current: read, load: () => Promise.resolve(read()) } });
  const sessions = harness.sessions();
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
