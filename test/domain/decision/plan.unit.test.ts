import { describe, expect, test } from '@jest/globals';
import { JITTER_MAX_MS } from '../../../src/domain/decision/deferral.ts';
import { GATES } from '../../../src/domain/decision/planned.ts';
import { plan } from '../../../src/domain/decision/plan.ts';
import { traceOf } from '../../../src/domain/decision/trace.ts';
import {
  aMentor,
  aMultiplier,
  anAction,
  aPlaybook,
  aProfile,
  aTrigger,
  DAY,
  inputOf,
  NOON,
  only,
  outcomes,
  planned,
  sentAt,
  vetoesOf,
} from './given.ts';

describe('a signal', () => {
  test("of an unknown tenant is nobody's to decide", () => {
    expect(plan({ ...inputOf({}), rules: null }).result).toBe('tenant_unknown');
  });

  test('without an actor is context, never a shared "unknown" person (D-72)', () => {
    for (const actor_id of [null, ''])
      expect(planned({ signal: { actor_id } })).toMatchObject({ result: 'context_only', sent: [] });
  });

  test('of a service nudges nobody', () => {
    expect(planned({ signal: { actor_type: 'service' } }).result).toBe('actor_type');
  });

  test('older than max_lateness comes too late, to the millisecond; a re-entry never does', () => {
    const old = (ms: number): string => new Date(NOON - ms).toISOString();
    expect(planned({ signal: { occurred_at: old(DAY) } }).result).toBe('decided');
    expect(planned({ signal: { occurred_at: old(DAY + 1) } }).result).toBe('late');
    expect(planned({ signal: { occurred_at: old(DAY + 1), source: 'mmm' } }).result).toBe('decided');
  });

  test('that no playbook waits for matches nothing, whatever is published (D-54)', () => {
    expect(planned({ signal: { event_type: 'build_failed' } })).toMatchObject({
      result: 'no_match',
      candidates: [],
      actions: [],
    });
    expect(planned({ playbooks: [aPlaybook({ triggers: [aTrigger({ minSeverity: 'high' })] })] }).result).toBe(
      'no_match',
    );
    expect(planned({ playbooks: [aPlaybook({ triggers: [aTrigger({ repos: ['other/*'] })] })] }).result).toBe(
      'no_match',
    );
  });
});

describe('a decision', () => {
  const threeActions = aPlaybook({ actions: [anAction(), aMentor(), aMultiplier()] });

  test('has one candidate per action of every matching playbook, each with one disposition and every gate in order', () => {
    const made = planned({ playbooks: [threeActions, aPlaybook({ id: 'other' })] });
    expect(made.candidates).toHaveLength(4);
    for (const candidate of made.candidates) expect(candidate.verdicts.map(({ gate }) => gate)).toEqual([...GATES]);
    expect(made.actions.map(({ actionId }) => actionId)).toEqual(
      made.candidates.filter(({ disposition }) => disposition === 'delivered').map(({ actionId }) => actionId),
    );
  });

  test('evaluates every gate after a veto too, and gives the first as the reason', () => {
    const candidate = only(
      planned({
        state: { profile: null },
        policy: {
          unknownActors: 'deny',
          enabledActionTypes: [],
          quietHours: { startMinute: 0, endMinute: 1439, days: {} },
        },
        playbooks: [aPlaybook({ met: () => ({ met: false, error: null }) })],
      }),
    );
    expect(vetoesOf(candidate).map(({ code }) => code)).toEqual([
      'actor_unknown',
      'condition_not_met',
      'action_type_disabled',
      'quiet_hours',
    ]);
    expect(candidate).toMatchObject({ disposition: 'suppressed', reasonCode: 'actor_unknown' });
  });

  test('says nothing at all when everything is held back: no canned text (D-56)', () => {
    expect(planned({ policy: { enabledSurfaces: [] } })).toMatchObject({ result: 'decided', actions: [], sent: [] });
  });

  test('charges what is sent, once however many surfaces, and nothing else (D-60)', () => {
    const made = planned({
      playbooks: [aPlaybook({ actions: [anAction({ surfaces: ['ide', 'ci'] }), aMentor()] })],
      policy: { enabledActionTypes: ['mirror'] },
    });
    expect(made.sent).toEqual([sentAt(NOON)]);
    expect(made.actions[0]?.surfaces).toEqual(['ide', 'ci']);
  });

  test('sends the several actions of one playbook together: its cool-down looks at earlier decisions only', () => {
    const playbooks = [
      aPlaybook({ actions: [anAction(), aMentor()], limits: { cooldownMs: DAY, subjectCooldownMs: DAY } }),
    ];
    expect(outcomes(planned({ playbooks }))).toEqual(['tests-missing mirror: sent', 'tests-missing mentor: sent']);
    expect(outcomes(planned({ playbooks, state: { sent: [sentAt(NOON - 1)] } }))).toEqual([
      'tests-missing mirror: cooldown',
      'tests-missing mentor: cooldown',
    ]);
  });

  test('asks a condition once for all actions of a playbook', () => {
    let asked = 0;
    planned({
      playbooks: [
        aPlaybook({ actions: [anAction(), aMentor(), aMultiplier()], met: () => ((asked += 1), { met: true }) }),
      ],
    });
    expect(asked).toBe(1);
  });

  test('is the same bytes again from what was recorded', () => {
    const input = inputOf({ playbooks: [threeActions], state: { sent: [sentAt(NOON - DAY)] } });
    const first = JSON.stringify(plan(input));
    const recorded = { signal: JSON.stringify(input.signal), state: JSON.stringify(input.state) };
    const again = plan({ ...input, signal: JSON.parse(recorded.signal), state: JSON.parse(recorded.state) });
    expect(JSON.stringify(again)).toBe(first);
    expect(JSON.stringify(traceOf(again))).toBe(JSON.stringify(traceOf(plan(input))));
  });

  test('leaves its input as it was', () => {
    const input = inputOf({ state: { sent: [sentAt(NOON - DAY)] } });
    const before = JSON.stringify([input.signal, input.state]);
    plan(input);
    expect(JSON.stringify([input.signal, input.state])).toBe(before);
  });
});

describe('what only time stands against', () => {
  const quiet = { quietHours: { startMinute: 11 * 60, endMinute: 13 * 60, days: {} } };
  const reason = (
    mode: 'defer' | 'drop' | 'by_type',
    given: Parameters<typeof planned>[0] = { policy: quiet },
  ): string[] =>
    planned({
      ...given,
      playbooks: [
        aPlaybook({ deferral: { mode, expiresAfterMs: DAY }, actions: [anAction(), aMentor(), aMultiplier()] }),
      ],
    }).candidates.map(({ disposition, reasonCode }) => (disposition === 'deferred' ? 'deferred' : reasonCode));

  test('is deferred until the last veto falls, with the code of the first', () => {
    expect(reason('defer')).toEqual(['deferred', 'deferred', 'deferred']);
    const [candidate] = planned({
      policy: quiet,
      playbooks: [aPlaybook({ deferral: { mode: 'defer', expiresAfterMs: DAY } })],
    }).candidates;
    expect(vetoesOf(candidate!)).toMatchObject([
      { gate: 'quiet_hours', code: 'quiet_hours', flip: { atMs: NOON + 3_600_000 } },
    ]);
    expect(candidate).toMatchObject({ disposition: 'deferred', reasonCode: 'quiet_hours' });
    expect(candidate!.untilMs! - NOON - 3_600_000).toBeGreaterThanOrEqual(0);
    expect(candidate!.untilMs! - NOON - 3_600_000).toBeLessThan(JITTER_MAX_MS);
  });

  test('by default a Mirror drops, Mentor and Multiplier defer', () => {
    expect(reason('drop')).toEqual(['quiet_hours', 'quiet_hours', 'quiet_hours']);
    expect(reason('by_type')).toEqual(['quiet_hours', 'deferred', 'deferred']);
  });

  test('holds for snooze, cool-downs and caps as well', () => {
    expect(
      reason('defer', {
        state: {
          profile: aProfile({
            preferences: { optOutCategories: [], preferredSurfaces: null, snoozeUntilMs: NOON + 1 },
          }),
        },
      }),
    ).toContain('deferred');
    expect(reason('defer', { state: { sent: [1, 2, 3].map((n) => sentAt(NOON - n, { playbookId: 'x' })) } })).toEqual(
      Array(3).fill('deferred'),
    );
  });

  test('is not deferred if anything but time stands against it too', () => {
    expect(reason('defer', { policy: { ...quiet, enabledSurfaces: [] } })).toEqual(Array(3).fill('surface_disabled'));
    expect(
      reason('defer', { policy: { quotas: { maxActionsPerDay: 0, maxActionsPerHour: 3, perRepoPerDay: 3 } } }),
    ).toEqual(Array(3).fill('cap_day'));
  });
});
