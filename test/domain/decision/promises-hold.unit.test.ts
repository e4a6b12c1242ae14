import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { subjectKeyOf, subjectOf, subjectOfKey } from '../../../src/domain/subject.ts';
import type { MmmDelivery } from '../../../src/generated/records.ts';
import { aMentor, aMultiplier, anAction, aPlaybook, aProfile, aTrigger, DAY, HOUR, MINUTE, NOON } from './given.ts';
import { Story } from './story.ts';

const LIMITS = { hour: 2, day: 5, repoDay: 4, cooldownMs: 90 * MINUTE };
const policy = {
  quotas: { maxActionsPerDay: LIMITS.day, maxActionsPerHour: LIMITS.hour, perRepoPerDay: LIMITS.repoDay },
  reserve: { tiers: { high: 1 }, releaseLastMs: 2 * HOUR },
};
const playbooks = [
  aPlaybook({
    id: 'pushes',
    triggers: [aTrigger({ eventType: 'commit_pushed' })],
    limits: { cooldownMs: LIMITS.cooldownMs },
    deferral: { mode: 'defer', expiresAfterMs: 10 * HOUR },
    actions: [anAction({ surfaces: ['ide', 'ci'] }), aMentor()],
  }),
  aPlaybook({
    id: 'requests',
    tier: 'high',
    triggers: [aTrigger({ eventType: 'pr_*' })],
    deferral: { mode: 'by_type', expiresAfterMs: DAY },
    actions: [aMentor(), aMultiplier()],
  }),
  aPlaybook({ id: 'low', tier: 'low', triggers: [aTrigger()], deferral: { mode: 'drop', expiresAfterMs: DAY } }),
];

type Step =
  | { readonly do: 'signal'; readonly type: string; readonly about: number }
  | { readonly do: 'snooze'; readonly hours: number }
  | { readonly do: 'opt out'; readonly of: readonly string[] }
  | { readonly do: 'deprecate'; readonly playbook: string }
  | { readonly do: 'hand out twice' };
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant('signal' as const),
      type: fc.constantFrom('commit_pushed', 'commit_pushed', 'pr_opened', 'pr_reviewed', 'pr_merged', 'file_edited'),
      about: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('snooze' as const), hours: fc.integer({ min: 1, max: 9 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('opt out' as const), of: fc.constantFrom([], ['mentor'], ['requests']) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('deprecate' as const), playbook: fc.constantFrom('', 'pushes') }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('hand out twice' as const) }) },
);
const histories = fc.array(
  fc.record({
    afterMs: fc.oneof(fc.integer({ min: 0, max: 30 * MINUTE }), fc.integer({ min: 0, max: 7 * HOUR })),
    step,
    // How long after it is due the scheduler comes, if it is slow.
    slowMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 3 * HOUR })),
  }),
  { minLength: 1, maxLength: 40 },
);

/** Whenever somebody meant to be asleep, by an oracle of its own: 22:00 to 06:00 UTC. */
const isNight = (ms: number): boolean => [22, 23, 0, 1, 2, 3, 4, 5].includes(new Date(ms).getUTCHours());

const live = (drawn: readonly { afterMs: number; step: Step; slowMs: number }[]) => {
  const story = new Story(playbooks, policy, aProfile());
  const snoozes: { fromMs: number; untilMs: number }[] = [];
  let at = NOON;
  for (const { afterMs, step: now, slowMs } of drawn) {
    const until = at + afterMs;
    for (;;) {
      const next = story.state.waiting.toSorted((a, b) => a.dueMs - b.dueMs)[0];
      if (next === undefined || next.dueMs + slowMs > until) break;
      at = Math.max(at, next.dueMs + slowMs);
      story.release(next, at);
    }
    at = until;
    switch (now.do) {
      case 'signal':
        story.signal(at, {
          event_type: now.type,
          branch: now.type === 'commit_pushed' ? `b${now.about}` : null,
          payload: now.type.startsWith('pr_') ? { pr_number: now.about, files_changed: 1 } : { files_changed: 1 },
          repo_id: now.about === 4 ? 'org/other' : 'org/app',
        });
        break;
      case 'snooze':
        story.prefer({ snoozeUntilMs: at + now.hours * HOUR });
        snoozes.push({ fromMs: at, untilMs: at + now.hours * HOUR });
        break;
      case 'opt out':
        story.prefer({ optOutCategories: now.of });
        break;
      case 'deprecate':
        story.playbooks = playbooks.filter(({ playbook }) => playbook.id !== now.playbook);
        break;
      case 'hand out twice':
        for (const waiting of story.state.waiting) {
          if (waiting.dueMs > at) continue;
          story.release(waiting, at);
          expect(story.release(waiting, at).plan.result).toBe('no_match');
        }
        break;
    }
  }
  return { story, snoozes };
};

test('over any history no cap, cool-down, quiet hour or snooze is exceeded by what was put off, and every promise ends once (G4, G5)', () => {
  const seen = { digests: 0, released: 0, revisions: 0, folds: 0, digestItems: 0 };
  fc.assert(
    fc.property(histories, (drawn) => {
      const { story, snoozes } = live(drawn);
      const sent = story.told.flatMap(({ plan: made, atMs }) => made.sent.map((one) => ({ ...one, decidedMs: atMs })));

      for (const { atMs, decidedMs } of sent) {
        expect(atMs).toBe(decidedMs);
        expect(isNight(atMs)).toBe(false);
        const last = snoozes.findLast(({ fromMs }) => fromMs <= atMs);
        expect(last !== undefined && atMs < last.untilMs).toBe(false);
        const within = (hours: number): number =>
          sent.filter((one) => one.atMs > atMs - hours * HOUR && one.atMs <= atMs).length;
        expect(within(1)).toBeLessThanOrEqual(LIMITS.hour);
        const day = (ms: number): number => Math.floor(ms / DAY);
        const today = sent.filter((one) => day(one.atMs) === day(atMs));
        expect(today.length).toBeLessThanOrEqual(LIMITS.day);
        expect(today.filter((one) => one.repo === 'org/app').length).toBeLessThanOrEqual(LIMITS.repoDay);
      }
      const pushes = [...new Set(sent.filter((one) => one.playbookId === 'pushes').map(({ atMs }) => atMs))];
      for (const [n, atMs] of pushes.entries())
        if (n > 0) expect(atMs - pushes[n - 1]!).toBeGreaterThanOrEqual(LIMITS.cooldownMs);
      for (const { plan: made } of story.told) {
        const nudges = new Set(made.sent.filter((one) => one.playbookId === 'pushes').map(({ subject }) => subject));
        expect(nudges.size).toBeLessThanOrEqual(1);
      }

      // Every promise: kept, ended with a reason, or still there; once.
      const candidates = story.told.flatMap(({ plan: made }) => made.candidates);
      const promised = candidates.filter((one) => one.disposition === 'deferred').map((one) => one.actionId);
      const continued = candidates.flatMap((one) => (one.continues === null ? [] : [one.continues]));
      const waiting = story.state.waiting.map(({ actionId }) => actionId);
      expect([...continued, ...waiting].sort()).toEqual(promised.sort());
      expect(new Set(candidates.map(({ actionId }) => actionId)).size).toBe(candidates.length);
      for (const { disposition, untilMs } of candidates) expect(untilMs !== null).toBe(disposition === 'deferred');
      expect(story.folded()).toEqual(story.state);

      // Never a burst: what one decision makes audible on a surface is one delivery if it was put off before.
      for (const told of story.told) {
        if (told.plan.candidates.every(({ continues }) => continues === null)) continue;
        if (told.plan.candidates.some(({ continues }) => continues === null)) continue;
        for (const surface of ['ide', 'ci'])
          expect(
            told.deliveries.filter(({ delivery }) => delivery.surface === surface && delivery.notify).length,
          ).toBeLessThanOrEqual(1);
        seen.released += told.deliveries.length;
        seen.digests += told.deliveries.filter(({ delivery }) => delivery.variant === 'digest').length;
      }

      // Revisions of each card: 1, 2, 3 ..., heard at the first only, nothing after the end. Of an item of a digest the digest is the first.
      const inDigests = new Set(
        story.told.flatMap(({ plan: made }) =>
          made.actions.flatMap(({ playbookId, type, about, payloads }) =>
            Object.entries(payloads).flatMap(([surface, payload]) =>
              payload.variant === 'digest'
                ? [JSON.stringify([playbookId, type, subjectOfKey(subjectKeyOf(subjectOf(about))), surface])]
                : [],
            ),
          ),
        ),
      );
      const cards = new Map<string, MmmDelivery[]>();
      for (const one of story.deliveries) cards.set(one.card_id, [...(cards.get(one.card_id) ?? []), one]);
      for (const card of cards.values()) {
        const first = card[0]!;
        expect(card.map(({ revision }) => revision)).toEqual(card.map((_, index) => first.revision + index));
        const { playbook_id, action_type, subject, surface } = first;
        if (first.revision > 1) {
          expect(inDigests).toContain(
            JSON.stringify([playbook_id, action_type, subjectOfKey(subjectKeyOf(subject)), surface]),
          );
          seen.digestItems += 1;
        }
        for (const { revision, notify } of card) expect(notify).toBe(revision === 1);
        expect(card.slice(0, -1).every(({ state }) => state === 'live')).toBe(true);
        seen.revisions += card.length - 1;
        seen.folds += card.at(-1)!.state === 'live' ? 0 : 1;
      }
      const ids = story.deliveries.map(({ delivery_id }) => delivery_id);
      expect(new Set(ids).size).toBe(ids.length);
    }),
    { numRuns: 300 },
  );
  // The histories reach what they are meant to hold; how often is drawn, and the rarest came 20 times.
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(3);
});
