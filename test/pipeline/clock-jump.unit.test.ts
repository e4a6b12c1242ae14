import { expect, test } from '@jest/globals';
import { DecideHarness, NOON_MS, NOTICE_PUSH, push, rulesWith } from './harness.ts';

const DAY_MS = 86_400_000;
const twoADay = rulesWith([NOTICE_PUSH], {
  quotas: { max_actions_per_day: 2, max_actions_per_hour: 2, per_repo_per_day: 2 },
});

test('a clock that was days ahead for a moment makes no room under a cap of today', async () => {
  const harness = new DecideHarness(twoADay, 1);
  const at = async (ms: number, id: string): Promise<void> => {
    harness.now = ms;
    const time = new Date(ms).toISOString();
    await harness.append([push('a', id, { branch: id, occurred_at: time, received_at: time })]);
    const sessions = harness.sessions();
    await sessions.start();
    await harness.drained();
    await sessions.stop();
  };
  await at(NOON_MS, '1');
  await at(NOON_MS, '2');
  await at(NOON_MS + 3 * DAY_MS, 'ahead');
  await at(NOON_MS + 1_000, '3');
  await at(NOON_MS + 2_000, '4');
  expect(harness.decisions().map(({ actions }) => actions.length)).toEqual([1, 1, 1, 0, 0]);
});
