import { describe, expect, test } from '@jest/globals';
import { plan } from '../../../src/domain/decision/plan.ts';
import type { Plan } from '../../../src/domain/decision/planned.ts';
import { traceOf } from '../../../src/domain/decision/trace.ts';
import { assignArm } from '../../../src/domain/experiment/assign.ts';
import type { Experiment } from '../../../src/domain/experiment/experiment.ts';
import type { MmmSignalInput } from '../../../src/generated/records.ts';
import { anArm, anExperiment } from '../experiment/given.ts';
import {
  anAction,
  aPlaybook,
  aProfile,
  aTrigger,
  type Given,
  ids,
  inputOf,
  only,
  outcomes,
  type PlaybookChange,
  vetoesOf,
} from './given.ts';

const version = (number: number, change: PlaybookChange = {}) => aPlaybook({ version: number, ...change });
const experimenting = (experiment: Experiment, given: Given & { readonly onHold?: boolean } = {}): Plan => {
  const input = inputOf({ playbooks: [version(3), version(4)], ...given });
  const running = { experiment, onHold: given.onHold ?? false, publishedVersion: 3 };
  return plan({ ...input, rules: { ...input.rules!, experiments: new Map([[experiment.playbookId, running]]) } });
};
const people = Array.from({ length: 60 }, (_, n) => `dev${n}`);
const armOf = (experiment: Experiment, unit: string): string => assignArm(ids, 'acme', experiment, unit).name;
const inArm = (experiment: Experiment, arm: string): string => people.find((one) => armOf(experiment, one) === arm)!;

describe('a shadow version', () => {
  const shadow = { ...version(4), shadow: 'mode' as const };

  test('is decided beside the published one, with every gate, and neither sent nor charged', () => {
    const made = plan(
      inputOf({
        playbooks: [version(3), shadow],
        policy: { quotas: { maxActionsPerDay: 1, maxActionsPerHour: 1, perRepoPerDay: 1 } },
      }),
    );
    expect(
      made.candidates.map(({ playbookVersion, disposition, reasonCode }) => [playbookVersion, disposition, reasonCode]),
    ).toEqual([
      [3, 'delivered', 'sent'],
      [4, 'suppressed', 'outranked'],
    ]);
    const alone = plan(inputOf({ playbooks: [shadow] }));
    expect(only(alone)).toMatchObject({ disposition: 'suppressed', reasonCode: 'shadow' });
    expect(vetoesOf(only(alone))).toMatchObject([{ gate: 'rollout', code: 'shadow', facts: { because: 'mode' } }]);
    expect(alone).toMatchObject({ actions: [], sent: [] });
  });

  test('takes no room from what is live, also when it comes first', () => {
    const playbooks = [
      { ...aPlaybook({ id: 'a', tier: 'critical' }), shadow: 'mode' as const },
      aPlaybook({ id: 'b' }),
    ];
    const quotas = { maxActionsPerDay: 1, maxActionsPerHour: 1, perRepoPerDay: 1 };
    expect(outcomes(plan(inputOf({ playbooks, policy: { quotas } })))).toEqual(['a mirror: shadow', 'b mirror: sent']);
  });

  test('keeps the reason of another gate: shadow is the reason only of what would have been sent', () => {
    const playbooks = [{ ...aPlaybook({ deferral: { mode: 'defer', expiresAfterMs: 1 } }), shadow: 'mode' as const }];
    const quiet = { quietHours: { startMinute: 11 * 60, endMinute: 13 * 60, days: {} } };
    expect(only(plan(inputOf({ playbooks, policy: quiet })))).toMatchObject({
      disposition: 'suppressed',
      reasonCode: 'quiet_hours',
    });
  });

  test('a playbook on probation acts as one', () => {
    const playbooks = [{ ...aPlaybook(), shadow: 'probation' as const }];
    expect(vetoesOf(only(plan(inputOf({ playbooks }))))).toMatchObject([
      { code: 'shadow', facts: { because: 'probation' } },
    ]);
  });
});

describe('an experiment', () => {
  const experiment = anExperiment();

  test('gives each person the version of the arm, says nothing to a holdout, and records arm and propensity', () => {
    const seen = new Map<string, number>();
    for (const actor_id of people) {
      const arm = armOf(experiment, actor_id);
      const made = experimenting(experiment, { signal: { actor_id } });
      const expected = { control: [3, 'sent', 0.5], short: [4, 'sent', 0.3], silence: [3, 'holdout', 0.2] }[arm]!;
      expect(only(made)).toMatchObject({ playbookVersion: expected[0], reasonCode: expected[1] });
      expect(made.sent).toHaveLength(arm === 'silence' ? 0 : 1);
      expect(made.assignments).toEqual([
        { experimentId: 'shorter-text', arm, propensity: expected[2], unit: 'actor', cluster: null },
      ]);
      seen.set(arm, (seen.get(arm) ?? 0) + 1);
    }
    expect([...seen.keys()].sort()).toEqual(['control', 'short', 'silence']);
  });

  test('a holdout is one only where it would have been sent: another veto keeps its reason', () => {
    const actor_id = inArm(experiment, 'silence');
    const made = experimenting(experiment, { signal: { actor_id }, policy: { enabledActionTypes: [] } });
    expect(only(made).reasonCode).toBe('action_type_disabled');
    expect(made.assignments).toHaveLength(1);
  });

  test('on hold nobody is assigned and nothing is said', () => {
    for (const actor_id of people.slice(0, 10)) {
      const made = experimenting(experiment, { signal: { actor_id }, onHold: true });
      expect(only(made)).toMatchObject({ playbookVersion: 3, reasonCode: 'experiment_on_hold' });
      expect(made.assignments).toBeUndefined();
    }
  });

  test('touches no other playbook', () => {
    const playbooks = [version(3), version(4), aPlaybook({ id: 'other' })];
    const made = experimenting(experiment, { playbooks, onHold: true });
    expect(outcomes(made)).toContain('other mirror: sent');
  });

  test('a person whose arm does not wait for the event matches nothing, like any other who has no playbook for it', () => {
    const playbooks = [version(3), version(4, { triggers: [aTrigger({ eventType: 'pr_opened' })] })];
    const inShort = inArm(experiment, 'short');
    expect(experimenting(experiment, { playbooks, signal: { actor_id: inShort } }).result).toBe('no_match');
  });

  describe('by cluster', () => {
    const by = (unit: Experiment['unit'], signal: Partial<MmmSignalInput>, roles: string[] = []): Plan =>
      experimenting(anExperiment({ unit }), { signal, state: { profile: aProfile({ roles }) } });

    test('a team is assigned as one, by the role of the profile', () => {
      const arms = people.map((actor_id) => by('team', { actor_id }, ['developer', 'team:core']).assignments?.[0]?.arm);
      expect(new Set(arms).size).toBe(1);
      expect(arms[0]).toBe(armOf(anExperiment({ unit: 'team' }), 'core'));
    });

    test('a repository is assigned as one', () => {
      const arms = people.map((actor_id) => by('repository', { actor_id }).assignments?.[0]?.arm);
      expect(new Set(arms)).toEqual(new Set([armOf(anExperiment({ unit: 'repository' }), 'org/app')]));
    });

    test('a cluster has a digest in the record, not its name', () => {
      const assignment = by('repository', {}).assignments![0]!;
      expect(assignment.cluster).toMatch(/^[0-9a-f]{16}$/);
      expect(by('repository', { repo_id: 'org/lib' }).assignments![0]!.cluster).not.toBe(assignment.cluster);
    });

    test('who has no such unit is not in the experiment and gets what is published', () => {
      for (const made of [by('team', {}, ['developer']), by('repository', { repo_id: null })]) {
        expect(only(made)).toMatchObject({ playbookVersion: 3, reasonCode: 'sent' });
        expect(made.assignments).toBeUndefined();
      }
    });
  });

  test('an arm in shadow or on probation is not sent either', () => {
    const playbooks = [{ ...version(3), shadow: 'probation' as const }, version(4)];
    const control = experimenting(experiment, { playbooks, signal: { actor_id: inArm(experiment, 'control') } });
    expect(only(control).reasonCode).toBe('shadow');
  });

  test('the trace has the assignments, and is as before without any', () => {
    const made = experimenting(anExperiment({ arms: [anArm('only-this', 0.99, 3), anArm('x', 0.01, 4)] }), {
      playbooks: [version(3, { actions: [anAction()] }), version(4)],
    });
    expect(JSON.stringify(traceOf(made))).toContain(
      '"assignments":[{"arm":"only-this","cluster":null,"experiment":"shorter-text"',
    );
    expect(JSON.stringify(traceOf(plan(inputOf({}))))).not.toContain('assignments');
  });
});
