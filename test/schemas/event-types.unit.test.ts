import { expect, test } from '@jest/globals';
import { EVENT_TYPES } from '../../src/generated/event-types.ts';
import { parseEventTypes } from '../../tools/generate/event-types.ts';

test('the facts that `try` reads from a repository are listed, so a publisher can send them too', () => {
  expect(EVENT_TYPES['commit_pushed']?.payload).toMatchObject({
    files_changed: 'number',
    source_files: 'number',
    test_files: 'number',
    generated_files: 'number',
    insertions: 'number',
    deletions: 'number',
    is_fix: 'boolean',
    is_revert: 'boolean',
  });
  expect(EVENT_TYPES['file_edited']?.payload).toMatchObject({ is_fix: 'boolean', is_revert: 'boolean' });
  expect(EVENT_TYPES['pr_merged']?.payload).toMatchObject({ branch_age_days: 'number', commits: 'number' });
});

test('every word of the derived event types is listed', () => {
  const derived = [
    ...['activity', 'flow', 'collaboration', 'agent_synergy'].flatMap((dimension) =>
      ['risk', 'opportunity', 'informational'].map((type) => `ubi.${dimension}.${type}`),
    ),
    ...['pass', 'warn', 'soft_block', 'hard_block'].map((status) => `detection.${status}`),
    ...['started', 'succeeded', 'failed', 'rolled_back'].map((status) => `release.${status}`),
    ...['open', 'mitigated', 'resolved', 'acknowledged', 'snoozed', 'unsnoozed'].map((status) => `incident.${status}`),
    ...['pre-commit', 'pre-merge', 'pre-deploy', 'post-deploy'].map((point) => `trigger.${point}`),
  ];
  const listed = Object.entries(EVENT_TYPES).filter(([, type]) => type.source !== 'pm3');
  expect(listed.map(([name]) => name).sort()).toEqual(derived.sort());
});

test('the keys of a source are joined with those of the type', () => {
  const [spec] = parseEventTypes('s: { common: { a: string }, types: { t: { about: T, payload: { b: number } } } }');
  expect(spec).toEqual({ name: 't', source: 's', about: 'T', payload: { a: 'string', b: 'number' } });
});

test('all faults are reported together', () => {
  const text = 's: { common: { a: text }, types: { T: { about: T, payload: {} }, u: { payload: {} } } }';
  expect(() => parseEventTypes(text)).toThrow(
    'schemas/event-types.yaml:\n  s.common.a: string, number or boolean, found "text"\n' +
      '  s.T: event types are lower case\n  s.u.about: needs a text',
  );
});
