import { describe, expect, test } from '@jest/globals';
import { createCelCompiler } from '../../../src/adapters/cel/cel-compiler.ts';
import { plan } from '../../../src/domain/decision/plan.ts';
import { compileInhibitions, type InhibitionRule } from '../../../src/domain/inhibition.ts';
import {
  anAction,
  aMultiplier,
  aPlaybook,
  aProfile,
  aTrigger,
  DAY,
  type Given,
  HOUR,
  inputOf,
  NOON,
  only,
  planned,
  vetoesOf,
  vetoOf,
} from './given.ts';

const inhibited = (rules: readonly InhibitionRule[], given: Given = {}) => {
  const { compiled, findings } = compileInhibitions(rules, createCelCompiler());
  expect(findings).toEqual([]);
  const input = inputOf(given);
  return only(plan({ ...input, rules: { ...input.rules!, inhibitions: compiled } }));
};
const rule = (change: Partial<InhibitionRule> = {}): InhibitionRule => ({
  name: 'release-week',
  when: 'signal.branch == "main"',
  mutes: ['normal'],
  ...change,
});

describe("a tenant's named inhibition", () => {
  test('mutes the tier or the playbook it names while its condition holds, and its name is reason and fact', () => {
    const muted = inhibited([rule()]);
    expect(muted).toMatchObject({ disposition: 'suppressed', reasonCode: 'inhibited:release-week' });
    expect(vetoesOf(muted)).toEqual([
      {
        gate: 'inhibition',
        pass: false,
        code: 'inhibited:release-week',
        facts: { rule: 'release-week', when: 'signal.branch == "main"' },
        flip: { atMs: null, change: 'not (signal.branch == "main")' },
      },
    ]);
    expect(inhibited([rule({ mutes: ['tests-missing'] })]).reasonCode).toBe('inhibited:release-week');
  });

  test('mutes nobody else, and not when the condition does not hold', () => {
    expect(inhibited([rule({ mutes: ['critical', 'another'] })]).reasonCode).toBe('sent');
    expect(inhibited([rule()], { signal: { branch: 'dev' } }).reasonCode).toBe('sent');
  });

  test('the first of the policy that holds gives its name', () => {
    const rules = [rule({ name: 'a', when: 'false' }), rule({ name: 'b', when: 'true' }), rule({ name: 'c' })];
    expect(inhibited(rules).reasonCode).toBe('inhibited:b');
  });

  test('mutes when it can not be evaluated: silence was asked for, and a fault permits nothing (G6)', () => {
    const broken = inhibited([rule({ when: 'signal.payload.no_such_key > 3' })]);
    expect(broken.reasonCode).toBe('inhibited:release-week');
    expect(vetoesOf(broken)[0]?.facts).toMatchObject({ rule: 'release-week', error: expect.any(String) });
    expect(inhibited([rule({ when: 'has(signal.payload.no_such_key)' })]).reasonCode).toBe('sent');
  });

  test('sees signal, actor, recent and context as a playbook does', () => {
    const when =
      'context.release_failed && context.on_call && "lead" in actor.roles && recent.count("commit_pushed", "1h") == 1';
    const given = {
      context: { releaseFailed: true },
      state: { profile: aProfile({ roles: ['lead', 'on_call'] }) },
      playbooks: [aPlaybook({ tier: 'high' as const })],
    };
    expect(inhibited([rule({ when, mutes: ['high'] })], given).reasonCode).toBe('inhibited:release-week');
  });

  test('is evaluated once for all candidates it mutes, and not at all for those it does not', () => {
    let asked = 0;
    const condition = { source: 'x', evaluate: () => ((asked += 1), { met: true as const }) };
    const input = inputOf({ playbooks: [aPlaybook({ actions: [anAction(), aMultiplier()] }), aPlaybook({ id: 'b' })] });
    const ask = (mutes: string[]): number => {
      asked = 0;
      plan({ ...input, rules: { ...input.rules!, inhibitions: [{ rule: rule({ mutes }), condition }] } });
      return asked;
    };
    expect([ask(['normal']), ask(['low'])]).toEqual([1, 0]);
  });
});

describe('the inhibitions that every tenant has', () => {
  const vetoIn = (given: Given) => vetoesOf(only(planned(given)))[0];

  test('an incident of the repository has the name of its rule and the incident in the trace', () => {
    const causes = [{ kind: 'incident' as const, id: 'INC-7', repo: 'org/app' }];
    expect(vetoIn({ context: { incidentActive: true, causes } })).toMatchObject({
      code: 'incident_active',
      facts: { rule: 'repository_incident', cause: 'INC-7', repo: 'org/app' },
    });
    expect(vetoIn({ context: { incidentActive: true, causes: [{ ...causes[0]!, repo: null }] } })).toMatchObject({
      facts: { rule: 'incident', cause: 'INC-7', repo: null },
    });
    expect(vetoIn({ context: { incidentActive: true } })).toMatchObject({ facts: { rule: 'incident' } });
  });

  test('a failed release mutes its effects in its repository, and nothing else there', () => {
    const onEvent = (event_type: string, tier: 'critical' | 'high' = 'high'): string =>
      vetoOf({
        context: { releaseFailed: true },
        signal: { event_type },
        playbooks: [aPlaybook({ tier, triggers: [aTrigger({ eventType: '*' })] })],
      });
    for (const effect of ['build_failed', 'test_failed', 'gate_evaluated', 'detection.fail', 'error_rate', 'latency'])
      expect(onEvent(effect)).toBe('inhibition: release_failed');
    for (const other of ['commit_pushed', 'release.failed', 'pr_opened', 'latency_budget'])
      expect(onEvent(other)).toBe('sent');
    expect(onEvent('test_failed', 'critical')).toBe('sent');
  });

  test('a freeze of the policy holds back what would be run, until its end', () => {
    const playbooks = [aPlaybook({ actions: [aMultiplier()] })];
    const freezes = [{ fromMs: NOON - HOUR, untilMs: NOON + DAY, repos: ['org/*'] }];
    expect(vetoIn({ playbooks, policy: { freezes } })).toMatchObject({
      code: 'freeze_active',
      facts: { rule: 'freeze', until_ms: NOON + DAY },
      flip: { atMs: NOON + DAY },
    });
    expect(vetoOf({ playbooks, policy: { freezes }, at: NOON + DAY })).toBe('sent');
    expect(vetoOf({ playbooks, policy: { freezes }, signal: { repo_id: 'else/app' } })).toBe('sent');
    expect(vetoOf({ policy: { freezes } })).toBe('sent');
  });

  test('on call is a role of the profile; a signal can not claim it', () => {
    expect(vetoOf({ state: { profile: aProfile({ roles: ['on_call'] }) } })).toBe('inhibition: on_call');
    expect(vetoOf({ signal: { payload: { files_changed: 1, roles: 'on_call', on_call: true } } })).toBe('sent');
  });
});
