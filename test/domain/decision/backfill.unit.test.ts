import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { aPlaybook, aSignal, DAY, HOUR, MINUTE, NOON, outcomes, planned } from './given.ts';
import { Story } from './story.ts';

/** Every push is worth a word; what happened this week may be asked for. */
const SAYS = aPlaybook({ id: 'says', limits: { perActorPerDay: 3 }, deferral: { mode: 'defer', expiresAfterMs: DAY } });
const at = (ms: number) => ({ occurred_at: new Date(ms).toISOString() });
/** When something happened that comes in only now: from a day, the tenant's max_lateness, to a month ago. */
const past = fc.integer({ min: DAY + 1, max: 30 * DAY }).map((ageMs) => NOON - ageMs);

test('a backfill of the past nudges nobody, charges nothing and puts nothing off, however much it is', () => {
  fc.assert(
    fc.property(fc.array(past, { minLength: 1, maxLength: 30 }), (times) => {
      const story = new Story([SAYS]);
      for (const ms of times) story.signal(NOON, at(ms));
      expect(story.told.map(({ plan }) => plan.result)).toEqual(times.map(() => 'late'));
      expect(story.told.flatMap(({ deliveries }) => deliveries)).toEqual([]);
      expect(story.state.sent).toEqual([]);
      expect(story.state.waiting).toEqual([]);
    }),
  );
});

test('today looks the same with a backfill as without: the same nudges, the same ends of all others, the same charges', () => {
  const today = [0, 5, 20, 65, 70, 200, 205].map((minutes) => NOON + minutes * MINUTE);
  const lived = (backfill: readonly number[]): Story => {
    const story = new Story([SAYS], { quotas: { maxActionsPerDay: 4, maxActionsPerHour: 2, perRepoPerDay: 4 } });
    today.forEach((ms, n) => {
      // In the middle of the day, a piece between any two live signals.
      for (const [, old] of backfill.entries())
        if (old % today.length === n) story.signal(ms, { ...at(old), signal_id: `old-${old}` });
      story.signal(ms, { signal_id: `live-${n}` });
    });
    return story;
  };
  const told = (story: Story): unknown =>
    story.told
      .filter(({ plan }) => plan.result !== 'late')
      .map(({ plan, deliveries }) => [
        outcomes(plan),
        deliveries.map(({ delivery }) => delivery.delivery_id),
        plan.sent,
      ]);
  const without = told(lived([]));
  fc.assert(
    fc.property(fc.uniqueArray(past, { maxLength: 30 }), (times) => {
      expect(told(lived(times))).toEqual(without);
    }),
    { numRuns: 30 },
  );
});

test('it counts at its own time: conditions see what happened then, where they look', () => {
  const story = new Story([SAYS]);
  story.signal(NOON, at(NOON - 3 * DAY));
  story.signal(NOON, { ...at(NOON - 2 * DAY), signal_id: 'second' });
  expect(story.state.recent.map(({ atMs }) => atMs)).toEqual([NOON - 3 * DAY, NOON - 2 * DAY]);
});

test('within max_lateness a signal is not the past: it is said now, and counts now, so that no cap of today is exceeded', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: DAY }), { minLength: 5, maxLength: 40 }), (ages) => {
      const story = new Story([SAYS], { quotas: { maxActionsPerDay: 3, maxActionsPerHour: 3, perRepoPerDay: 3 } });
      ages.forEach((ageMs, n) => story.signal(NOON + n * MINUTE, at(NOON - ageMs)));
      const { sent } = story.state;
      expect(sent.length).toBeLessThanOrEqual(3);
      for (const charge of sent) expect(charge.atMs).toBeGreaterThanOrEqual(NOON);
    }),
    { numRuns: 30 },
  );
});

test("what a tenant calls the past is the tenant's to say", () => {
  const signal = aSignal(at(NOON - 2 * HOUR));
  expect(planned({ playbooks: [SAYS], signal }).result).toBe('decided');
  expect(planned({ playbooks: [SAYS], signal, policy: { maxLatenessMs: HOUR } }).result).toBe('late');
});
