import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type ActorState, emptyState, type SentAction } from '../../../src/domain/actor-state.ts';
import { evolve, journalEntryOf } from '../../../src/domain/decision/evolve.ts';
import { plan } from '../../../src/domain/decision/plan.ts';
import { DISPOSITIONS } from '../../../src/domain/vocabulary.ts';
import { anAction, aMentor, aPlaybook, aProfile, HOUR, ids, inputOf, MINUTE } from './given.ts';

// The oracle below knows nothing of the engine's zones: it reads the local date from Intl.
const dateOf = (timeZone: string, ms: number): string => new Intl.DateTimeFormat('sv-SE', { timeZone }).format(ms);

const LIMITS = {
  day: 6,
  hour: 3,
  repoDay: 4,
  playbookDay: 2,
  playbookRepoDay: 2,
  cooldownMs: 90 * MINUTE,
  subjectMs: 20 * HOUR,
};
const policy = {
  quotas: { maxActionsPerDay: LIMITS.day, maxActionsPerHour: LIMITS.hour, perRepoPerDay: LIMITS.repoDay },
  quietHours: { startMinute: 23 * 60 + 30, endMinute: 4 * 60, days: {} },
  reserve: { tiers: { critical: 1 }, releaseLastMs: 2 * HOUR },
};
const playbooks = [
  aPlaybook({ id: 'a', limits: { perActorPerDay: LIMITS.playbookDay }, actions: [anAction(), aMentor()] }),
  aPlaybook({ id: 'b', limits: { cooldownMs: LIMITS.cooldownMs }, tier: 'critical' }),
  aPlaybook({ id: 'c', limits: { subjectCooldownMs: LIMITS.subjectMs } }),
  aPlaybook({ id: 'd', limits: { perRepoPerDay: LIMITS.playbookRepoDay }, tier: 'low' }),
];

const steps = fc.array(
  fc.record({
    afterMs: fc.oneof(fc.integer({ min: 0, max: 40 * MINUTE }), fc.integer({ min: 0, max: 9 * HOUR })),
    repo: fc.constantFrom('org/app', 'org/lib', null),
    branch: fc.constantFrom('main', 'dev', null),
  }),
  { minLength: 1, maxLength: 60 },
);
// The days of daylight saving, and an ordinary one.
const starts = fc
  .constantFrom('2026-03-28T12:00:00Z', '2026-10-24T12:00:00Z', '2026-05-06T00:00:00Z')
  .map((text) => Date.parse(text));

interface Sent extends SentAction {
  readonly decision: number;
}

const groupedCount = (sent: readonly Sent[], keyOf: (one: Sent) => string | null): number[] => {
  const counts = new Map<string, number>();
  for (const one of sent) {
    const key = keyOf(one);
    if (key !== null) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts.values()];
};

test('no sequence of signals ever exceeds a cap, a cool-down or quiet hours, on any day, in any zone (G4)', () => {
  let sentInAll = 0;
  fc.assert(
    fc.property(
      steps,
      starts,
      fc.constantFrom('Europe/Berlin', 'America/New_York', 'UTC'),
      (drawn, start, timeZone) => {
        let state: ActorState = emptyState(aProfile({ timeZone }));
        let at = start;
        const sent: Sent[] = [];
        for (const [n, { afterMs, repo, branch }] of drawn.entries()) {
          at += afterMs;
          const signal = { signal_id: `s${n}`, repo_id: repo, branch };
          const input = inputOf({ playbooks, policy, at, state, signal });
          const made = plan(input);

          expect(made.candidates).toHaveLength(5);
          expect(new Set(made.candidates.map(({ actionId }) => actionId)).size).toBe(5);
          for (const one of made.candidates) {
            expect(DISPOSITIONS).toContain(one.disposition);
            expect(one.disposition === 'delivered').toBe(one.verdicts.every(({ pass }) => pass));
            expect(['sent', 'revised'].includes(one.reasonCode)).toBe(one.disposition === 'delivered');
          }
          // Only what opens a card is charged; its revisions are not.
          expect(made.sent).toHaveLength(made.candidates.filter(({ reasonCode }) => reasonCode === 'sent').length);
          expect(made.actions.filter(({ places }) => places.some(({ revision }) => revision === 1))).toHaveLength(
            made.sent.length,
          );
          expect(JSON.stringify(plan(input))).toBe(JSON.stringify(made));

          sent.push(...made.sent.map((one) => ({ ...one, decision: n })));
          state = evolve(
            state,
            journalEntryOf(ids, {
              signal: input.signal,
              plan: made,
              version: n + 1,
              decidedAtMs: at,
              decisionId: 'd',
              chainBefore: state.chain,
            }),
          );
        }

        const day = (one: Sent): string => dateOf(timeZone, one.atMs);
        const within = (counts: readonly number[], limit: number): void => {
          for (const count of counts) expect(count).toBeLessThanOrEqual(limit);
        };
        within(groupedCount(sent, day), LIMITS.day);
        within(
          groupedCount(sent, (one) => (one.repo === null ? null : `${day(one)} ${one.repo}`)),
          LIMITS.repoDay,
        );
        within(
          groupedCount(sent, (one) => (one.playbookId === 'a' ? day(one) : null)),
          LIMITS.playbookDay,
        );
        within(
          groupedCount(sent, (one) => (one.playbookId === 'd' && one.repo !== null ? `${day(one)} ${one.repo}` : null)),
          LIMITS.playbookRepoDay,
        );
        for (const last of sent) {
          within([sent.filter((one) => one.atMs > last.atMs - HOUR && one.atMs <= last.atMs).length], LIMITS.hour);
        }
        for (const [n, one] of sent.entries()) {
          for (const earlier of sent.slice(0, n)) {
            if (earlier.playbookId !== one.playbookId || earlier.decision === one.decision) continue;
            const gap = one.atMs - earlier.atMs;
            if (one.playbookId === 'b') expect(gap).toBeGreaterThanOrEqual(LIMITS.cooldownMs);
            if (one.playbookId === 'c' && one.subject === earlier.subject)
              expect(gap).toBeGreaterThanOrEqual(LIMITS.subjectMs);
          }
          const clock = new Intl.DateTimeFormat('sv-SE', { timeZone, hour: '2-digit', minute: '2-digit' }).format(
            one.atMs,
          );
          expect(clock < '23:30' && clock >= '04:00').toBe(true);
        }
        sentInAll += sent.length;
      },
    ),
    { numRuns: 60 },
  );
  expect(sentInAll).toBeGreaterThan(100);
});

test('a whole day of signals fills the caps and no more', () => {
  let state: ActorState = emptyState(aProfile());
  let count = 0;
  for (let n = 0; n < 24 * 6; n += 1) {
    const at = Date.parse('2026-05-06T00:00:00Z') + n * 10 * MINUTE;
    const input = inputOf({
      playbooks,
      policy,
      at,
      state,
      signal: { signal_id: `s${n}`, repo_id: n % 2 === 0 ? 'x' : 'y', branch: `b${n}` },
    });
    const made = plan(input);
    count += made.sent.length;
    state = evolve(
      state,
      journalEntryOf(ids, {
        signal: input.signal,
        plan: made,
        version: n + 1,
        decidedAtMs: at,
        decisionId: 'd',
        chainBefore: state.chain,
      }),
    );
  }
  expect(count).toBe(LIMITS.day);
  expect(state.sent).toHaveLength(LIMITS.day);
});
