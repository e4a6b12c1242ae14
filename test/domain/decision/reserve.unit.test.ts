import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type ActorState, emptyState } from '../../../src/domain/actor-state.ts';
import { plan } from '../../../src/domain/decision/plan.ts';
import { NO_CONTEXT } from '../../../src/entrypoints/no-context.ts';
import { TIERS, type Tier } from '../../../src/domain/vocabulary.ts';
import { aPlaybook, aProfile, aSignal, aTrigger, HOUR, ids, MINUTE, rulesOf, sentAt, vetoOf } from './given.ts';

const MIDNIGHT = Date.parse('2026-05-06T00:00:00Z');
const DAY_CAP = 10;
const HOUR_CAP = 4;
const REPO_CAP = 6;
const RESERVE: Partial<Record<Tier, number>> = { critical: 2, high: 2, normal: 1 };
const RELEASE_LAST_MS = 4 * HOUR;
const policy = {
  quotas: { maxActionsPerDay: DAY_CAP, maxActionsPerHour: HOUR_CAP, perRepoPerDay: REPO_CAP },
  quietHours: { startMinute: 0, endMinute: 0, days: {} },
  reserve: { tiers: RESERVE, releaseLastMs: RELEASE_LAST_MS },
};
/** One playbook per tier, each waiting for an event of its own. */
const rules = rulesOf(
  TIERS.map((tier) => aPlaybook({ id: tier, tier, triggers: [aTrigger({ eventType: tier })] })),
  policy,
);

interface Arrival {
  readonly tier: Tier;
  readonly atMs: number;
  readonly repo: string | null;
}
interface Ended extends Arrival {
  readonly reason: string;
}

/** The day as it goes. What is sent goes into the state as `evolve` puts it there; the journal's chain is left out, it costs more than the planning. */
const live = (arrivals: readonly Arrival[]): Ended[] => {
  let state: ActorState = emptyState(aProfile());
  return arrivals.map((arrival, n) => {
    const decidedAtMs = arrival.atMs;
    const occurred_at = new Date(decidedAtMs).toISOString();
    const signal = aSignal({ signal_id: `s${n}`, event_type: arrival.tier, repo_id: arrival.repo, occurred_at });
    const made = plan({ signal, state, rules, context: NO_CONTEXT, decidedAtMs, ids });
    state = { ...state, sent: [...state.sent, ...made.sent] };
    return { ...arrival, reason: made.candidates[0]!.reasonCode };
  });
};

/** Many of the lower tiers, in whatever order, at moments before the release. */
const shuffledDays = (spreadMs: number): fc.Arbitrary<Arrival[]> =>
  fc
    .shuffledSubarray(
      TIERS.flatMap((tier, at) => Array.from({ length: [3, 4, 6, 8][at]! }, () => tier)),
      { minLength: 14 },
    )
    .chain((tiers) =>
      fc.tuple(
        fc.constant(tiers),
        fc.array(fc.integer({ min: 0, max: spreadMs }), { minLength: tiers.length, maxLength: tiers.length }),
        fc.array(fc.constantFrom('org/a', 'org/a', 'org/b', null), {
          minLength: tiers.length,
          maxLength: tiers.length,
        }),
      ),
    )
    .map(([tiers, offsets, repos]) => {
      const times = offsets.toSorted((a, b) => a - b);
      return tiers.map((tier, at) => ({ tier, atMs: MIDNIGHT + times[at]!, repo: repos[at]! }));
    });

const rank = (tier: Tier): number => TIERS.indexOf(tier);
/** What is held for this tier and all above it, of a quota: of the day as written, of the others the same share, never all. */
const heldFrom = (tier: Tier, quota: number, isDay: boolean): number => {
  const ofDay = TIERS.slice(0, rank(tier) + 1).reduce((sum, one) => sum + (RESERVE[one] ?? 0), 0);
  return isDay ? ofDay : Math.min(quota - 1, Math.ceil((quota * ofDay) / DAY_CAP));
};

const capped = /^cap_/;

/** Each window whose quota may have turned `one` away, with those that were sent in it before. */
const windowsOf = (ended: readonly Ended[], n: number) => {
  const one = ended[n]!;
  const sent = ended.slice(0, n).filter(({ reason }) => reason === 'sent');
  return [
    { name: 'day', quota: DAY_CAP, isDay: true, used: sent },
    { name: 'hour', quota: HOUR_CAP, isDay: false, used: sent.filter(({ atMs }) => atMs > one.atMs - HOUR) },
    {
      name: 'repo',
      quota: REPO_CAP,
      isDay: false,
      used: one.repo === null ? [] : sent.filter(({ repo }) => repo === one.repo),
    },
  ];
};

describe('over 1,000 shuffled arrival orders', () => {
  test.each([
    ['spread over the day', 20 * HOUR - 1],
    ['within two hours', 2 * HOUR],
  ])(
    'no candidate is turned away while a lower tier was sent from the part held for it, %s',
    (_name, spreadMs) => {
      const turnedAway = new Map<Tier, number>();
      fc.assert(
        fc.property(shuffledDays(spreadMs), (arrivals) => {
          const ended = live(arrivals);
          const wronged: Ended[] = [];
          ended.forEach((one, n) => {
            if (!capped.test(one.reason)) return;
            turnedAway.set(one.tier, (turnedAway.get(one.tier) ?? 0) + 1);
            // Whichever quota it was: those below it have used no more than lies outside of what is held for it and above.
            for (const { quota, isDay, used } of windowsOf(ended, n)) {
              const below = used.filter(({ tier }) => rank(tier) > rank(one.tier)).length;
              if (below > quota - heldFrom(one.tier, quota, isDay)) wronged.push(one);
            }
          });
          expect(wronged).toEqual([]);
          // And the part held of the day is there for its tier: with nothing above it in the day, it is used up before any of it is turned away.
          const criticals = ended.filter(({ tier }) => tier === 'critical');
          const firstCapped = criticals.findIndex(({ reason }) => reason === 'cap_day');
          if (firstCapped >= 0) expect(firstCapped).toBeGreaterThanOrEqual(RESERVE.critical!);
        }),
        { numRuns: 1_000 },
      );
      // Every tier was turned away somewhere, or the property would have nothing to look at.
      for (const tier of TIERS) expect(turnedAway.get(tier) ?? 0).toBeGreaterThan(0);
    },
    60_000,
  );
});

describe('what is held', () => {
  const after = (tier: Tier, used: number, at: number, change: Partial<typeof policy> = {}): string =>
    vetoOf({
      at,
      policy: { ...policy, ...change },
      state: { sent: Array.from({ length: used }, (_, n) => sentAt(at - MINUTE - n, { playbookId: 'x', repo: 'x' })) },
      playbooks: [aPlaybook({ tier })],
    });

  test('is held of the hour in the same share: lower tiers can not shut it for a critical one', () => {
    const at = MIDNIGHT + 10 * HOUR;
    expect(after('low', 1, at)).toBe('sent');
    expect(after('low', 2, at)).toBe('caps: cap_reserved_hour');
    expect(after('normal', 2, at)).toBe('caps: cap_reserved_hour');
    expect(after('high', 2, at)).toBe('sent');
    expect(after('high', 3, at)).toBe('caps: cap_reserved_hour');
    expect(after('critical', 3, at)).toBe('sent');
    expect(after('critical', 4, at)).toBe('caps: cap_hour');
  });

  test('is never all of a quota: a cap of one an hour still lets one through', () => {
    const quotas = { maxActionsPerDay: DAY_CAP, maxActionsPerHour: 1, perRepoPerDay: 1 };
    expect(after('low', 0, MIDNIGHT + 10 * HOUR, { quotas })).toBe('sent');
  });

  test('is released in the last hours of the day, in every quota at once', () => {
    const release = MIDNIGHT + 24 * HOUR - RELEASE_LAST_MS;
    expect(after('low', 3, release - 1)).toBe('caps: cap_reserved_hour');
    expect(after('low', 3, release)).toBe('sent');
  });

  test('is nothing where nothing is reserved', () => {
    const reserve = { tiers: {}, releaseLastMs: RELEASE_LAST_MS };
    expect(after('low', 3, MIDNIGHT + 10 * HOUR, { reserve })).toBe('sent');
  });
});
