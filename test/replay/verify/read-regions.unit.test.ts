import { expect, test } from '@jest/globals';
import { regionsOf } from '../../../src/replay/verify/read-regions.ts';

const READ = {
  signal: { signal_id: 's', payload: { context: 'x', state_chain: 'y', profile: ',"profile":null', originals: 1 } },
  context: { incidentActive: false, freezeActive: false, onCall: false },
  state_chain: 'c',
  profile: null,
  snapshot_hash: 'h',
  policy_version_ids: ['p@1'],
  decided_at_ms: 1,
  decided_at_monotonic_ms: 2.5,
  rules_digests: 'd',
};
const text = JSON.stringify(READ);

test('every member comes back, though a payload has members of the same names', () => {
  expect(regionsOf(text)).toEqual({ ok: true, values: READ });
  const more = { ...READ, originals: { a: READ.signal }, original_contexts: { a: READ.context } };
  expect(regionsOf(JSON.stringify(more))).toEqual({ ok: true, values: more });
});

test.each([
  ['signal', '"s"', '"s'],
  ['context', 'false,"onCall"', 'galse,"onCall"'],
  ['context', '"context":{', '"context":z'],
  ['state_chain', '"state_chain":"c"', '"state_chaim":"c"'],
  ['profile', 'null,"snapshot_hash"', 'mull,"snapshot_hash"'],
  ['rules_digests', '"d"}', '"d"|'],
] as const)('text that is no JSON any more: the broken member is %s', (broken, from, to) => {
  expect(text).toContain(from);
  expect(regionsOf(text.replace(from, to))).toEqual({ ok: false, broken });
});
