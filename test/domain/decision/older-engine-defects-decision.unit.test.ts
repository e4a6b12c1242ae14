import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { emptyState } from '../../../src/domain/actor-state.ts';
import { assemble } from '../../../src/domain/decision/assemble.ts';
import { plan } from '../../../src/domain/decision/plan.ts';
import { parsePlaybook } from '../../../src/domain/playbook/parse-playbook.ts';
import { buildDecisionReceipt } from '../../../src/domain/receipt/build-receipt.ts';
import { tenantPolicyFrom } from '../../../src/domain/tenant-policy.ts';
import {
  aMentor,
  anAction,
  aPlaybook,
  aProfile,
  DAY,
  type Given,
  HOUR,
  ids,
  inputOf,
  NOON,
  outcomes,
  planned,
  sentAt,
  vetoOf,
} from './given.ts';
import { Story } from './story.ts';

describe('empty is none (D-34), in every list and number of a policy', () => {
  test.each([
    ['action types', { enabled_action_types: [] }, 'action_type: action_type_disabled'],
    ['surfaces', { enabled_surfaces: [] }, 'action_type: surface_disabled'],
    ['a quota a day', { quotas: { max_actions_per_day: 0 } }, 'caps: cap_day'],
    ['a quota of a type', { quotas: { per_type_per_day: { mirror: 0 } } }, 'caps: cap_type_day'],
  ])('%s', (_what, change, veto) => {
    const parsed = tenantPolicyFrom({ id: 'acme', unknown_actors: 'allow', ...change }, 1);
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.findings));
    expect(vetoOf({ policy: parsed.policy })).toBe(veto);
  });
});

test('consent of a Multiplier can not be switched off, wherever it is tried (D-35)', () => {
  const action = { type: 'multiplier', surfaces: ['ide'], action_ref: 'x', template: { title: 'T', body: 'B' } };
  const document = { id: 'a', name: 'A', owner: 'o', triggers: [{ event_type: 'x' }] };
  for (const wish of [{ requires_consent: false }, { consent: false }, { dual_channel: 'never' }])
    expect(parsePlaybook({ ...document, actions: [{ ...action, ...wish }] }, 1).ok).toBe(false);
});

describe('the least that is known is enough to decide (D-67 a degraded path that fails itself)', () => {
  const bare = {
    repo_id: null,
    branch: null,
    commit: null,
    file_path: null,
    environment: null,
    subject: null,
    payload: {},
  };

  test('a signal of which only the person and the event are known', () => {
    const playbooks = [aPlaybook({ actions: [anAction({ template: { title: 'A push', body: 'Seen.' } }), aMentor()] })];
    expect(outcomes(planned({ playbooks, signal: bare }))).toEqual([
      'tests-missing mirror: sent',
      'tests-missing mentor: sent',
    ]);
  });

  test('a person of whom nothing is known', () => {
    const made = plan({ ...inputOf({}), state: emptyState(null) });
    expect(outcomes(made)).toEqual(['tests-missing mirror: sent']);
  });

  test('any roles, preferences and zone that are stored decide without a fault (D-68)', () => {
    const words = fc.array(fc.string(), { maxLength: 4 });
    fc.assert(
      fc.property(
        words,
        words,
        fc.option(fc.string()),
        fc.option(words),
        (roles, optOutCategories, timeZone, surfaces) => {
          const profile = aProfile({
            roles,
            timeZone,
            preferences: { optOutCategories, preferredSurfaces: surfaces as 'ide'[] | null, snoozeUntilMs: null },
          });
          const made = planned({ state: { profile } });
          expect(made.candidates).toHaveLength(1);
        },
      ),
    );
  });
});

describe('what was held back', () => {
  test('does not use up the person\u2019s budget, whichever gate said no (D-60)', () => {
    const quotas = { maxActionsPerDay: 1, maxActionsPerHour: 1, perRepoPerDay: 1 };
    const free = aPlaybook({ id: 'z-free' });
    const blocked = [
      aPlaybook({ id: 'a', tier: 'critical', actions: [anAction({ surfaces: ['alert'] })] }),
      aPlaybook({
        id: 'b',
        tier: 'critical',
        actions: [anAction({ template: { title: 'T', body: '{{signal.payload.no}}' } })],
      }),
      aPlaybook({ id: 'c', tier: 'critical', met: () => ({ met: false, error: 'broken' }) }),
      { ...aPlaybook({ id: 'd', tier: 'critical' }), shadow: 'mode' as const },
    ];
    const made = planned({ playbooks: [...blocked, free], policy: { quotas } });
    expect(made.sent.map(({ playbookId }) => playbookId)).toEqual(['z-free']);
  });

  test('leaves no canned text in its place (D-56)', () => {
    const sent = [sentAt(NOON - 1), sentAt(NOON - 2), sentAt(NOON - 3)];
    for (const given of [
      { state: { sent } },
      { policy: { quietHours: { startMinute: 0, endMinute: 1439, days: {} } } },
      { context: { incidentActive: true } },
    ])
      expect(planned(given)).toMatchObject({ result: 'decided', actions: [], sent: [] });
  });
});

describe('an outage of the model is told (D-69 degraded_mode that is always false)', () => {
  const withModel = (template: { title: string; body: string } | null) =>
    aPlaybook({
      actions: [aMentor({ model: { systemPromptId: 'mentor-v1' }, template })],
      deferral: { mode: 'defer', expiresAfterMs: DAY },
    });
  const told = (given: Given) => {
    const input = inputOf(given);
    const made = plan(input);
    const facts = { signal: input.signal, plan: made, rules: input.rules!, decisionId: 'd', receiptId: 'r', ids };
    const { decision } = assemble({ ...facts, decidedAtMs: NOON });
    const digests = { traceDigest: 'sha256:0', readDigest: 'sha256:0', stateDigest: 'sha256:0' };
    const times = { decidedAtMs: NOON, decidedAtMonotonicMs: 1 };
    const receipt = buildDecisionReceipt({ ...facts, ...digests, ...times, actorRef: 'ref' }, ids);
    return {
      decision: [decision.degraded_mode, decision.degraded_reasons],
      receipt: [receipt.degraded, (receipt.result as { degraded_reasons: unknown }).degraded_reasons],
    };
  };
  const degraded = [true, ['model_unavailable']];
  const whole = [false, []];

  test('where the static text is said in its place', () => {
    expect(told({ playbooks: [withModel({ title: 'Static', body: 'Text.' })] })).toEqual({
      decision: degraded,
      receipt: degraded,
    });
  });

  test('where nothing is said because there is no static text', () => {
    expect(told({ playbooks: [withModel(null)] })).toEqual({ decision: degraded, receipt: degraded });
  });

  test('and not where the model was not asked for, or would have said nothing', () => {
    expect(told({ playbooks: [aPlaybook({ actions: [aMentor()] })] })).toEqual({ decision: whole, receipt: whole });
    const unmet = { ...withModel({ title: 'S', body: 'T.' }), condition: null };
    expect(told({ playbooks: [unmet], context: { incidentActive: true } })).toEqual({
      decision: whole,
      receipt: whole,
    });
  });

  test('of a release too', () => {
    const story = new Story([withModel({ title: 'Static', body: 'Text.' })]);
    story.signal(NOON + 11 * HOUR);
    const [released] = story.releaseUntil(NOON + 24 * HOUR);
    expect(released!.decision).toMatchObject({ degraded_mode: true, degraded_reasons: ['model_unavailable'] });
  });
});
