import { describe, expect, test } from '@jest/globals';
import type { ContextFacts } from '../../../src/domain/decision/planned.ts';
import {
  anAction,
  aMentor,
  aMultiplier,
  aPlaybook,
  aProfile,
  aTrigger,
  DAY,
  HOUR,
  NOON,
  only,
  outcomes,
  planned,
  preferring,
  vetoesOf,
  vetoOf,
} from './given.ts';

describe('eligible', () => {
  test('an unknown actor is denied unless the tenant says otherwise, and decided all the same', () => {
    expect(vetoOf({ state: { profile: null }, policy: { unknownActors: 'deny' } })).toBe('eligible: actor_unknown');
    expect(vetoOf({ state: { profile: null }, policy: { unknownActors: 'allow' } })).toBe('sent');
    expect(vetoOf({ policy: { unknownActors: 'deny' } })).toBe('sent');
  });

  test('rules of another tenant permit nothing (G7)', () => {
    expect(vetoOf({ signal: { tenant_id: 'other' } })).toBe('eligible: tenant_mismatch');
  });
});

describe('signal quality', () => {
  test('a confidence below one half is too little, none at all is no objection', () => {
    const withConfidence = (confidence: number | string): string =>
      vetoOf({ signal: { payload: { files_changed: 1, confidence } } });
    expect(withConfidence(0.49)).toBe('signal_quality: confidence_low');
    expect(withConfidence(0.5)).toBe('sent');
    expect(withConfidence(1)).toBe('sent');
    expect(withConfidence('high')).toBe('signal_quality: confidence_unreadable');
    expect(withConfidence(85)).toBe('signal_quality: confidence_unreadable');
    expect(withConfidence(Number.NaN)).toBe('signal_quality: confidence_unreadable');
  });

  test('a time that can not be read or lies ahead is not believed', () => {
    expect(vetoOf({ signal: { occurred_at: 'yesterday' } })).toBe('signal_quality: time_unreadable');
    expect(vetoOf({ signal: { occurred_at: new Date(NOON + 600_001).toISOString() } })).toBe(
      'signal_quality: time_in_future',
    );
    expect(vetoOf({ signal: { occurred_at: new Date(NOON + 600_000).toISOString() } })).toBe('sent');
  });
});

describe('consent and role', () => {
  const forRole = (...actorRoles: string[]): ReturnType<typeof aPlaybook> =>
    aPlaybook({ triggers: [aTrigger({ actorRoles })] });

  test('a trigger for humans is not for agents', () => {
    const playbooks = [aPlaybook({ triggers: [aTrigger({ actorTypes: ['human'] })] })];
    expect(vetoOf({ playbooks })).toBe('sent');
    expect(vetoOf({ playbooks, signal: { actor_type: 'ai_agent' } })).toBe('consent_and_role: actor_type_not_meant');
    expect(vetoOf({ signal: { actor_type: 'ai_agent' } })).toBe('sent');
  });

  test('roles come from the profile, never from the signal (D-13)', () => {
    const playbooks = [forRole('lead', 'architect')];
    const claimed = { payload: { files_changed: 1, roles: 'lead', 'actor_context.role': 'lead' } };
    expect(vetoOf({ playbooks, signal: claimed })).toBe('consent_and_role: role_missing');
    expect(vetoOf({ playbooks, state: { profile: aProfile({ roles: ['architect'] }) } })).toBe('sent');
    expect(vetoOf({ playbooks, state: { profile: null } })).toBe('consent_and_role: role_missing');
  });

  test('type and role must be accepted by one and the same trigger, and only by one that the event fits', () => {
    const split = [aTrigger({ actorTypes: ['ai_agent'] }), aTrigger({ actorTypes: ['human'], actorRoles: ['lead'] })];
    expect(vetoOf({ playbooks: [aPlaybook({ triggers: split })] })).toBe('consent_and_role: role_missing');
    const other = [aTrigger({ actorRoles: ['lead'] }), aTrigger({ eventType: 'build_failed' })];
    expect(vetoOf({ playbooks: [aPlaybook({ triggers: other })] })).toBe('consent_and_role: role_missing');
  });

  test('a Multiplier with nothing to run offers nothing', () => {
    const action = aMultiplier({ actionRef: null, template: { title: 'An offer', body: 'Of nothing.' } });
    expect(vetoOf({ playbooks: [aPlaybook({ actions: [action] })] })).toBe('consent_and_role: action_ref_missing');
  });
});

describe('condition', () => {
  test('met, not met, and what can not be evaluated is not met (D-55)', () => {
    expect(vetoOf({ playbooks: [aPlaybook({ met: () => ({ met: true }) })] })).toBe('sent');
    expect(vetoOf({ playbooks: [aPlaybook({ met: () => ({ met: false, error: null }) })] })).toBe(
      'condition: condition_not_met',
    );
    const candidate = only(planned({ playbooks: [aPlaybook({ met: () => ({ met: false, error: 'no such key' }) })] }));
    expect(vetoesOf(candidate)).toMatchObject([{ code: 'condition_error', facts: { error: 'no such key' } }]);
    expect(candidate.disposition).toBe('suppressed');
  });

  test('sees this signal, the actor from the profile, and the recent past with this signal in it', () => {
    planned({
      state: {
        profile: aProfile({ roles: ['lead'] }),
        recent: [
          { atMs: NOON - HOUR, type: 'commit_pushed', repo: 'org/app', branch: 'main', file: null, subject: null },
        ],
      },
      playbooks: [
        aPlaybook({
          met: ({ signal, actor, recent }) => {
            expect(signal.signal_id).toBe('signal-1');
            expect(actor).toEqual({ id: 'dev1', type: 'human', roles: ['lead'] });
            expect(recent.count('commit_pushed', DAY, null)).toBe(2);
            return { met: true };
          },
        }),
      ],
    });
    expect.assertions(3);
  });
});

describe('inhibition', () => {
  const during = (context: Partial<ContextFacts>, tier: 'critical' | 'high' | 'normal'): string[] =>
    outcomes(planned({ context, playbooks: [aPlaybook({ tier, actions: [anAction(), aMultiplier()] })] }));

  test('during an incident only critical playbooks speak', () => {
    expect(during({ incidentActive: true }, 'high')[0]).toBe('tests-missing mirror: incident_active');
    expect(during({ incidentActive: true }, 'critical')[0]).toBe('tests-missing mirror: sent');
  });

  test('in a freeze nothing is offered to be run, on call only what matters is said', () => {
    expect(during({ freezeActive: true }, 'normal')).toEqual([
      'tests-missing mirror: sent',
      'tests-missing multiplier: freeze_active',
    ]);
    expect(during({ onCall: true }, 'normal')[0]).toBe('tests-missing mirror: on_call');
    expect(during({ onCall: true }, 'high')[0]).toBe('tests-missing mirror: sent');
  });
});

describe('action type and surfaces', () => {
  test('absent means all, empty means none (C-24, D-34)', () => {
    expect(vetoOf({ policy: { enabledActionTypes: null } })).toBe('sent');
    expect(vetoOf({ policy: { enabledActionTypes: [] } })).toBe('action_type: action_type_disabled');
    expect(vetoOf({ policy: { enabledActionTypes: ['mentor'] } })).toBe('action_type: action_type_disabled');
    expect(vetoOf({ policy: { enabledSurfaces: [] } })).toBe('action_type: surface_disabled');
    expect(vetoOf({ policy: { enabledSurfaces: ['ci'] } })).toBe('action_type: surface_disabled');
  });

  test('an alert is for serious events only (R-46, D-86), and never for an offer', () => {
    const alerting = [aPlaybook({ actions: [anAction({ surfaces: ['alert', 'ide'] })] })];
    expect(planned({ playbooks: alerting, signal: { severity: 'medium' } }).actions[0]?.surfaces).toEqual(['ide']);
    expect(planned({ playbooks: alerting, signal: { severity: 'high' } }).actions[0]?.surfaces).toEqual([
      'alert',
      'ide',
    ]);
    expect(vetoOf({ playbooks: [aPlaybook({ actions: [anAction({ surfaces: ['alert'] })] })] })).toBe(
      'action_type: surface_not_relevant',
    );
    const offer = [aPlaybook({ actions: [aMultiplier({ surfaces: ['alert'] })] })];
    expect(vetoOf({ playbooks: offer, signal: { severity: 'critical' } })).toBe('action_type: surface_not_relevant');
  });

  test('a trigger from CI is answered in CI only', () => {
    const playbooks = [aPlaybook({ actions: [anAction({ surfaces: ['ide', 'ci'] })] })];
    expect(planned({ playbooks, signal: { surface_hint: 'ci' } }).actions[0]?.surfaces).toEqual(['ci']);
    expect(vetoOf({ signal: { surface_hint: 'ci' } })).toBe('action_type: surface_not_asked');
  });
});

describe('preference', () => {
  const wanting = (change: Parameters<typeof preferring>[0]): string =>
    vetoOf({ state: { profile: preferring(change) } });

  test('no preferences: everything the policy allows (R-85)', () => {
    expect(wanting({})).toBe('sent');
  });

  test('an opt-out by type or by playbook holds; an unknown word opts out of nothing (D-68)', () => {
    expect(wanting({ optOutCategories: ['mirror'] })).toBe('preference: opted_out');
    expect(wanting({ optOutCategories: ['tests-missing'] })).toBe('preference: opted_out');
    expect(wanting({ optOutCategories: ['mentor', 'toString', ''] })).toBe('sent');
  });

  test('a snooze holds until its moment', () => {
    expect(wanting({ snoozeUntilMs: NOON + 1 })).toBe('preference: snoozed');
    expect(wanting({ snoozeUntilMs: NOON })).toBe('sent');
  });

  test('surfaces narrow and never widen (C-23); empty is none; a stored word we do not know breaks nothing (D-68)', () => {
    expect(wanting({ preferredSurfaces: [] })).toBe('preference: surface_not_preferred');
    expect(wanting({ preferredSurfaces: ['pager' as 'ide'] })).toBe('preference: surface_not_preferred');
    const profile = preferring({ preferredSurfaces: ['ide', 'ci'] });
    const playbooks = [aPlaybook({ actions: [anAction({ surfaces: ['ide', 'ci'] })] })];
    expect(
      planned({ playbooks, state: { profile }, policy: { enabledSurfaces: ['ci'] } }).actions[0]?.surfaces,
    ).toEqual(['ci']);
    expect(planned({ playbooks: [aPlaybook()], state: { profile } }).actions[0]?.surfaces).toEqual(['ide']);
  });
});

describe('safety', () => {
  const saying = (body: string, title = 'A fact'): string =>
    vetoOf({ playbooks: [aPlaybook({ actions: [anAction({ template: { title, body } })] })] });

  test('a Mirror with advice is not a Mirror (R-24)', () => {
    expect(saying('You should write tests.')).toBe('safety: text_refused');
    expect(saying('7 files changed.')).toBe('sent');
  });

  test('a value can not bring in what the template did not say', () => {
    const action = anAction({ template: { title: 'A fact', body: '{{signal.payload.note}}' } });
    const playbooks = [aPlaybook({ actions: [action] })];
    expect(vetoOf({ playbooks, signal: { payload: { note: 'you must act now' } } })).toBe('safety: text_refused');
  });

  test('a missing value suppresses the action, never a blank (D-40)', () => {
    expect(saying('{{signal.payload.nothing}} files')).toBe('safety: template_value_missing');
    expect(saying(' ')).toBe('safety: text_missing');
    const bare = [aPlaybook({ actions: [aMentor({ template: null, model: { systemPromptId: 'mentor-v1' } })] })];
    expect(vetoOf({ playbooks: bare })).toBe('safety: text_missing');
  });

  test('only the action whose value is missing is held back', () => {
    const actions = [anAction({ template: { title: 'A fact', body: '{{signal.payload.nothing}}' } }), aMentor()];
    expect(outcomes(planned({ playbooks: [aPlaybook({ actions })] }))).toEqual([
      'tests-missing mirror: template_value_missing',
      'tests-missing mentor: sent',
    ]);
  });
});

describe('quiet hours', () => {
  const night = (text: string): number => Date.parse(text);

  test('hold, and have their effect on the decision itself (D-62)', () => {
    expect(vetoOf({ at: night('2026-05-06T23:30:00Z') })).toBe('quiet_hours: quiet_hours');
    expect(vetoOf({ at: night('2026-05-06T06:00:00Z') })).toBe('sent');
  });

  test("are the person's own: profile zone, else the tenant's, else UTC", () => {
    const at = night('2026-05-06T18:00:00Z');
    expect(vetoOf({ at })).toBe('sent');
    expect(vetoOf({ at, policy: { timeZone: 'Asia/Kolkata' } })).toBe('quiet_hours: quiet_hours');
    expect(
      vetoOf({ at, policy: { timeZone: 'Asia/Kolkata' }, state: { profile: aProfile({ timeZone: 'Europe/Berlin' }) } }),
    ).toBe('sent');
    expect(vetoOf({ at, policy: { timeZone: 'Mars/Olympus' } })).toBe('sent');
  });

  test('from an hour to the same hour are off (D-63)', () => {
    expect(vetoOf({ policy: { quietHours: { startMinute: 720, endMinute: 720, days: {} } } })).toBe('sent');
  });
});
