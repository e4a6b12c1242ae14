import { describe, expect, test } from '@jest/globals';
import type { ActorProfile } from '../../../src/domain/actor-state.ts';
import { evolve, journalEntryOf } from '../../../src/domain/decision/evolve.ts';
import { plan } from '../../../src/domain/decision/plan.ts';
import { reentrySignal } from '../../../src/domain/decision/reentry.ts';
import { applyChange } from '../../../src/domain/explain/apply-change.ts';
import { GATES, type PlanInput } from '../../../src/domain/decision/planned.ts';
import { changeWords } from '../../../src/domain/explain/change-words.ts';
import { explain, type ExplainedAction } from '../../../src/domain/explain/explain.ts';
import { explanationJson } from '../../../src/domain/explain/explanation-json.ts';
import { explanationLines } from '../../../src/domain/explain/explanation-lines.ts';
import { momentWords, spanWords } from '../../../src/domain/explain/moment-words.ts';
import { UTC, zoneNamed } from '../../../src/domain/time/zones.ts';
import { aProfile, aSignal, aState, DAY, HOUR, ids, MINUTE, NOON, preferring, sentAt } from '../decision/given.ts';
import { compiledRules, conditions } from './corpus.ts';

const mirror = {
  type: 'mirror',
  surfaces: ['ide'],
  template: { title: 'A push', body: '{{signal.payload.files_changed}} files' },
};
const playbook = (change: object = {}): object => ({
  ...{ id: 'large', name: 'Large changes', description: 'd', owner: 'o', actions: [mirror] },
  ...{ triggers: [{ event_type: 'commit_pushed' }], ...change },
});
const given = (playbooks: readonly object[], change: Partial<PlanInput> = {}, policy: object = {}): PlanInput => ({
  signal: aSignal(),
  state: aState(),
  rules: compiledRules(playbooks, { unknown_actors: 'allow', ...policy }),
  context: { incidentActive: false, freezeActive: false, onCall: false },
  decidedAtMs: NOON,
  ids,
  ...change,
});
const first = (input: PlanInput): ExplainedAction => explain(input, conditions).playbooks[0]!.actions[0]!;
const enough = (input: PlanInput, zone = UTC): string | null => {
  const { change } = first(input);
  return change === null ? null : changeWords(change, { zone, nowMs: input.decidedAtMs });
};

describe('the smallest change, in words', () => {
  test('a pause that has 14 minutes to go', () => {
    const state = aState({ sent: [sentAt(NOON - 4 * HOUR + 14 * MINUTE, { playbookId: 'large' })] });
    const input = given([playbook({ limits: { cooldown: '4h' } })], { state });
    expect(enough(input)).toBe('14 minutes later (12:14)');
  });

  test('severity high', () => {
    const input = given([playbook({ triggers: [{ event_type: 'commit_pushed', min_severity: 'high' }] })]);
    expect(enough(input)).toBe('severity high');
  });

  test("the reader's own snooze, in the reader's own zone", () => {
    const state = aState({ profile: preferring({ snoozeUntilMs: NOON + 2 * HOUR }) });
    expect(enough(given([playbook()], { state }), zoneNamed('Asia/Kolkata')!)).toBe('your snooze, until 19:30');
  });

  test('a term of the condition: the number that would have done, with what it was', () => {
    const input = given([
      playbook({ when: 'recent.count("commit_pushed", "7d") >= 3 && signal.payload.files_changed > 2' }),
    ]);
    expect(enough(input)).toBe('1 instead of 3 in "recent.count("commit_pushed", "7d") >= 3", where it was 1');
  });

  test('a limit that time would lift only tomorrow is told as time, because that comes by itself', () => {
    const sent = [1, 2, 3, 4, 5].map((n) => sentAt(NOON - n * HOUR - 1, { playbookId: 'other', repo: 'org/lib' }));
    const state = aState({ sent });
    const input = given([playbook()], { state }, { quotas: { max_actions_per_day: 5 } });
    // The day ends at midnight, and that is quiet time: one wait for both.
    expect(enough(input)).toBe('18 hours later (Thu 2026-05-07 06:00)');
  });

  test('a limit of nothing: no wait helps, one more does', () => {
    const input = given([playbook()], {}, { quotas: { max_actions_per_day: 0 } });
    expect(enough(input)).toBe('the limit for one day at 1 instead of 0');
  });

  test('an event that came too late', () => {
    const signal = aSignal({ occurred_at: new Date(NOON - 30 * HOUR).toISOString() });
    const state = aState({ profile: aProfile() });
    const input = given([playbook()], { signal, state }, { quiet_hours: { start: '00:00', end: '00:00' } });
    expect(first(input)).toMatchObject({
      disposition: null,
      reasonCode: 'late',
      firstVeto: { gate: 'signal', code: 'late' },
    });
    expect(enough(input)).toBe('6 hours earlier (06:00)');
  });

  test('two things at once in the way: no single change', () => {
    const state = aState({ profile: preferring({ optOutCategories: ['mirror'] }) });
    const input = given([playbook({ when: 'false' })], { state });
    expect(first(input)).toMatchObject({ disposition: 'suppressed', change: null });
  });
});

describe('a second look at what was put off', () => {
  const NIGHT = NOON + 11 * HOUR;
  const MORNING = NOON + 18 * HOUR;
  const kept = playbook({
    deferral: { mode: 'defer', expires_after: '24h' },
    when: 'signal.payload.files_changed > 2',
  });
  const atNight = given([kept], {
    decidedAtMs: NIGHT,
    signal: aSignal({ occurred_at: new Date(NIGHT).toISOString() }),
  });
  const { upkeep, ...made } = plan(atNight);
  const { waiting, signal: original } = upkeep!.deferred[0]!;
  const facts = { signal: atNight.signal, plan: { ...made, upkeep: upkeep! }, version: 1, decidedAtMs: NIGHT };
  const entry = journalEntryOf(ids, { ...facts, decisionId: 'd', chainBefore: '' });
  const dueMs = Math.max(MORNING, waiting.dueMs);
  const again = (change: Partial<ActorProfile['preferences']>, original2 = original): PlanInput => ({
    ...atNight,
    state: { ...evolve(atNight.state, entry), profile: preferring(change) },
    decidedAtMs: dueMs,
    signal: reentrySignal(ids, {
      ...{ tenantId: 'acme', actorId: 'dev1', decisionId: waiting.decisionId, actionId: waiting.actionId },
      ...{ attempt: 1, dueAtMs: waiting.dueMs, signal: original },
    }),
    originals: new Map([[waiting.actionId, original2]]),
  });

  test('at night it is kept for later, and six hours would have been enough', () => {
    const lines = explanationLines(explain(atNight, conditions), { zone: UTC, nowMs: NIGHT });
    expect(lines[1]).toMatch(/^ {2}mirror: kept for later, until Thu 2026-05-07 06:0\d$/);
    expect(enough(atNight)).toMatch(/^7 hours later/);
  });

  test('in the morning it reaches the person, or says what of now holds it and what would be enough', () => {
    expect(first(again({}))).toMatchObject({ disposition: 'delivered', change: null });
    const out = again({ optOutCategories: ['large'] });
    expect(first(out)).toMatchObject({
      disposition: 'superseded',
      firstVeto: { gate: 'preference', code: 'opted_out' },
    });
    expect(enough(out)).toBe('your opt-out of large');
  });

  test('a condition is looked at with the event as it was, and the change is made to that event', () => {
    const small = again({}, { ...original, payload: { files_changed: 2 } });
    const action = first(small);
    expect(action.terms.map(({ value }) => value)).toEqual([2]);
    expect(action.change).toMatchObject({ kind: 'condition', from: '2', to: '1' });
    const changed = applyChange(small, action.change!, conditions)!;
    expect(plan(changed).candidates.find(({ actionId }) => actionId === action.actionId)?.disposition).toBe(
      'delivered',
    );
  });

  test('whose playbook is gone or whose time is over is told without gates', () => {
    const late = { ...again({}), decidedAtMs: NIGHT + 25 * HOUR };
    expect(first(late)).toMatchObject({
      disposition: 'expired',
      firstVeto: { gate: 'deferral', code: 'expired' },
      verdicts: [],
    });
  });
});

describe('every playbook is there', () => {
  const input = given([
    playbook(),
    playbook({
      id: 'prs',
      name: 'Pull requests',
      triggers: [{ event_type: 'pr_opened', repos: ['org/lib'] }],
      when: 'false',
    }),
  ]);

  test('one that did not match says which parts of its trigger failed, and what its gates would have said', () => {
    const { result, playbooks } = explain(input, conditions);
    expect(result).toBe('decided');
    expect(playbooks.map(({ playbookId, matched }) => [playbookId, matched])).toEqual([
      ['large', true],
      ['prs', false],
    ]);
    expect(playbooks[0]!.actions[0]).toMatchObject({ disposition: 'delivered', reasonCode: 'sent', change: null });
    expect(playbooks[1]!.triggers).toEqual([
      [
        { part: 'event_type', wanted: 'pr_opened', has: 'commit_pushed' },
        { part: 'repos', wanted: 'org/lib', has: 'org/app' },
      ],
    ]);
    const [action] = playbooks[1]!.actions;
    expect(action).toMatchObject({
      disposition: null,
      firstVeto: { gate: 'trigger', code: 'event_type' },
      change: null,
    });
    expect(action!.verdicts.filter(({ pass }) => !pass).map(({ gate }) => gate)).toEqual(['condition']);
  });

  test('a signal of an unknown tenant has no playbooks; one of a service names itself as the reason', () => {
    expect(explain({ ...input, rules: null }, conditions)).toEqual({ result: 'tenant_unknown', playbooks: [] });
    const service = first({ ...input, signal: aSignal({ actor_type: 'service' }) });
    expect(service).toMatchObject({ firstVeto: { gate: 'signal', code: 'actor_type' } });
    expect(service.change).toEqual({ kind: 'signal', field: 'actor_type', to: 'human' });
  });

  test('in words and in JSON', () => {
    const reader = { zone: UTC, nowMs: NOON };
    const state = aState({ profile: preferring({ optOutCategories: ['mirror'] }) });
    const explanation = explain({ ...input, state }, conditions);
    expect(explanationLines(explanation, reader)).toEqual([
      'Large changes (large, version 1)',
      '  mirror: held back',
      '    preference: you have opted out of mirror',
      '    passed: eligible, signal quality, consent and role, condition, inhibition, action type, restrictions, safety, quiet hours, caps, priority, rollout',
      '    enough: your opt-out of mirror',
      '',
      'Pull requests (prs, version 1)',
      '  mirror: not looked at',
      '    trigger: it asks for pr_opened, this was commit_pushed',
      '    condition, had it fitted: its condition was not met',
      '      "false": not met',
      '    preference, had it fitted: you have opted out of mirror',
      '    passed, had it fitted: eligible, signal quality, consent and role, inhibition, action type, restrictions, safety, quiet hours, caps, priority, rollout',
      '    no single change would have been enough',
      '',
    ]);
    const json = JSON.parse(JSON.stringify(explanationJson(explanation, reader)));
    expect(json.playbooks[0].actions[0]).toMatchObject({
      first_veto: { gate: 'preference', code: 'opted_out', facts: { category: 'mirror' } },
      smallest_change: { kind: 'preference', field: 'opt_out', value: 'mirror', words: 'your opt-out of mirror' },
    });
    expect(json.playbooks[0].actions[0].gates).toHaveLength(GATES.length);
    expect(json.playbooks[1]).toMatchObject({ matched: false, triggers: [{ fits: false }] });
  });
});

test('spans are rounded up, moments name their day when it is another', () => {
  expect(spanWords(59_000)).toBe('less than a minute');
  expect(spanWords(14 * MINUTE - 1)).toBe('14 minutes');
  expect(spanWords(HOUR + 30_000)).toBe('1 hour 1 minute');
  expect(spanWords(2 * DAY + HOUR + 1)).toBe('2 days 2 hours');
  expect(spanWords(2 * HOUR - 1)).toBe('2 hours');
  expect(momentWords(NOON, UTC, NOON)).toBe('12:00');
  expect(momentWords(NOON + 1, UTC, NOON)).toBe('12:01');
  expect(momentWords(NOON + DAY, zoneNamed('+14:00')!, NOON)).toBe('Fri 2026-05-08 02:00');
});
