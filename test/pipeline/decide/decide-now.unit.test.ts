import { expect, test } from '@jest/globals';
import { foldEntries } from '../../../src/domain/decision/evolve.ts';
import { decideNow, type DecideNowDeps } from '../../../src/pipeline/decide/decide-now.ts';
import { serialPerKey } from '../../../src/pipeline/serial-per-key.ts';
import { DecideHarness, NOTICE_PUSH, push, rulesWith } from '../harness.ts';

const onceADay = rulesWith([NOTICE_PUSH], {
  quotas: { max_actions_per_day: 1, max_actions_per_hour: 1, per_repo_per_day: 1 },
});
const CALLERS = 60;

const askAll = (deps: DecideNowDeps) =>
  Promise.allSettled(
    Array.from({ length: CALLERS }, (_, n) => decideNow(deps, push('a', `s${n}`, { branch: `b${n}` }), 60_000)),
  );

test('many callers at once for one person all get their decision, and one nudge is sent', async () => {
  const harness = new DecideHarness(onceADay, 1);
  const answers = await askAll({ ...harness.deps, partitions: 1, inTurn: serialPerKey() });
  expect(answers.map(({ status }) => status)).toEqual(Array<string>(CALLERS).fill('fulfilled'));
  const [actor] = await harness.journal.fold([{ tenantId: 't1', actorId: 'a' }]);
  expect(actor).toMatchObject({ version: CALLERS });
  expect(foldEntries(null, actor!.entries).sent).toHaveLength(1);
});

test('without a line they lose so many races that some are left in doubt: what the line is for', async () => {
  const harness = new DecideHarness(onceADay, 1);
  const answers = await askAll({ ...harness.deps, partitions: 1 });
  expect(answers.filter(({ status }) => status === 'rejected').length).toBeGreaterThan(0);
});

test('whoever waits in the line for longer than the budget is told so, and nothing of it is stored', async () => {
  const harness = new DecideHarness(onceADay, 1);
  let nowMs = 0;
  const clock = { now: () => harness.now, monotonicMs: () => nowMs };
  const inTurn = serialPerKey();
  const deps = { ...harness.deps, clock, partitions: 1, inTurn };
  const before = Promise.withResolvers<void>();
  const held = inTurn('t1|a', () => before.promise);
  const asked = decideNow(deps, push('a', 'late'), 150);
  nowMs = 151;
  before.resolve();
  await held;
  expect(await asked).toEqual({ result: 'over_budget', decision: null, latencyWarning: true });
  expect(await harness.journal.fold([{ tenantId: 't1', actorId: 'a' }])).toMatchObject([{ version: 0 }]);
});
