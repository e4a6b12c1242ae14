import { describe, expect, test } from '@jest/globals';
import { createCelCompiler } from '../../src/adapters/cel/cel-compiler.ts';
import { type RulesInput, compileRules } from '../../src/domain/compile-rules.ts';
import { aSignal, ids } from './decision/given.ts';

const playbook = (id: string, change: object = {}) => ({
  document: {
    id,
    name: 'A',
    owner: 'o',
    triggers: [{ event_type: 'commit_pushed' }],
    actions: [{ type: 'mirror', surfaces: ['ide'], template: { title: 'A fact', body: 'Counted.' } }],
    ...change,
  },
  version: 2,
});
const compile = (change: Partial<RulesInput> = {}) => {
  const input = {
    policy: { id: 'acme' },
    policyVersion: 3,
    playbooks: [playbook('b'), playbook('a')],
    conditions: createCelCompiler(),
    ids,
  };
  const result = compileRules({ ...input, ...change });
  if (!result.ok) throw new Error(JSON.stringify(result.findings));
  return result;
};

test('rules name every version they stand on', () => {
  const { rules } = compile();
  expect(rules.policyVersionIds).toEqual(['a@2', 'b@2', 'policy:acme:3']);
  expect(rules.snapshotHash).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(rules.playbooks.match(aSignal())).toHaveLength(2);
});

test('the digest is one of content: order does not change it, any change of content does', () => {
  const { rules } = compile();
  const same = compile({ playbooks: [playbook('a'), playbook('b')] }).rules;
  expect([same.snapshotHash, same.policySnapshotId]).toEqual([rules.snapshotHash, rules.policySnapshotId]);
  const others = [
    compile({ playbooks: [playbook('a'), playbook('b', { name: 'B' })] }),
    compile({ playbooks: [playbook('a')] }),
    compile({ policyVersion: 4 }),
    compile({ playbooks: [playbook('b'), { ...playbook('a'), onProbation: true }] }),
    compile({ policy: { id: 'acme', safety_critical: true } }),
  ].map((other) => other.rules.snapshotHash);
  expect(new Set([rules.snapshotHash, ...others]).size).toBe(6);
});

test('a playbook that is not on probation is none, whether that is said or not', () => {
  const said = compile({ playbooks: [playbook('b'), { ...playbook('a'), onProbation: false }] }).rules;
  expect(said.snapshotHash).toBe(compile().rules.snapshotHash);
  expect(said.playbooks.all.map(({ shadow }) => shadow)).toEqual([undefined, undefined]);
  const { rules } = compile({ playbooks: [playbook('b'), { ...playbook('a'), onProbation: true }] });
  expect(rules.playbooks.all.map(({ shadow }) => shadow)).toEqual(['probation', undefined]);
});

test('one bad playbook is left out and named; the others decide (D-66)', () => {
  const bad = [
    playbook('x', { limits: { per_actor_per_day: 'many' } }),
    playbook('y', { when: 'signal.nope' }),
    { document: 'text', version: 1 },
    playbook('a'),
    { document: { id: 'z', big: 10n }, version: 1 },
  ];
  const { rules, skipped } = compile({ playbooks: [playbook('a'), ...bad] });
  expect(rules.playbooks.all).toHaveLength(1);
  expect(rules.policyVersionIds).toEqual(['a@2', 'policy:acme:3']);
  expect(skipped.map((one) => one.index)).toEqual([1, 2, 3, 4, 5]);
  expect(rules.snapshotHash).toBe(compile({ playbooks: [playbook('a')] }).rules.snapshotHash);
});

test('a policy that can not be read gives no rules', () => {
  const input = { policyVersion: 1, playbooks: [], conditions: createCelCompiler(), ids };
  expect(compileRules({ ...input, policy: { id: 'acme', quotas: { max_actions_per_day: 'ten' } } })).toMatchObject({
    ok: false,
  });
  expect(compileRules({ ...input, policy: null })).toMatchObject({ ok: false });
});

test('inhibitions are compiled with the rules; one that does not compile gives no rules at all (G6)', () => {
  const inhibited = (when: string) => ({ id: 'acme', inhibitions: [{ name: 'calm', when, mutes: ['normal'] }] });
  const { rules } = compile({ policy: inhibited('context.on_call') });
  expect(rules.inhibitions.map(({ rule, condition }) => [rule.name, condition.source])).toEqual([
    ['calm', 'context.on_call'],
  ]);
  const input = { policyVersion: 1, playbooks: [], conditions: createCelCompiler(), ids };
  for (const when of ['context.nothing', 'signal.', '"text"', 'signal.branch.matches("(a")']) {
    expect(compileRules({ ...input, policy: inhibited(when) })).toMatchObject({
      ok: false,
      findings: [{ path: 'inhibitions[0].when' }],
    });
  }
});

describe('versions beside the published one', () => {
  const at = (version: number, change: { mode?: 'shadow'; tier?: string; when?: string } = {}) => {
    const { mode, ...fields } = change;
    return { ...playbook('tests-missing', fields), version, ...(mode === undefined ? {} : { mode }) };
  };
  const document = {
    id: 'shorter-text',
    name: 'A shorter text',
    playbook: 'tests-missing',
    unit: 'actor',
    arms: [
      { name: 'control', weight: 0.5, version: 3 },
      { name: 'short', weight: 0.5, version: 4 },
    ],
  };
  const active = [{ document, status: 'active' as const }];
  const versions = (result: ReturnType<typeof compile>): string[] =>
    result.rules.playbooks.all.map(({ playbook: { version }, shadow }) => `${version}${shadow ?? ''}`);

  test('a shadow version is decided beside it, named as such, and part of the digest', () => {
    const both = compile({ playbooks: [at(3), at(4, { mode: 'shadow' })] });
    expect(versions(both)).toEqual(['3', '4mode']);
    expect(both.rules.policyVersionIds).toContain('tests-missing@4:shadow');
    expect(both.rules.snapshotHash).not.toBe(compile({ playbooks: [at(3)] }).rules.snapshotHash);
    expect(versions(compile({ playbooks: [at(3, { mode: 'shadow' }), at(4, { mode: 'shadow' })] }))).toEqual([
      '3mode',
      '4mode',
    ]);
  });

  test('an active experiment brings its arms, also what is a shadow otherwise, and is part of the digest', () => {
    const playbooks = [at(3), at(4, { mode: 'shadow' })];
    const running = compile({ playbooks, experiments: active });
    expect(versions(running)).toEqual(['3', '4']);
    expect(running.rules.experiments.get('tests-missing')).toMatchObject({ onHold: false, publishedVersion: 3 });
    expect(running.rules.policyVersionIds).toEqual([
      expect.stringMatching(/^experiment:shorter-text:[0-9a-f]{12}$/),
      'policy:acme:3',
      'tests-missing@3',
      'tests-missing@4:arm',
    ]);
    const other = {
      ...document,
      arms: document.arms.map((arm) => ({ ...arm, weight: arm.version === 3 ? 0.4 : 0.6 })),
    };
    const hashes = [
      running,
      compile({ playbooks }),
      compile({ playbooks, experiments: [{ document: other, status: 'active' }] }),
      compile({ playbooks, experiments: [{ document, status: 'hold' }] }),
    ].map(({ rules }) => rules.snapshotHash);
    expect(new Set(hashes).size).toBe(4);
  });

  test('an arm on probation is not said to its units either', () => {
    const playbooks = [at(3), { ...at(4, { mode: 'shadow' }), onProbation: true }];
    expect(versions(compile({ playbooks, experiments: active }))).toEqual(['3', '4probation']);
    expect(versions(compile({ playbooks }))).toEqual(['3', '4mode']);
  });

  test('an arm that can not be served puts the experiment on hold (G6)', () => {
    const broken = compile({ playbooks: [at(3), at(4, { mode: 'shadow', when: 'signal.nope' })], experiments: active });
    expect(broken.rules.experiments.get('tests-missing')?.onHold).toBe(true);
    const held = compile({
      playbooks: [at(3), at(4, { mode: 'shadow' })],
      experiments: [{ document, status: 'hold' }],
    });
    expect(held.rules.experiments.get('tests-missing')?.onHold).toBe(true);
  });

  test.each([
    ['nothing is published', [at(3, { mode: 'shadow' }), at(4, { mode: 'shadow' })], ['3mode', '4mode']],
    [
      'another version was published since',
      [at(3, { mode: 'shadow' }), at(4, { mode: 'shadow' }), at(5)],
      ['3mode', '4mode', '5'],
    ],
    ['its winner was published', [at(4)], ['4']],
    ['an arm is no shadow any more', [at(3)], ['3']],
    ['its playbook is critical', [at(3, { tier: 'critical' }), at(4, { mode: 'shadow' })], ['3', '4mode']],
  ])('an experiment is over when %s: what was a shadow is one again', (_why, playbooks, left) => {
    const result = compile({ playbooks, experiments: active });
    expect(versions(result)).toEqual(left);
    expect(result.rules.experiments.size).toBe(0);
    expect(result.ignoredExperiments).toHaveLength(1);
  });

  test('an experiment out of bounds is no experiment, and one playbook has one', () => {
    const wild = {
      document: { ...document, arms: document.arms.map((arm) => ({ ...arm, weight: 0.9 })) },
      status: 'active' as const,
    };
    const playbooks = [at(3), at(4, { mode: 'shadow' })];
    expect(versions(compile({ playbooks, experiments: [wild] }))).toEqual(['3', '4mode']);
    const second = { document: { ...document, id: 'second' }, status: 'active' as const };
    const two = compile({ playbooks, experiments: [...active, second] });
    expect([two.rules.experiments.get('tests-missing')?.experiment.id, two.ignoredExperiments.length]).toEqual([
      'shorter-text',
      1,
    ]);
  });
});
