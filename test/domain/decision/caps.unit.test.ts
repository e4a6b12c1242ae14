import { describe, expect, test } from '@jest/globals';
import type { SentAction } from '../../../src/domain/actor-state.ts';
import type { TenantPolicy } from '../../../src/domain/rules.ts';
import {
  anAction,
  aMentor,
  aMultiplier,
  aPlaybook,
  aProfile,
  aTrigger,
  DAY,
  HOUR,
  MINUTE,
  NOON,
  only,
  outcomes,
  planned,
  sentAt,
  vetoesOf,
  vetoOf,
  type PlaybookChange,
} from './given.ts';

const quotas = (maxActionsPerDay: number, maxActionsPerHour = 1000, perRepoPerDay = 1000): Partial<TenantPolicy> => ({
  quotas: { maxActionsPerDay, maxActionsPerHour, perRepoPerDay },
  quietHours: { startMinute: 0, endMinute: 0, days: {} },
});
const after = (
  sent: readonly SentAction[],
  policy: Partial<TenantPolicy> = quotas(1000),
  playbook: PlaybookChange = {},
): string => vetoOf({ state: { sent }, policy, playbooks: [aPlaybook(playbook)] });
const other = (atMs: number, change: Partial<SentAction> = {}): SentAction =>
  sentAt(atMs, { playbookId: 'other', ...change });

describe("the tenant's quotas (D-61)", () => {
  test('per hour: it rolls', () => {
    expect(after([other(NOON - 59 * MINUTE), other(NOON - 1)], quotas(100, 2))).toBe('caps: cap_hour');
    expect(after([other(NOON - HOUR), other(NOON - 1)], quotas(100, 2))).toBe('sent');
  });

  test('per hour: says when one more fits', () => {
    const sent = [other(NOON - 50 * MINUTE), other(NOON - 40 * MINUTE), other(NOON - 10 * MINUTE)];
    const [veto] = vetoesOf(only(planned({ state: { sent }, policy: quotas(100, 2) })));
    expect(veto?.flip?.atMs).toBe(NOON + 20 * MINUTE);
  });

  test('per day: the calendar day of the person, not the last 24 hours', () => {
    const midnight = NOON - 12 * HOUR;
    expect(after([other(midnight)], quotas(1))).toBe('caps: cap_day');
    expect(after([other(midnight - 1)], quotas(1))).toBe('sent');
    const india = aProfile({ timeZone: '+05:30' });
    const state = { profile: india, sent: [other(midnight - 1)] };
    expect(vetoOf({ state, policy: quotas(1) })).toBe('caps: cap_day');
  });

  test('per day, on the day with 25 hours: the hour that comes twice does not open the cap', () => {
    const berlin = aProfile({ timeZone: 'Europe/Berlin' });
    const at = Date.parse('2026-10-25T22:59:00Z');
    const state = { profile: berlin, sent: [other(Date.parse('2026-10-24T22:00:00Z'))] };
    expect(vetoOf({ at, state, policy: quotas(1) })).toBe('caps: cap_day');
    expect(vetoOf({ at: at + MINUTE, state, policy: quotas(1) })).toBe('sent');
  });

  test('per day, on the day with 23 hours: midnight comes when it comes', () => {
    const berlin = aProfile({ timeZone: 'Europe/Berlin' });
    const state = { profile: berlin, sent: [other(Date.parse('2026-03-28T23:00:00Z'))] };
    expect(vetoOf({ at: Date.parse('2026-03-29T21:59:00Z'), state, policy: quotas(1) })).toBe('caps: cap_day');
    expect(vetoOf({ at: Date.parse('2026-03-29T22:00:00Z'), state, policy: quotas(1) })).toBe('sent');
  });

  test('per repository and day; a signal of no repository is not of that one', () => {
    expect(after([other(NOON - HOUR)], quotas(100, 100, 1))).toBe('caps: cap_repo_day');
    expect(after([other(NOON - HOUR, { repo: 'org/else' })], quotas(100, 100, 1))).toBe('sent');
    expect(
      vetoOf({
        state: { sent: [other(NOON - HOUR, { repo: null })] },
        policy: quotas(100, 100, 1),
        signal: { repo_id: null },
      }),
    ).toBe('sent');
  });

  test('of nothing is nothing', () => {
    expect(after([], quotas(0))).toBe('caps: cap_day');
    expect(after([], quotas(10, 0))).toBe('caps: cap_hour');
  });

  test('a clock that went back makes no room', () => {
    expect(after([other(NOON + MINUTE)], quotas(1))).toBe('caps: cap_day');
    expect(after([sentAt(NOON + MINUTE)], quotas(100), { limits: { cooldownMs: HOUR } })).toBe('caps: cooldown');
  });
});

describe('caps by action type (design 3.4)', () => {
  const typed = (perTypePerDay: Record<string, number>): Partial<TenantPolicy> => ({
    ...quotas(100),
    quotas: { maxActionsPerDay: 100, maxActionsPerHour: 100, perRepoPerDay: 100, perTypePerDay },
  });

  test('count the type on the day, by whichever playbook, and no other type', () => {
    const sent = [other(NOON - 2 * HOUR), other(NOON - HOUR, { actionType: 'mentor' })];
    expect(after(sent, typed({ mirror: 2 }))).toBe('sent');
    expect(after(sent, typed({ mirror: 1 }))).toBe('caps: cap_type_day');
    expect(after([other(NOON - DAY)], typed({ mirror: 1 }))).toBe('sent');
    expect(after(sent, typed({ mentor: 0 }))).toBe('sent');
    expect(after([], typed({ mirror: 0 }))).toBe('caps: cap_type_day');
  });

  test('hold inside one decision', () => {
    const playbooks = [aPlaybook({ id: 'a' }), aPlaybook({ id: 'b', actions: [aMentor()] }), aPlaybook({ id: 'c' })];
    expect(outcomes(planned({ playbooks, policy: typed({ mirror: 1 }) }))).toEqual([
      'a mirror: sent',
      'b mentor: sent',
      'c mirror: outranked',
    ]);
  });
});

describe('the unit that is counted', () => {
  test('is one action to one person, whatever the surfaces: three surfaces use one of the cap', () => {
    const playbooks = [
      aPlaybook({ id: 'a', actions: [anAction({ surfaces: ['ide', 'ci', 'alert'] })] }),
      aPlaybook({ id: 'b', actions: [anAction({ surfaces: ['ide', 'ci', 'alert'] })] }),
      aPlaybook({ id: 'c' }),
    ];
    const made = planned({ playbooks, policy: quotas(2), signal: { severity: 'high' } });
    expect(made.actions.map(({ surfaces }) => surfaces.length)).toEqual([3, 3]);
    expect(outcomes(made)).toEqual(['a mirror: sent', 'b mirror: sent', 'c mirror: outranked']);
    expect(made.sent).toHaveLength(2);
    // The next decision counts them as two as well.
    expect(after(made.sent, quotas(3))).toBe('sent');
    expect(after(made.sent, quotas(2))).toBe('caps: cap_day');
  });
});

describe('what a playbook sets itself', () => {
  test('a cool-down rolls, and is compared as instants (D-58)', () => {
    const limits = { cooldownMs: 4 * HOUR };
    expect(after([sentAt(NOON - 4 * HOUR + 1)], undefined, { limits })).toBe('caps: cooldown');
    expect(after([sentAt(NOON - 4 * HOUR)], undefined, { limits })).toBe('sent');
  });

  test("one Mirror does not cool another playbook's Mirror down (D-59)", () => {
    expect(
      after([other(NOON - 1)], undefined, { limits: { cooldownMs: DAY, subjectCooldownMs: DAY, perActorPerDay: 1 } }),
    ).toBe('sent');
  });

  test('a rest of the subject counts what any playbook said about it, and about nothing else', () => {
    const limits = { subjectRestMs: 7 * DAY };
    expect(after([other(NOON - 7 * DAY + 1)], undefined, { limits })).toBe('caps: subject_rest');
    expect(after([other(NOON - 7 * DAY)], undefined, { limits })).toBe('sent');
    expect(after([sentAt(NOON - DAY, { subject: 'another' })], undefined, { limits })).toBe('sent');
  });

  test('a cool-down by subject lets another subject through', () => {
    const limits = { subjectCooldownMs: 7 * DAY };
    expect(after([sentAt(NOON - 6 * DAY)], undefined, { limits })).toBe('caps: subject_cooldown');
    expect(after([sentAt(NOON - 6 * DAY, { subject: 'another' })], undefined, { limits })).toBe('sent');
    const nothing = { repo_id: null, branch: null };
    const sent = [sentAt(NOON - DAY, { subject: null, repo: null })];
    expect(vetoOf({ state: { sent }, signal: nothing, playbooks: [aPlaybook({ limits })] })).toBe(
      'caps: subject_cooldown',
    );
  });

  test('caps per day for the person and for the repository', () => {
    expect(after([sentAt(NOON - HOUR)], undefined, { limits: { perActorPerDay: 1 } })).toBe('caps: cap_playbook_day');
    expect(after([sentAt(NOON - HOUR)], undefined, { limits: { perRepoPerDay: 1 } })).toBe(
      'caps: cap_playbook_repo_day',
    );
    expect(after([sentAt(NOON - HOUR, { repo: 'x' })], undefined, { limits: { perRepoPerDay: 1 } })).toBe('sent');
    expect(after([sentAt(NOON - DAY)], undefined, { limits: { perActorPerDay: 1, perRepoPerDay: 1 } })).toBe('sent');
  });
});

describe('what is held for higher tiers', () => {
  const reserve = { tiers: { critical: 2 }, releaseLastMs: 4 * HOUR };
  const given = (tier: 'critical' | 'normal', used: number, at = NOON): string =>
    vetoOf({
      at,
      state: { sent: Array.from({ length: used }, (_, n) => other(NOON - 3 * HOUR - n)) },
      policy: { ...quotas(5), reserve },
      playbooks: [aPlaybook({ tier })],
    });

  test('a normal playbook stops before it, a critical one does not', () => {
    expect(given('normal', 2)).toBe('sent');
    expect(given('normal', 3)).toBe('caps: cap_reserved');
    expect(given('critical', 4)).toBe('sent');
    expect(given('critical', 5)).toBe('caps: cap_day');
  });

  test('is given to all in the last hours of the day', () => {
    expect(given('normal', 3, NOON + 8 * HOUR - 1)).toBe('caps: cap_reserved');
    expect(given('normal', 3, NOON + 8 * HOUR)).toBe('sent');
  });
});

describe('within one decision', () => {
  const two = [aPlaybook({ id: 'b-second' }), aPlaybook({ id: 'a-first' })];

  test('a cap of one lets one through, whatever matches (D-57)', () => {
    expect(outcomes(planned({ playbooks: two, policy: quotas(1) }))).toEqual([
      'a-first mirror: sent',
      'b-second mirror: outranked',
    ]);
    const loser = planned({ playbooks: two, policy: quotas(1) }).candidates[1]!;
    expect(vetoesOf(loser)).toMatchObject([
      { gate: 'priority', code: 'outranked', facts: { cap: 'cap_day', used: 1, limit: 1 } },
    ]);
  });

  test('each action of one playbook is charged against its own cap', () => {
    const playbooks = [aPlaybook({ actions: [anAction(), aMentor(), aMultiplier()], limits: { perActorPerDay: 2 } })];
    expect(outcomes(planned({ playbooks, policy: quotas(10) }))).toEqual([
      'tests-missing mirror: sent',
      'tests-missing mentor: sent',
      'tests-missing multiplier: outranked',
    ]);
  });

  test('the cap of a playbook for one repository holds inside the decision as well', () => {
    const playbooks = [aPlaybook({ actions: [anAction(), aMentor()], limits: { perRepoPerDay: 1 } })];
    expect(outcomes(planned({ playbooks }))).toEqual(['tests-missing mirror: sent', 'tests-missing mentor: outranked']);
  });

  test("what another gate held back takes nobody's room (D-60)", () => {
    const blocked = aPlaybook({ id: 'a-first', tier: 'critical', met: () => ({ met: false, error: null }) });
    expect(outcomes(planned({ playbooks: [blocked, aPlaybook({ id: 'b-second' })], policy: quotas(1) }))).toEqual([
      'a-first mirror: condition_not_met',
      'b-second mirror: sent',
    ]);
  });
});

describe('priority', () => {
  const order = (...given: Parameters<typeof planned>): string[] =>
    planned(...given).candidates.map(({ playbookId }) => playbookId);

  test('tier first, then the severity that the trigger asks for', () => {
    const playbooks = [
      aPlaybook({ id: 'a-low', tier: 'low' }),
      aPlaybook({ id: 'b-normal' }),
      aPlaybook({ id: 'c-specific', triggers: [aTrigger({ minSeverity: 'medium' })] }),
      aPlaybook({ id: 'd-critical', tier: 'critical' }),
    ];
    expect(order({ playbooks, signal: { severity: 'high' } })).toEqual([
      'd-critical',
      'c-specific',
      'b-normal',
      'a-low',
    ]);
  });

  const heard = (...sent: [string, number][]): string[] =>
    order({
      playbooks: ['a', 'b', 'c'].map((id) => aPlaybook({ id })),
      state: {
        sent: sent.map(([playbookId, ageMs]) => sentAt(NOON - ageMs, { playbookId })).sort((x, y) => x.atMs - y.atMs),
      },
    });

  test('then the one heard least today', () => {
    expect(heard(['a', 3 * HOUR], ['a', 4 * HOUR], ['b', 2 * HOUR], ['c', HOUR])).toEqual(['b', 'c', 'a']);
  });

  test('then the one not heard for longest; what is older than any window counts as never', () => {
    expect(heard(['a', 2 * DAY], ['b', 4 * DAY], ['c', 3 * DAY])).toEqual(['b', 'c', 'a']);
    expect(heard(['a', 31 * DAY], ['b', 3 * DAY])).toEqual(['a', 'c', 'b']);
  });

  test('a tie goes to the earlier id, not to the later (D-65)', () => {
    expect(order({ playbooks: ['c', 'B', 'a'].map((id) => aPlaybook({ id })) })).toEqual(['B', 'a', 'c']);
  });

  test('the severity of other signals boosts nothing (D-64)', () => {
    const playbooks = ['a', 'b'].map((id) =>
      aPlaybook({ id, triggers: [aTrigger({ eventType: id === 'a' ? 'commit_*' : 'commit_pushed' })] }),
    );
    const recent = [{ atMs: NOON - 1, type: 'incident.open', repo: null, branch: null, file: null, subject: null }];
    expect(order({ playbooks, state: { recent } })).toEqual(order({ playbooks }));
  });
});
