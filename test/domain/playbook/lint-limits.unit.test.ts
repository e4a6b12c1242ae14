import { describe, expect, test } from '@jest/globals';
import { lintLimits, type Arrivals } from '../../../src/domain/playbook/lint-limits.ts';
import type { TenantPolicy } from '../../../src/domain/rules.ts';
import { aMentor, anAction, aPlaybook, aPolicy, aTrigger, DAY, HOUR, type PlaybookChange } from '../decision/given.ts';

const given = (perWeek: number): Arrivals => ({ perWeek, certainty: 'given' });
const report = (change: PlaybookChange, arrivals: Arrivals | null = null, policy: Partial<TenantPolicy> = {}) =>
  lintLimits(aPlaybook({ actions: [aMentor()], ...change }).playbook, aPolicy(policy), arrivals);
const found = (...args: Parameters<typeof report>): readonly string[] =>
  report(...args).findings.map(({ path, message }) => `${path}: ${message}`);
const deferring = { mode: 'defer', expiresAfterMs: DAY } as const;

describe('a limit that can never be reached', () => {
  test.each<[string, PlaybookChange, Partial<TenantPolicy>, string[]]>([
    [
      'more a day than the tenant gives in all',
      { limits: { perActorPerDay: 20 } },
      {},
      ['limits.per_actor_per_day: 20 is never reached: at most 10 a day with quotas.max_actions_per_day (10)'],
    ],
    [
      'more a day than the cool-down leaves room for',
      { limits: { cooldownMs: 12 * HOUR, perActorPerDay: 4 } },
      {},
      ['limits.per_actor_per_day: 4 is never reached: at most 2 a day with limits.cooldown (12h)'],
    ],
    [
      'more in a repository than in all',
      { limits: { perActorPerDay: 2, perRepoPerDay: 3 } },
      {},
      ['limits.per_repo_per_day: 3 is never reached: at most 2 a day with limits.per_actor_per_day (2)'],
    ],
    [
      'more in a repository than the tenant gives there',
      { limits: { perRepoPerDay: 6 } },
      {},
      ['limits.per_repo_per_day: 6 is never reached: at most 5 a day with quotas.per_repo_per_day (5)'],
    ],
    [
      'a cool-down by subject that the general one covers',
      { limits: { cooldownMs: 7 * DAY, subjectCooldownMs: 3 * DAY } },
      {},
      ['limits.subject_cooldown: 3d is never reached: cooldown holds back for 7d'],
    ],
    [
      'a cool-down by subject that the rest covers',
      { limits: { subjectRestMs: 7 * DAY, subjectCooldownMs: 3 * DAY } },
      {},
      ['limits.subject_cooldown: 3d is never reached: subject_rest holds back for 7d'],
    ],
    [
      'a quota of nothing',
      {},
      { quotas: { maxActionsPerDay: 0, maxActionsPerHour: 3, perRepoPerDay: 5 } },
      ['limits: nothing of it is ever sent: quotas.max_actions_per_day (0)'],
    ],
    [
      'quiet at all times',
      {},
      {
        quietHours: {
          startMinute: 0,
          endMinute: 0,
          days: { mon: 'all', tue: 'all', wed: 'all', thu: 'all', fri: 'all', sat: 'all', sun: 'all' },
        },
      },
      ['limits: nothing of it is ever sent: quiet_hours (it is always quiet)'],
    ],
  ])('%s', (_name, change, policy, expected) => {
    expect(found(change, null, policy)).toEqual(expected);
  });

  test('one that is met exactly is fine: two actions of one decision meet it', () => {
    expect(found({ limits: { cooldownMs: 14 * DAY, subjectCooldownMs: 14 * DAY, perActorPerDay: 1 } })).toEqual([]);
    expect(found({ limits: { perActorPerDay: 10, perRepoPerDay: 5 } })).toEqual([]);
  });
});

describe('limits that starve', () => {
  test('most of what is put off would expire: refused, in numbers, with the settings that interact', () => {
    const limits = { cooldownMs: 28 * HOUR };
    expect(report({ limits, deferral: deferring }, given(40)).findings).toEqual([
      {
        path: 'limits',
        message: 'starves, at most 6 a week of the 40 it produces; 34 will expire: limits.cooldown (28h)',
        remedy: 'narrow `when`, loosen what the message names, or write deferral: { mode: drop } if that is meant',
      },
    ]);
    expect(found({ limits, deferral: deferring }, given(10))).toEqual([]);
    expect(found({ limits, deferral: { ...deferring, mode: 'drop' } }, given(40))).toEqual([]);
  });
  test("the tenant's settings take more than half of what its own limits let through", () => {
    const quotas = { maxActionsPerDay: 1, maxActionsPerHour: 1, perRepoPerDay: 1 };
    const change = { actions: [anAction()], limits: { perActorPerDay: 1 } };
    expect(found(change, given(40), { quotas })).toEqual([]);
    expect(found({ ...change, limits: {} }, given(40), { quotas })).toEqual([
      'limits: starves, at most 7 a week of the 40 it produces; 33 will be dropped: quotas.max_actions_per_day (1)',
    ]);
  });
  test('a rate that is only an upper bound refuses nothing, and says so', () => {
    const { findings, notes } = report(
      { limits: { cooldownMs: 28 * HOUR }, deferral: deferring },
      { perWeek: 40, certainty: 'most' },
    );
    expect(findings).toEqual([]);
    expect(notes).toEqual([
      'if every signal met its condition: at most 6 a week of the 40 it produces; 34 will expire: limits.cooldown (28h)',
    ]);
  });
  test('without a rate nothing is computed from one', () => {
    expect(report({ limits: { cooldownMs: 28 * HOUR }, deferral: deferring })).toEqual({
      findings: [],
      notes: [],
      forecast: null,
    });
  });
});

test('a quiet longer than the deferral is told, not refused', () => {
  const days = { sat: 'all', sun: 'all' } as const;
  const { findings, notes } = report({ deferral: deferring, triggers: [aTrigger()] }, null, {
    quietHours: { startMinute: 1320, endMinute: 360, days },
  });
  expect(findings).toEqual([]);
  expect(notes).toEqual([
    'quiet_hours last up to 56h, deferral.expires_after is 1d: what comes in the first 32h of such a quiet expires before it ends',
  ]);
});
