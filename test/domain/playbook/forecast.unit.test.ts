import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { forecastInWords, forecastOf, settingsInWords } from '../../../src/domain/playbook/forecast.ts';
import type { Playbook } from '../../../src/domain/playbook/model.ts';
import type { TenantPolicy } from '../../../src/domain/rules.ts';
import { aMentor, anAction, aPlaybook, aPolicy, aTrigger, DAY, HOUR, type PlaybookChange } from '../decision/given.ts';

const deferring = { mode: 'defer', expiresAfterMs: DAY } as const;
const of = (change: PlaybookChange): Playbook =>
  aPlaybook({ actions: [aMentor()], deferral: deferring, ...change }).playbook;
const OFF = { startMinute: 0, endMinute: 0, days: {} };

describe('at most', () => {
  test('a quiet weekend and one a day: five of forty', () => {
    const policy = aPolicy({ quietHours: { startMinute: 1320, endMinute: 360, days: { sat: 'all', sun: 'all' } } });
    const forecast = forecastOf(of({ limits: { perActorPerDay: 1 } }), policy, 40);
    expect(forecast).toMatchObject({ produced: 40, sent: 5, expired: 35, dropped: 0, capacity: 5, ownCapacity: 7 });
    expect(forecastInWords(forecast)).toBe('at most 5 a week of the 40 it produces; 35 will expire');
    expect(settingsInWords(forecast.interacting)).toBe(
      'limits.per_actor_per_day (1), quiet_hours (80 of 168 hours are left)',
    );
  });
  test('a cool-down of 28 hours fits six times into a week', () => {
    const forecast = forecastOf(of({ limits: { cooldownMs: 28 * HOUR } }), aPolicy(), 40);
    expect(forecastInWords(forecast)).toBe('at most 6 a week of the 40 it produces; 34 will expire');
    expect(settingsInWords(forecast.interacting)).toBe('limits.cooldown (28h)');
  });
  test('a cool-down of 20 hours fits once into a day with a quiet night, whatever a week would hold', () => {
    const limits = { cooldownMs: 20 * HOUR };
    expect(forecastOf(of({ limits }), aPolicy(), 40).sent).toBe(7);
    expect(forecastOf(of({ limits }), aPolicy({ quietHours: OFF }), 40).sent).toBeCloseTo(8.4);
  });
  test('the quota of the hour counts in the loud hours', () => {
    const quotas = { maxActionsPerDay: 1000, maxActionsPerHour: 1, perRepoPerDay: 1000 };
    expect(forecastOf(of({}), aPolicy({ quotas }), 500).sent).toBe(7 * 16);
  });
  test('a cap of the only type counts; a type without a cap leaves it open', () => {
    const quotas = { maxActionsPerDay: 1000, maxActionsPerHour: 1000, perRepoPerDay: 1000 };
    const typed = (type: 'mirror' | 'mentor') => aPolicy({ quotas: { ...quotas, perTypePerDay: { [type]: 2 } } });
    const { sent, interacting } = forecastOf(of({}), typed('mentor'), 500);
    expect([sent, interacting[0]?.name]).toEqual([7 * 2, 'quotas.per_type_per_day']);
    expect(forecastOf(of({}), typed('mirror'), 500).sent).toBe(500);
  });
  test('what is held for higher tiers is given back in the last hours, unless these are quiet', () => {
    const reserve = { tiers: { critical: 4 }, releaseLastMs: 2 * HOUR };
    expect(forecastOf(of({}), aPolicy({ reserve }), 500).sent).toBe(7 * 6);
    expect(forecastOf(of({}), aPolicy({ reserve, quietHours: OFF }), 500).sent).toBe(7 * 10);
    expect(forecastOf(of({ tier: 'critical' }), aPolicy({ reserve }), 500).sent).toBe(7 * 10);
  });
  test('limits per repository count where the repositories are named', () => {
    const named = of({ triggers: [aTrigger({ repos: ['org/a', 'org/b'] })], limits: { perRepoPerDay: 1 } });
    expect(forecastOf(named, aPolicy(), 500).sent).toBe(14);
    const any = of({ triggers: [aTrigger({ repos: ['org/*'] })], limits: { perRepoPerDay: 1 } });
    expect(forecastOf(any, aPolicy(), 500).sent).toBe(70);
  });
  test('each action of a playbook is one; a mirror drops what a mentor puts off', () => {
    const both = of({
      actions: [anAction(), aMentor()],
      deferral: { mode: 'by_type', expiresAfterMs: DAY },
      limits: { cooldownMs: 7 * DAY },
    });
    const forecast = forecastOf(both, aPolicy(), 10);
    expect(forecast).toMatchObject({ produced: 20, sent: 2, expired: 9, dropped: 9 });
    expect(forecastInWords(forecast)).toBe('at most 2 a week of the 20 it produces; 9 will expire, 9 will be dropped');
  });
  test('rare enough: everything', () => {
    const forecast = forecastOf(of({}), aPolicy(), 0.5);
    expect(forecastInWords(forecast)).toBe('all of the 0.5 a week it produces');
    expect(forecast.interacting).toEqual([]);
  });
});

const limit = fc.option(fc.integer({ min: 1, max: 20 }), { nil: null });
const coolDown = fc.option(fc.integer({ min: 1, max: 30 * 24 }), { nil: null });
const playbooks = fc
  .record({
    cooldown: coolDown,
    actor: limit,
    repo: limit,
    actions: fc.integer({ min: 1, max: 3 }),
    named: fc.boolean(),
  })
  .map(({ cooldown, actor, repo, actions, named }) =>
    of({
      limits: { cooldownMs: cooldown === null ? null : cooldown * HOUR, perActorPerDay: actor, perRepoPerDay: repo },
      actions: Array.from({ length: actions }, () => aMentor()),
      triggers: [aTrigger({ repos: named ? ['org/a'] : null })],
    }),
  );
const minute = fc.integer({ min: 0, max: 95 }).map((quarter) => quarter * 15);
const day = fc.constantFrom('all' as const, 'none' as const);
const policies = fc
  .record({
    day: fc.integer({ min: 0, max: 30 }),
    hour: fc.integer({ min: 0, max: 10 }),
    repo: fc.integer({ min: 0, max: 10 }),
    start: minute,
    end: minute,
    days: fc.record({ sat: day, wed: day }, { requiredKeys: [] }),
    held: fc.integer({ min: 0, max: 5 }),
  })
  .map(({ day: maxActionsPerDay, hour: maxActionsPerHour, repo: perRepoPerDay, start, end, days, held }) =>
    aPolicy({
      quotas: { maxActionsPerDay, maxActionsPerHour, perRepoPerDay },
      quietHours: { startMinute: start, endMinute: end, days },
      reserve: { tiers: { high: held }, releaseLastMs: 4 * HOUR },
    }),
  );
const rates = fc.double({ min: 0, max: 500, noNaN: true });

describe('whatever the settings', () => {
  test('it never claims more than arrives, nor more than one of the settings lets through, and loses nothing', () => {
    fc.assert(
      fc.property(playbooks, policies, rates, (playbook, policy, rate) => {
        const { produced, sent, expired, dropped } = forecastOf(playbook, policy, rate);
        expect(sent).toBeLessThanOrEqual(produced);
        expect(sent).toBeLessThanOrEqual(7 * policy.quotas.maxActionsPerDay);
        expect(Math.min(sent, expired, dropped)).toBeGreaterThanOrEqual(0);
        expect(sent + expired + dropped).toBeCloseTo(produced);
      }),
      { numRuns: 150 },
    );
  });
  test('a larger quota, a shorter cool-down, less quiet or more signals never send less', () => {
    fc.assert(
      fc.property(playbooks, policies, rates, (playbook, policy, rate) => {
        const { sent } = forecastOf(playbook, policy, rate);
        const more = (name: 'maxActionsPerDay' | 'maxActionsPerHour' | 'perRepoPerDay'): TenantPolicy => ({
          ...policy,
          quotas: { ...policy.quotas, [name]: policy.quotas[name] + 1 },
        });
        const shorter = {
          ...playbook,
          limits: { ...playbook.limits, cooldownMs: (playbook.limits.cooldownMs ?? 2) / 2 },
        };
        for (const better of [
          forecastOf(playbook, more('maxActionsPerDay'), rate),
          forecastOf(playbook, more('maxActionsPerHour'), rate),
          forecastOf(playbook, more('perRepoPerDay'), rate),
          forecastOf(playbook, { ...policy, quietHours: OFF }, rate),
          forecastOf(shorter, policy, rate),
          forecastOf(playbook, policy, rate + 1),
        ])
          expect(better.sent).toBeGreaterThanOrEqual(sent - 1e-9);
      }),
      { numRuns: 100 },
    );
  });
});
