import { expect, test } from '@jest/globals';
import { reentrySignal } from '../../../src/domain/decision/reentry.ts';
import { recentSignalOf } from '../../../src/domain/playbook/recent.ts';
import { aSignal, ids, NOON } from './given.ts';

const deferral = {
  tenantId: 'acme',
  actorId: 'dev1',
  decisionId: 'd',
  actionId: 'a',
  attempt: 2,
  dueAtMs: NOON,
  signal: aSignal({ trace_parent: 'trace' }),
};

test('a re-entry has its id from kind, decision, action and attempt, and its due time as its own (interface 3, design 3.6)', () => {
  const signal = reentrySignal(ids, deferral);
  expect(signal).toMatchObject({
    signal_id: ids.uuid5('signal', '["mmm.deferral_due","d","a",2]'),
    source: 'mmm',
    event_type: 'mmm.deferral_due',
    occurred_at: new Date(NOON).toISOString(),
    trace_parent: 'trace',
    payload: { decision_id: 'd', action_id: 'a', attempt: 2 },
  });
  expect(reentrySignal(ids, { ...deferral })).toEqual(signal);
  expect(recentSignalOf(signal)).toBeNull();
});
