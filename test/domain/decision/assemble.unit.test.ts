import { describe, expect, test } from '@jest/globals';
import { assemble, type AssembledDecision } from '../../../src/domain/decision/assemble.ts';
import { plan } from '../../../src/domain/decision/plan.ts';
import { traceOf } from '../../../src/domain/decision/trace.ts';
import { decisionIdOf } from '../../../src/domain/ids.ts';
import { canonicalJson } from '../../../src/domain/receipt/canonical-json.ts';
import { aMentor, aMultiplier, anAction, aPlaybook, DAY, type Given, ids, inputOf, NOON } from './given.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const assembled = (given: Given): AssembledDecision => {
  const { signal, rules, ...input } = inputOf(given);
  const made = plan({ signal, rules, ...input });
  const decisionId = decisionIdOf(ids, signal.signal_id);
  return assemble({ signal, plan: made, rules: rules!, ids, decisionId, receiptId: 'receipt-1', decidedAtMs: NOON });
};
const both = [
  aPlaybook({ actions: [anAction({ surfaces: ['ide', 'ci'] }), aMentor(), aMultiplier()] }),
  aPlaybook({ id: 'other', met: () => ({ met: false, error: null }) }),
];

describe('the decision record', () => {
  const { decision } = assembled({ playbooks: both });

  test('names what was decided, by which rules, with every candidate', () => {
    expect(decision).toMatchObject({
      event_type: 'mmm.decision',
      timestamp_utc: '2026-05-06T12:00:00.000Z',
      decided_at: '2026-05-06T12:00:00.000Z',
      signal_id: 'signal-1',
      policy_snapshot_id: 'snapshot-1',
      policy_version_ids: ['other@3', 'policy:acme:1', 'tests-missing@3'],
      receipt_id: 'receipt-1',
      receipt_status: 'pending',
      latency_warning: false,
    });
    expect(decision.event_id).toMatch(UUID);
    expect(decision.candidates).toHaveLength(4);
    expect(decision.candidates.find(({ playbook_id }) => playbook_id === 'other')).toEqual({
      playbook_id: 'other',
      playbook_version: 3,
      action_type: 'mirror',
      disposition: 'suppressed',
      reason_code: 'condition_not_met',
      until: null,
      continues: null,
    });
  });

  test('lets only the allowed context out (R-107): no payload, no e-mail, roles from the profile', () => {
    expect(decision.context).toEqual({
      actor_id: 'dev1',
      actor_type: 'human',
      actor_roles: ['developer'],
      repo_id: 'org/app',
      branch: 'main',
      file_path: null,
      signal_id: 'signal-1',
      event_type: 'commit_pushed',
      severity: 'info',
    });
  });

  test('keeps rationale, evidence, offer and consent of each action (D-40)', () => {
    const [mirror, , multiplier] = decision.actions;
    expect(Object.keys(mirror!.payload)).toEqual(['ide', 'ci']);
    expect(mirror!.rationale.evidence_links.at(-1)).toMatchObject({
      type: 'receipt',
      href: '/v1/mmm/receipts/receipt-1',
    });
    expect(multiplier).toMatchObject({
      requires_consent: true,
      payload: { ide: { cta: { action_ref: 'add-test-skeleton' } } },
    });
  });
});

describe('the deliveries', () => {
  const { deliveries, decision } = assembled({ playbooks: both });

  test("are one per action and surface, each to its surface's topic", () => {
    expect(deliveries.map(({ topic, delivery }) => `${topic} ${delivery.action_type} ${delivery.variant}`)).toEqual(
      ['mmm.delivery.ide mirror card', 'mmm.delivery.ci mirror check-summary', 'mmm.delivery.ide mentor card'].concat(
        'mmm.delivery.ide multiplier card',
      ),
    );
    expect(new Set(deliveries.map(({ delivery }) => delivery.delivery_id)).size).toBe(4);
    expect(new Set(deliveries.map(({ delivery }) => delivery.action_id))).toEqual(
      new Set(decision.actions.map(({ action_id }) => action_id)),
    );
  });

  test('say what the card is about, why it came, how to turn it off and until when it stands', () => {
    expect(deliveries[0]!.delivery).toMatchObject({
      revision: 1,
      state: 'live',
      notify: true,
      subject: { kind: 'branch', repo_id: 'org/app', branch: 'main' },
      reason: 'tests-missing/3: commit_pushed: 1 in the last 7 days',
      expires_at: new Date(NOON + DAY).toISOString(),
      not_before: null,
      items: [],
    });
    expect(deliveries[0]!.delivery.opt_out_hint).not.toBe('');
    expect(deliveries[0]!.delivery.payload_hash).toBe(decision.actions[0]!.payload_hash);
  });

  test('of a later signal about the same thing are the same cards; about another thing, for another person, other ones', () => {
    const cards = (signal: Given['signal']): string[] =>
      assembled({ playbooks: both, signal: signal ?? {} }).deliveries.map(({ delivery }) => delivery.card_id);
    const first = cards({});
    expect(new Set(first).size).toBe(4);
    expect(cards({ signal_id: 'signal-2', commit: 'c0ffee' })).toEqual(first);
    for (const other of [{ branch: 'dev' }, { actor_id: 'dev2' }])
      for (const card of cards(other)) expect(first).not.toContain(card);
  });
});

test('ids and bytes are the same every time', () => {
  expect(JSON.stringify(assembled({ playbooks: both }))).toBe(JSON.stringify(assembled({ playbooks: both })));
});

test("the trace shows each gate's verdict with facts and what would flip it", () => {
  const trace = JSON.parse(JSON.stringify(traceOf(plan(inputOf({ at: Date.parse('2026-05-06T23:00:00Z') }))))) as {
    candidates: { verdicts: unknown[] }[];
  };
  expect(trace).toMatchObject({
    result: 'decided',
    candidates: [{ disposition: 'suppressed', reason_code: 'quiet_hours' }],
  });
  const until = Date.parse('2026-05-07T06:00:00Z');
  expect(trace.candidates[0]?.verdicts[9]).toEqual({
    gate: 'quiet_hours',
    pass: false,
    code: 'quiet_hours',
    facts: { until_ms: until },
    flip: { at_ms: until, change: null },
  });
  expect(trace.candidates[0]?.verdicts[0]).toEqual({ gate: 'eligible', pass: true });
});

test('the trace of a veto can be digested even when a number that is none caused it', () => {
  const made = plan(inputOf({ signal: { payload: { files_changed: 1, confidence: Number.NaN } } }));
  expect(canonicalJson(traceOf(made))).toContain('"facts":{"confidence":"NaN"}');
});
