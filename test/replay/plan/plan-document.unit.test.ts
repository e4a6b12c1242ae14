import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { uuidIds } from '../../../src/adapters/ids/uuid-ids.ts';
import { groundOf } from '../../../src/replay/items/replay-item.ts';
import { type Ground, groundMoved, planDigest, planFrom, planText } from '../../../src/replay/plan/plan-document.ts';
import { planLines, shownState } from '../../../src/replay/plan/plan-words.ts';
import { anItem, HOUR, NOW, REQUEST } from '../run/replay-world.ts';

const collected = (numbers: readonly number[]) => ({
  ...{ selected: numbers.length, items: numbers.map((n) => anItem(n)), leftOut: {}, duplicates: 0, late: 0 },
});
const ground = (numbers: readonly number[]): Ground => groundOf(uuidIds, collected(numbers));
const document = (of: Ground) => ({
  ...{ ...REQUEST, planId: 'rp-1', tenantId: 'acme', plannedBy: 'ann', plannedAtMs: NOW, ground: of },
});

test('the digest stands for every item, its order, its id and its bytes', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(50), { maxLength: 6 }), fc.uniqueArray(fc.nat(50), { maxLength: 6 }), (a, b) => {
      const same = JSON.stringify(a) === JSON.stringify(b);
      expect(groundMoved(ground(a), ground(b)).length === 0).toBe(same);
    }),
  );
  const [item] = [anItem(1)];
  const other = { ...item, record: { ...item.record, value: Buffer.from('card 2') } };
  const of = (one: typeof item): Ground => groundOf(uuidIds, { ...collected([]), items: [one] });
  expect(groundMoved(of(item), of(other))).toEqual(['as many, but not the same ones']);
});

test('what was on its way then and has arrived since is no other ground; all else is, in words', () => {
  const then = { ...ground([1]), leftOut: { still_on_its_way: 3, expired: 1 } };
  expect(groundMoved(then, { ...then, leftOut: { expired: 1 } })).toEqual([]);
  expect(groundMoved(then, { ...then, leftOut: { still_on_its_way: 3 } })).toEqual([
    'left out, expired: 1 then, 0 now',
  ]);
  expect(groundMoved(then, { ...then, duplicates: 2, late: 1 })).toEqual([
    'too old to nudge: 0 then, 1 now',
    'duplicates: 0 then, 2 now',
  ]);
});

test('the text of a plan reads back, and any member of it moves the digest', () => {
  const text = planText(document(ground([1, 2])));
  expect(planFrom(text)).toEqual(document(ground([1, 2])));
  for (const change of [
    { tenantId: 'other' },
    { mode: 'shadow' as const },
    { ratePerSecond: 4 },
    { plannedBy: 'bob' },
  ]) {
    const altered = planText({ ...document(ground([1, 2])), ...change });
    expect(planDigest(uuidIds, altered)).not.toBe(planDigest(uuidIds, text));
  }
  expect(planFrom('{"kind":"something"}')).toBeNull();
});

test('a person sees counts, times, duplicates, rate and who, and an old plan as expired', () => {
  const lines = planLines(document({ ...ground([1, 2]), duplicates: 2, leftOut: { expired: 3 } }), 'sha256:abc').join(
    '\n',
  );
  for (const part of [
    'Plan rp-1: redeliver for tenant acme',
    'decided 2026-05-06 11:00 UTC to 2026-05-06 12:00 UTC',
    '2 records: 2 to mmm.delivery.ide',
    'all 2: same ids as before, marked mmm-replay-of',
    '3 a second',
    '3 expired',
    'first 2026-05-06 11:00:00 UTC',
    'sha256:abc',
    'by ann, 2026-05-06 12:00:00 UTC; valid until 2026-05-07 12:00:00 UTC',
  ])
    expect(lines).toContain(part);
  const at = { plannedAtMs: NOW };
  expect(shownState({ ...at, state: 'approved' }, NOW + HOUR)).toBe('approved');
  expect(shownState({ ...at, state: 'approved' }, NOW + 24 * HOUR)).toBe('expired');
  expect(shownState({ ...at, state: 'done' }, NOW + 24 * HOUR)).toBe('done');
});
