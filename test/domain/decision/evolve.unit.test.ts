import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  emptyState,
  RECENT_MAX,
  RECENT_WINDOW_MS,
  type SentAction,
  type SignalEntry,
} from '../../../src/domain/actor-state.ts';
import { evolve, foldEntries, journalEntryOf } from '../../../src/domain/decision/evolve.ts';
import { plan } from '../../../src/domain/decision/plan.ts';
import type { MmmSignalInput } from '../../../src/generated/records.ts';
import { canonicalJson } from '../../../src/domain/receipt/canonical-json.ts';
import { aPlaybook, aProfile, DAY, HOUR, ids, inputOf, NOON, planned, sentAt } from './given.ts';

const entry = (change: Partial<SignalEntry>): SignalEntry => ({
  kind: 'signal',
  version: 1,
  signalId: 's',
  decisionId: null,
  result: 'no_match',
  atMs: NOON,
  decidedAtMs: NOON,
  recent: null,
  sent: [],
  chain: 'c',
  ...change,
});
const seen = (atMs: number, type = 'commit_pushed'): SignalEntry =>
  entry({ atMs, recent: { atMs, type, repo: null, branch: null, file: null, subject: null } });
const sending = (...sent: SentAction[]): SignalEntry => entry({ sent });

describe('the recent signals of an actor', () => {
  test('stand in the order of their time, whatever order they came in', () => {
    const state = foldEntries(null, [seen(NOON), seen(NOON + 5), seen(NOON + 2, 'late'), seen(NOON + 2, 'later')]);
    expect(state.recent.map(({ atMs, type }) => `${atMs - NOON} ${type}`)).toEqual([
      '0 commit_pushed',
      '2 late',
      '2 later',
      '5 commit_pushed',
    ]);
  });

  test('are at most 512, the newest', () => {
    const state = foldEntries(
      null,
      Array.from({ length: 600 }, (_, n) => seen(NOON + n)),
    );
    expect(state.recent).toHaveLength(RECENT_MAX);
    expect(state.recent[0]?.atMs).toBe(NOON + 600 - RECENT_MAX);
    expect(evolve(state, seen(NOON)).recent).toEqual(state.recent);
  });

  test('are of the last 30 days', () => {
    const old = seen(NOON - RECENT_WINDOW_MS);
    expect(foldEntries(null, [old, seen(NOON - 1)]).recent).toHaveLength(2);
    expect(foldEntries(null, [old, seen(NOON)]).recent).toHaveLength(1);
    expect(foldEntries(null, [seen(NOON), old]).recent).toHaveLength(1);
  });
});

describe('the sent actions of an actor', () => {
  test('are all kept for two days, then the newest of each playbook and subject, for 30 days', () => {
    const old = [
      sentAt(NOON - 3 * DAY - 1),
      sentAt(NOON - 3 * DAY),
      sentAt(NOON - 3 * DAY, { subject: 'x' }),
      sentAt(NOON - 3 * DAY, { playbookId: 'y' }),
    ];
    const young = [sentAt(NOON - DAY), sentAt(NOON - DAY + 1)];
    const state = foldEntries(null, [sending(...old), sending(...young), sending(sentAt(NOON, { playbookId: 'z' }))]);
    expect(state.sent).toEqual([old[2], old[3], ...young, sentAt(NOON, { playbookId: 'z' })]);
    // Counted back from the action before: one of a clock far ahead pushes nothing out.
    const next = sentAt(NOON + 28 * DAY, { playbookId: 'z' });
    const after = evolve(state, sending(next));
    expect(after.sent).toEqual([...state.sent, next]);
    expect(evolve(after, sending(next)).sent).toEqual([young[1], next, next]);
  });

  test('lose nothing that a decision could see', () => {
    const arbitrarySent = fc.record({
      ageMs: fc.integer({ min: 0, max: 31 * DAY }),
      playbookId: fc.constantFrom('a', 'b'),
      repo: fc.constantFrom('org/app', null),
      subject: fc.constantFrom(JSON.stringify(['branch', 'org/app', 'main']), 'x', null),
    });
    const playbooks = ['a', 'b'].map((id, n) =>
      aPlaybook({
        id,
        limits: {
          cooldownMs: n === 0 ? 2 * HOUR : null,
          subjectCooldownMs: 30 * DAY,
          perActorPerDay: 3,
          perRepoPerDay: 2,
        },
      }),
    );
    fc.assert(
      fc.property(
        fc.array(arbitrarySent, { maxLength: 40 }),
        fc.constantFrom('+13:00', 'America/New_York'),
        (drawn, timeZone) => {
          const sent = drawn.map(({ ageMs, ...rest }) => sentAt(NOON - ageMs, rest)).sort((a, b) => a.atMs - b.atMs);
          const profile = aProfile({ timeZone });
          const full = planned({ playbooks, state: { profile, sent } });
          const kept = foldEntries(
            profile,
            sent.map((one) => sending(one)),
          );
          expect(planned({ playbooks, state: kept })).toEqual(full);
        },
      ),
    );
  });
});

describe('a fold', () => {
  test('is the same in one go, step by step, and from a state that went through a store', () => {
    const arbitraryEntry = fc
      .record({
        atMs: fc.integer({ min: NOON - 40 * DAY, max: NOON }),
        type: fc.constantFrom('a', 'b'),
        send: fc.boolean(),
        subject: fc.constantFrom('x', null),
      })
      .map(({ atMs, type, send, subject }) => ({
        ...seen(atMs, type),
        sent: send ? [sentAt(atMs, { subject })] : [],
        chain: `${atMs}`,
      }));
    fc.assert(
      fc.property(fc.array(arbitraryEntry, { maxLength: 30 }), fc.nat(30), (entries, cut) => {
        const whole = foldEntries(aProfile(), entries);
        const half = foldEntries(aProfile(), entries.slice(0, cut));
        const stored = JSON.parse(JSON.stringify(half)) as typeof half;
        expect(entries.slice(cut).reduce(evolve, stored)).toEqual(whole);
      }),
    );
  });

  test('of nothing is the empty state, and the profile stays what it is', () => {
    expect(foldEntries(null, [])).toEqual(emptyState(null));
    expect(evolve(emptyState(aProfile()), seen(NOON)).profile).toEqual(aProfile());
  });
});

describe('a journal entry', () => {
  const of = (change: Partial<MmmSignalInput>, chainBefore = ''): SignalEntry => {
    const input = inputOf({ signal: change });
    return journalEntryOf(ids, {
      signal: input.signal,
      plan: plan(input),
      version: 4,
      decidedAtMs: NOON,
      decisionId: 'd',
      chainBefore,
    });
  };

  test('holds what was charged and what recent will see', () => {
    expect(of({ file_path: 'src/a.ts' })).toMatchObject({
      version: 4,
      result: 'decided',
      decisionId: 'd',
      recent: {
        atMs: NOON,
        type: 'commit_pushed',
        repo: 'org/app',
        branch: 'main',
        file: 'src/a.ts',
        subject: '["file","org/app","src/a.ts"]',
      },
      sent: [{ atMs: NOON, playbookId: 'tests-missing' }],
    });
  });

  test('of a signal that matched nothing names no decision', () => {
    expect(of({ event_type: 'nothing' })).toMatchObject({ result: 'no_match', decisionId: null, sent: [] });
  });

  test('re-entries, signals of nobody, of services and from the future are not in recent', () => {
    const none = [
      { source: 'mmm' },
      { actor_id: null },
      { actor_type: 'service' as const },
      { occurred_at: new Date(NOON + DAY).toISOString() },
      { occurred_at: 'never' },
    ];
    for (const change of none) expect(of(change).recent).toBeNull();
    expect(of({ occurred_at: new Date(NOON - 2 * DAY).toISOString() })).toMatchObject({
      result: 'late',
      recent: { atMs: NOON - 2 * DAY },
    });
  });

  test('is chained to the one before: digest over its chain and the canonical entry', () => {
    const { chain, ...rest } = of({}, 'before');
    expect(chain).toBe(ids.sha256(`before${canonicalJson(rest)}`));
    expect(evolve(emptyState(null), { ...rest, chain }).chain).toBe(chain);
  });
});
