import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MIN_ACTORS, MIN_VOTES, probationVerdict, wilsonLowerBound } from '../../src/domain/probation.ts';
import { aPlaybook, only, planned, vetoesOf } from './decision/given.ts';

describe('the lower end of the interval', () => {
  test.each([
    // Published values of the 95 % Wilson score interval.
    [0, 10, 0],
    [1, 10, 0.0179],
    [5, 20, 0.1119],
    [50, 100, 0.4038],
    [10, 10, 0.7225],
  ])('%d of %d', (hits, all, expected) => {
    expect(wilsonLowerBound(hits, all)).toBeCloseTo(expected, 4);
  });

  test('lies between nothing and the share, and rises with the hits and with the number behind the same share', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_000 }), fc.nat(2_000), (all, drawn) => {
        const hits = drawn % (all + 1);
        const bound = wilsonLowerBound(hits, all);
        expect(bound).toBeGreaterThanOrEqual(0);
        expect(bound).toBeLessThanOrEqual(hits / all);
        if (hits < all) expect(wilsonLowerBound(hits + 1, all)).toBeGreaterThan(bound);
        if (hits > 0) expect(wilsonLowerBound(2 * hits, 2 * all)).toBeGreaterThan(bound);
      }),
    );
    expect(wilsonLowerBound(0, 0)).toBe(0);
  });
});

describe('probation', () => {
  const verdict = (unhappy: number, actors: number, votes = actors): string =>
    probationVerdict({ unhappy, votes, actors }).why;

  test('given enough votes, when one in ten surely found it not useful, then it goes', () => {
    expect(verdict(4, MIN_VOTES)).toBe('useful_enough');
    expect(verdict(5, MIN_VOTES)).toBe('not_useful');
    // One in ten exactly is not surely one in ten.
    expect(verdict(100, 1_000)).toBe('useful_enough');
    expect(verdict(120, 1_000)).toBe('not_useful');
  });

  test('given too few votes or too small a group, then nobody is convicted, however bad it looks', () => {
    expect(verdict(MIN_VOTES - 1, MIN_VOTES - 1)).toBe('too_few_votes');
    expect(verdict(MIN_ACTORS - 1, MIN_ACTORS - 1, MIN_VOTES)).toBe('group_too_small');
    expect(verdict(0, 0, 0)).toBe('too_few_votes');
  });

  test('given one person who votes a thousand times, then that is one person', () => {
    // 996 of 1,000 votes said no, all of them by one of five.
    expect(verdict(1, MIN_ACTORS, 1_000)).toBe('useful_enough');
    expect(verdict(1, 30, 1_000)).toBe('useful_enough');
    // Half of those who get it, each in every second vote, is another matter.
    expect(verdict(0.5 * 15, 30, 60)).toBe('not_useful');
  });

  test('given a playbook on probation, when it fires, then it is decided with its reason, charged to nobody and sent to nobody', () => {
    const made = planned({ playbooks: [{ ...aPlaybook(), shadow: 'probation' as const }, aPlaybook({ id: 'zz' })] });
    expect(made.candidates.map(({ playbookId, reasonCode }) => `${playbookId}: ${reasonCode}`)).toEqual([
      'tests-missing: shadow',
      'zz: sent',
    ]);
    expect(made.sent.map(({ playbookId }) => playbookId)).toEqual(['zz']);
    const candidate = only(planned({ playbooks: [{ ...aPlaybook(), shadow: 'probation' as const }] }));
    expect(vetoesOf(candidate)).toEqual([
      {
        gate: 'rollout',
        pass: false,
        code: 'shadow',
        facts: { because: 'probation' },
        flip: { atMs: null, change: 'the version is published and not on probation' },
      },
    ]);
  });
});
