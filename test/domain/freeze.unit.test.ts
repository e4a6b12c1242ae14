import { expect, test } from '@jest/globals';
import { type Freeze, freezeUntil } from '../../src/domain/freeze.ts';

const freeze = (fromMs: number, untilMs: number, repos: readonly string[] | null = null): Freeze => ({
  fromMs,
  untilMs,
  repos,
});

test('a freeze holds from its first moment to before its last', () => {
  const one = [freeze(100, 200)];
  expect([99, 100, 199, 200].map((now) => freezeUntil(one, 'org/app', now))).toEqual([null, 200, 200, null]);
});

test('freezes that follow each other without a gap are one', () => {
  const three = [freeze(300, 400), freeze(100, 200), freeze(150, 300), freeze(401, 500)];
  expect(freezeUntil(three, null, 120)).toBe(400);
});

test('of some repositories it holds in those, and for what names none (G6)', () => {
  const some = [freeze(100, 200, ['org/*', 'other/app'])];
  expect(freezeUntil(some, 'org/app', 150)).toBe(200);
  expect(freezeUntil(some, 'other/lib', 150)).toBeNull();
  expect(freezeUntil(some, null, 150)).toBe(200);
});
