import { expect, test } from '@jest/globals';
import type { ActorPreferences, ActorProfile } from '../../../src/domain/actor-state.ts';
import type { TenantPolicy } from '../../../src/domain/rules.ts';
import type { Nudge } from '../../../src/replay/items/replay-item.ts';
import { nudgeVeto, type NudgeMoment } from '../../../src/replay/run/nudge-veto.ts';
import { aPlaybook, aProfile, HOUR, NOON, rulesOf } from '../../domain/decision/given.ts';

const NUDGE: Nudge = {
  ...{ actorId: 'dev1', decisionId: 'd1', playbookId: aPlaybook().playbook.id, actionType: 'mirror', surface: 'ide' },
  ...{ expiresAtMs: NOON + HOUR, notify: true },
};
const moment = (policy: Partial<TenantPolicy> = {}, change: Partial<NudgeMoment> = {}): NudgeMoment => ({
  ...{ rules: rulesOf([aPlaybook()], policy), profile: aProfile(), outcomes: [], nowMs: NOON },
  ...change,
});
const preferring = (preferences: Partial<ActorPreferences>): Partial<NudgeMoment> => {
  const profile: ActorProfile = aProfile();
  return { profile: { ...profile, preferences: { ...profile.preferences, ...preferences } } };
};
const outcome = { decisionId: 'd1', playbookId: NUDGE.playbookId, actionType: 'mirror', result: 'dismissed' };
const ALWAYS = { startMinute: 0, endMinute: 1439, days: {} };

test('a card that is still right goes out', () => {
  expect(nudgeVeto(NUDGE, moment())).toBeNull();
  const others = [
    { ...outcome, result: 'shown' },
    { ...outcome, decisionId: 'd2' },
    { ...outcome, actionType: 'mentor' },
  ];
  expect(nudgeVeto(NUDGE, moment({}, { outcomes: others }))).toBeNull();
});

test.each<[string, NudgeMoment, Partial<Nudge>]>([
  ['expired', moment({}, { nowMs: NOON + HOUR }), {}],
  ['expired', moment(), { expiresAtMs: Number.NaN }],
  ['tenant_unknown', moment({}, { rules: null }), {}],
  ['playbook_deprecated', moment(), { playbookId: 'gone' }],
  ['playbook_deprecated', moment({}, { rules: rulesOf([{ ...aPlaybook(), shadow: 'mode' }]) }), {}],
  ['playbook_on_probation', moment({}, { rules: rulesOf([{ ...aPlaybook(), shadow: 'probation' }]) }), {}],
  ['answered', moment({}, { outcomes: [outcome] }), {}],
  ['answered', moment({}, { outcomes: [{ ...outcome, result: 'accepted' }] }), {}],
  ['unknown_actor', moment({ unknownActors: 'deny' }, { profile: null }), {}],
  ['action_type_disabled', moment({ enabledActionTypes: ['mentor'] }), {}],
  ['surface_disabled', moment({ enabledSurfaces: [] }), {}],
  ['opted_out', moment({}, preferring({ optOutCategories: ['mirror'] })), {}],
  ['opted_out', moment({}, preferring({ optOutCategories: [NUDGE.playbookId] })), {}],
  ['snoozed', moment({}, preferring({ snoozeUntilMs: NOON + 1 })), {}],
  ['surface_not_preferred', moment({}, preferring({ preferredSurfaces: ['ci'] })), {}],
  ['quiet_hours', moment({ quietHours: ALWAYS }), {}],
])('%s: what holds now is held against it', (why, now, change) => {
  expect(nudgeVeto({ ...NUDGE, ...change }, now)).toBe(why);
});

test('a revision without a sound may come in quiet hours, as when it was decided', () => {
  expect(nudgeVeto({ ...NUDGE, notify: false }, moment({ quietHours: ALWAYS }))).toBeNull();
});
