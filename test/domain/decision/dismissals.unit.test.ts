import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Dismissal, DISMISSAL_WINDOW_MS, DISMISSALS_MAX, emptyState } from '../../../src/domain/actor-state.ts';
import { subjectOfAction } from '../../../src/domain/decision/action-subject.ts';
import { dismissalOf, withDismissal } from '../../../src/domain/decision/dismissals.ts';
import { evolve, foldEntries } from '../../../src/domain/decision/evolve.ts';
import { outcomeEntryOf } from '../../../src/domain/decision/outcome-entry.ts';
import { traceOf } from '../../../src/domain/decision/trace.ts';
import { canonicalJson } from '../../../src/domain/receipt/canonical-json.ts';
import { OUTCOME_RESULTS } from '../../../src/domain/vocabulary.ts';
import {
  aMentor,
  anAction,
  aPlaybook,
  aSignal,
  DAY,
  type Given,
  HOUR,
  ids,
  NOON,
  only,
  outcomes,
  planned,
  preferring,
  sentAt,
  vetoesOf,
  vetoOf,
} from './given.ts';
import { ends, Story } from './story.ts';

const MAIN = JSON.stringify(['branch', 'org/app', 'main']);
const OTHER = JSON.stringify(['branch', 'org/app', 'other']);
const no = (atMs: number, change: Partial<Dismissal> = {}): Dismissal => ({
  atMs,
  playbookId: 'tests-missing',
  actionType: 'mirror',
  subject: MAIN,
  ...change,
});
const after = (dismissal: Dismissal, given: Given = {}): string =>
  vetoOf({ ...given, state: { dismissals: [dismissal], ...given.state } });
const DISMISSED = 'preference: dismissed_before';

describe('given an advice that its reader has dismissed', () => {
  test('when it comes again about the same subject, then it stays away for two weeks', () => {
    expect(after(no(NOON - 14 * DAY + 1))).toBe(DISMISSED);
    expect(after(no(NOON - 14 * DAY))).toBe('sent');
  });

  test('when it comes about another subject, then it stays away for three days', () => {
    expect(after(no(NOON - 3 * DAY + 1, { subject: OTHER }))).toBe(DISMISSED);
    expect(after(no(NOON - 3 * DAY, { subject: OTHER }))).toBe('sent');
  });

  test('when nothing in particular was its subject, then that is one subject as well', () => {
    const signal = { repo_id: null, branch: null };
    expect(after(no(NOON - 10 * DAY, { subject: null }), { signal })).toBe(DISMISSED);
    expect(after(no(NOON - 10 * DAY), { signal })).toBe('sent');
  });

  test('when it is another playbook, or another type of the same, then it may speak', () => {
    expect(after(no(NOON - HOUR, { playbookId: 'other' }))).toBe('sent');
    const both = [aPlaybook({ actions: [anAction(), aMentor()] })];
    expect(outcomes(planned({ playbooks: both, state: { dismissals: [no(NOON - HOUR)] } }))).toEqual([
      'tests-missing mirror: dismissed_before',
      'tests-missing mentor: sent',
    ]);
  });

  test("when the tenant's policy says how long, then that long", () => {
    const policy = { dismissalMemory: { subjectMs: 2 * DAY, anywhereMs: HOUR } };
    expect(after(no(NOON - 2 * DAY + 1), { policy })).toBe(DISMISSED);
    expect(after(no(NOON - 2 * DAY), { policy })).toBe('sent');
    expect(after(no(NOON - HOUR, { subject: OTHER }), { policy })).toBe('sent');
    // A longer memory for everything holds for the subject too.
    const odd = { dismissalMemory: { subjectMs: HOUR, anywhereMs: 2 * DAY } };
    expect(after(no(NOON - DAY), { policy: odd })).toBe(DISMISSED);
  });

  test('when nobody knows the person, then their no holds all the same', () => {
    expect(after(no(NOON - HOUR), { state: { profile: null } })).toBe(DISMISSED);
  });

  test('then the trace says which no, how long, and when it ends; waiting for it is never an option', () => {
    const playbooks = [aPlaybook({ deferral: { mode: 'defer', expiresAfterMs: 30 * DAY } })];
    const candidate = only(planned({ playbooks, state: { dismissals: [no(NOON - HOUR)] } }));
    expect([candidate.disposition, candidate.reasonCode]).toEqual(['suppressed', 'dismissed_before']);
    const untilMs = NOON - HOUR + 14 * DAY;
    expect(vetoesOf(candidate)).toEqual([
      {
        gate: 'preference',
        pass: false,
        code: 'dismissed_before',
        facts: { scope: 'subject', dismissed_ms: NOON - HOUR, memory_ms: 14 * DAY, until_ms: untilMs },
        flip: { atMs: untilMs, change: null },
      },
    ]);
    // The flip is true: planned again at that moment the gate opens.
    expect(after(no(NOON - HOUR), { at: untilMs - 1 })).toBe(DISMISSED);
    expect(after(no(NOON - HOUR), { at: untilMs })).toBe('sent');
  });

  test('and a snooze, then the one that ends later is told', () => {
    const snoozed = (untilMs: number): Given => ({ state: { profile: preferring({ snoozeUntilMs: untilMs }) } });
    expect(after(no(NOON), snoozed(NOON + DAY))).toBe(DISMISSED);
    expect(after(no(NOON), snoozed(NOON + 20 * DAY))).toBe('preference: snoozed');
  });
});

describe('given several advices that were put off and come back together', () => {
  const NIGHT = NOON + 11 * HOUR;
  const pr = (number: number) => ({
    repo_id: 'org/app',
    branch: null,
    payload: { pr_number: number, files_changed: 1 },
  });
  const night = (): Story => {
    const playbooks = ['a', 'b'].map((id) => aPlaybook({ id, deferral: { mode: 'defer', expiresAfterMs: DAY } }));
    const story = new Story([playbooks[0]!]);
    story.signal(NIGHT, pr(7));
    story.playbooks = [playbooks[1]!];
    story.signal(NIGHT + 1, pr(8));
    story.playbooks = playbooks;
    return story;
  };
  const subject = (number: number): string => JSON.stringify(['pull_request', 'org/app', number]);

  test('when one is dismissed, then the no is about its own subject, not about that of the signal that released them', () => {
    const story = night();
    const [digest] = story.releaseUntil(NOON + DAY);
    const trace = canonicalJson(traceOf(digest!.plan));
    const read = JSON.stringify({
      signal: aSignal({ source: 'mmm', branch: null, payload: { attempt: 1 } }),
      originals: Object.fromEntries(story.originals),
    });
    const about = digest!.plan.actions.map(({ playbookId, actionId }) => [
      playbookId,
      subjectOfAction({ read, trace }, actionId),
    ]);
    expect(Object.fromEntries(about)).toEqual({ a: subject(7), b: subject(8) });
    // Of a decision about its own signal it is that signal's, whatever else is stored.
    const own = story.signal(NOON + DAY, pr(9));
    const ownRead = JSON.stringify({ signal: aSignal(pr(9)) });
    const ownTrace = canonicalJson(traceOf(own.plan));
    expect(subjectOfAction({ read: ownRead, trace: ownTrace }, own.plan.actions[0]!.actionId)).toBe(subject(9));
  });

  test('when one of them was dismissed meanwhile, then it is superseded and the other is said', () => {
    const story = night();
    story.state = { ...story.state, dismissals: [no(NIGHT + 2, { playbookId: 'a', subject: subject(7) })] };
    expect(
      story
        .releaseUntil(NOON + DAY)
        .flatMap(ends)
        .sort(),
    ).toEqual(['delivered: sent', 'superseded: dismissed_before']);
  });

  test('when its card is live, then the next signal revises nothing', () => {
    const story = new Story([aPlaybook()]);
    const first = story.signal(NOON, pr(7));
    expect(ends(first)).toEqual(['delivered: sent']);
    story.state = { ...story.state, dismissals: [no(NOON + 1, { subject: subject(7) })] };
    const next = story.signal(NOON + 2, pr(7));
    expect([ends(next), next.deliveries]).toEqual([['suppressed: dismissed_before'], []]);
  });
});

describe('the dismissals of an actor', () => {
  test('come from dismissed with any reason and from not_useful as the reason of any result, and from nothing else', () => {
    const advice = { playbookId: 'p', actionType: 'mentor', subject: null } as const;
    for (const result of OUTCOME_RESULTS) {
      expect(dismissalOf({ result, reason: 'not_useful' }, advice, 7)).toEqual({ ...advice, atMs: 7 });
      expect(dismissalOf({ result, reason: 'later' }, advice, 7) !== null).toBe(result === 'dismissed');
    }
  });

  test('are folded from outcome entries by the time of recording, in the chain, and change nothing else of the state', () => {
    const report = {
      outcomeId: 'o',
      tenantId: 'acme',
      decisionId: 'd',
      actionId: 'a',
      actorId: 'dev1',
      result: 'dismissed',
      reason: 'later',
      occurredAtMs: NOON - 20 * DAY,
    } as const;
    const advice = { playbookId: 'tests-missing', actionType: 'mirror', subject: MAIN } as const;
    const entry = outcomeEntryOf(ids, { report, advice, version: 5, recordedAtMs: NOON, chainBefore: 'before' });
    const { chain, ...rest } = entry;
    expect(chain).toBe(ids.sha256(`before${canonicalJson(rest)}`));
    const state = { ...emptyState(null), chain: 'before', sent: [sentAt(NOON)] };
    expect(evolve(state, entry)).toEqual({ ...state, chain, dismissals: [no(NOON)] });
    const shown = outcomeEntryOf(ids, {
      report: { ...report, result: 'shown', reason: null },
      advice,
      version: 6,
      recordedAtMs: NOON,
      chainBefore: chain,
    });
    expect(foldEntries(null, [entry, shown])).toEqual({
      ...emptyState(null),
      chain: shown.chain,
      dismissals: [no(NOON)],
    });
  });

  test('are kept once for each advice and subject, 30 days, at most 512, and a clock far ahead pushes none out', () => {
    const twice = withDismissal(withDismissal([], no(NOON)), no(NOON + 1));
    expect(twice).toEqual([no(NOON + 1)]);
    expect(withDismissal(twice, no(NOON))).toEqual([no(NOON + 1)]);
    const old = no(NOON - DISMISSAL_WINDOW_MS, { subject: 'old' });
    const held = [old, no(NOON - 1, { subject: 'held' })];
    expect(withDismissal(held, no(NOON))).toHaveLength(3);
    expect(withDismissal(withDismissal(held, no(NOON)), no(NOON + 1, { subject: OTHER }))).not.toContainEqual(old);
    const ahead = withDismissal([no(NOON)], no(NOON + 60 * DAY, { subject: OTHER }));
    expect(ahead).toHaveLength(2);
    let many: readonly Dismissal[] = [];
    for (let n = 0; n < DISMISSALS_MAX + 3; n++) many = withDismissal(many, no(NOON + n, { subject: `s${n}` }));
    expect([many.length, many[0]?.subject]).toEqual([DISMISSALS_MAX, 's3']);
  });

  test('lose nothing that a decision could see, in one go or from a state that went through a store', () => {
    const arbitrary = fc.record({
      ageMs: fc.integer({ min: 0, max: 31 * DAY }),
      playbookId: fc.constantFrom('tests-missing', 'b'),
      actionType: fc.constantFrom('mirror', 'mentor'),
      subject: fc.constantFrom(MAIN, OTHER, null),
    });
    fc.assert(
      fc.property(fc.array(arbitrary, { maxLength: 30 }), fc.nat(30), (drawn, cut) => {
        const all = drawn
          .map(({ ageMs, ...rest }) => ({ ...rest, atMs: NOON - ageMs }))
          .sort((a, b) => a.atMs - b.atMs);
        const kept = all.reduce<readonly Dismissal[]>(withDismissal, []);
        const half = JSON.parse(
          JSON.stringify(all.slice(0, cut).reduce<readonly Dismissal[]>(withDismissal, [])),
        ) as Dismissal[];
        expect(all.slice(cut).reduce<readonly Dismissal[]>(withDismissal, half)).toEqual(kept);
        const policy = { dismissalMemory: { subjectMs: 30 * DAY, anywhereMs: 2 * DAY } };
        expect(planned({ policy, state: { dismissals: kept } })).toEqual(
          planned({ policy, state: { dismissals: all } }),
        );
      }),
    );
  });
});
