import { expect, test } from '@jest/globals';
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
  expect(said.playbooks.all.map(({ onProbation }) => onProbation ?? false)).toEqual([false, false]);
  const { rules } = compile({ playbooks: [playbook('b'), { ...playbook('a'), onProbation: true }] });
  expect(rules.playbooks.all.map(({ onProbation }) => onProbation ?? false)).toEqual([true, false]);
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
