import { expect, test } from '@jest/globals';
import { Random } from '../sim/random.ts';
import { type Planned, SignalPlan } from './plan-signal.ts';

const NOW_MS = Date.parse('2026-03-04T12:00:00Z');
const POISON = [{ code: 'NOT_JSON', secret: null, message: { key: null, value: Buffer.from('no') } }];

const planned = (seed: number, count: number): readonly Planned[] => {
  const plan = new SignalPlan(new Random(seed, 1), POISON, 'run');
  for (let n = 0; n < count; n++) plan.next(NOW_MS);
  return plan.sent;
};

test('a seed plans the same records each time', () => {
  expect(planned(1, 200)).toEqual(planned(1, 200));
  expect(planned(2, 200)).not.toEqual(planned(1, 200));
});

test('within a minute there is some of everything that may come', () => {
  const all = planned(3, 2_000);
  const results = new Set(all.map(({ good }) => good?.result ?? 'none'));
  expect([...results].sort()).toEqual([
    'actor_type',
    'context_only',
    'decided',
    'late',
    'no_match',
    'none',
    'tenant_unknown',
  ]);
  expect(new Set(all.map(({ topic }) => topic)).size).toBe(3);
  expect(all.some(({ value }) => value === null)).toBe(true);
  const ids = all.flatMap(({ good }) => good?.signalId ?? []);
  expect(new Set(ids).size).toBeLessThan(ids.length);
});

test('the records of one person are in one partition of one topic, so that their order means something', () => {
  const places = new Map<string, Set<string>>();
  for (const { good, topic, key } of planned(4, 1_000)) {
    if (good === null) continue;
    places.set(good.actor, (places.get(good.actor) ?? new Set()).add(`${topic} ${String(key)}`));
  }
  for (const [actor, found] of places) expect([actor, found.size]).toEqual([actor, 1]);
});
