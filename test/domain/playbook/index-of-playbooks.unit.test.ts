import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { buildIndex } from '../../../src/domain/playbook/index-of-playbooks.ts';
import type { CompiledPlaybook, Trigger } from '../../../src/domain/playbook/model.ts';
import { triggerMatches } from '../../../src/domain/playbook/trigger-match.ts';
import { SEVERITIES, TIERS } from '../../../src/domain/vocabulary.ts';
import { aPlaybook, aSignal, aTrigger } from '../decision/given.ts';

const EVENT_TYPES = ['commit_pushed', 'commit_created', 'release.failed', 'release.started', 'c'];
const REPOS = ['org/app', 'org/web', 'org/a/b', 'other/app'];
const list = <T>(values: readonly T[]): fc.Arbitrary<T[] | null> =>
  fc.option(fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 3 }), { nil: null });

const trigger: fc.Arbitrary<Trigger> = fc.record({
  eventType: fc.constantFrom(...EVENT_TYPES, '*', 'commit_*', 'c*', 'release.*', 'commit_pushed*', 'z*'),
  sources: list(['pm3', 'ubi', 'release']),
  minSeverity: fc.option(fc.constantFrom(...SEVERITIES), { nil: null }),
  actorTypes: fc.constant(null),
  actorRoles: fc.constant(null),
  repos: list([...REPOS, '*', 'org/*', 'org/**', '**/app', 'o?g/app', '*/app']),
});
const playbooks = fc
  .array(fc.record({ tier: fc.constantFrom(...TIERS), triggers: fc.array(trigger, { minLength: 1, maxLength: 3 }) }), {
    maxLength: 12,
  })
  .map((items) => items.map((item, at) => aPlaybook({ id: `p${at}`, ...item })));
const signal = fc
  .record({
    event_type: fc.constantFrom(...EVENT_TYPES),
    source: fc.constantFrom('pm3', 'ubi', 'release', 'http'),
    severity: fc.constantFrom(...SEVERITIES),
    repo_id: fc.option(fc.constantFrom(...REPOS), { nil: null }),
  })
  .map(aSignal);

const idsOf = (found: readonly CompiledPlaybook[]): readonly string[] => found.map(({ playbook }) => playbook.id);

test('the index finds what a scan over all triggers finds, in the order of tier and id', () => {
  fc.assert(
    fc.property(playbooks, signal, (all, at) => {
      const index = buildIndex(all);
      const scanned = index.all.filter(({ playbook }) => playbook.triggers.some((one) => triggerMatches(one, at)));
      expect(idsOf(index.match(at))).toEqual(idsOf(scanned));
    }),
    { numRuns: 500 },
  );
});

test('higher tiers come first, then ids; the order of input does not matter', () => {
  const some = [
    aPlaybook({ id: 'b', tier: 'low' }),
    aPlaybook({ id: 'c', tier: 'critical' }),
    aPlaybook({ id: 'a', tier: 'low' }),
  ];
  expect(idsOf(buildIndex(some).all)).toEqual(['c', 'a', 'b']);
  expect(idsOf(buildIndex([...some].reverse()).match(aSignal()))).toEqual(['c', 'a', 'b']);
});

test('a playbook with two fitting triggers is found once', () => {
  const twice = aPlaybook({ triggers: [aTrigger(), aTrigger({ eventType: 'commit_*' })] });
  expect(buildIndex([twice]).match(aSignal())).toHaveLength(1);
});

test('who acted is not the question of the index', () => {
  const forAgents = aPlaybook({ triggers: [aTrigger({ actorTypes: ['ai_agent'], actorRoles: ['lead'] })] });
  expect(buildIndex([forAgents]).match(aSignal({ actor_type: 'human' }))).toHaveLength(1);
});
