import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { uuidIds } from '../../../src/adapters/ids/uuid-ids.ts';
import { decisionIdOf, receiptIdOf } from '../../../src/domain/ids.ts';
import { emptyState } from '../../../src/domain/actor-state.ts';
import { plan } from '../../../src/domain/decision/plan.ts';
import type { Plan } from '../../../src/domain/decision/planned.ts';
import { buildDecisionReceipt, evaluationPointOf } from '../../../src/domain/receipt/build-receipt.ts';
import { canonicalJson } from '../../../src/domain/receipt/canonical-json.ts';
import { metadataFaults } from '../../../src/domain/receipt/metadata-rules.ts';
import { formatSignature, parseSignature } from '../../../src/domain/receipt/signature.ts';
import type { MmmSignalInput } from '../../../src/generated/records.ts';
import { compileJsonSchema } from '../../schemas/compile-json-schema.ts';
import { NOON_MS, NOTICE_PUSH, push, rulesWith } from '../../pipeline/harness.ts';

const nasty = fc.constantFrom(
  'org/repo',
  'org/secret-service',
  'a.b@example.org',
  'class Foo',
  'token',
  'export default',
  'api_key',
  'className',
  '123-45-6789',
  '<script>',
  '\u0000\u00e9',
  'x'.repeat(400),
);

const signals: fc.Arbitrary<MmmSignalInput> = fc
  .record({
    actor: nasty,
    repo: fc.option(nasty),
    branch: fc.option(nasty),
    file: fc.option(nasty),
    type: fc.constantFrom('commit_pushed', 'pr_opened', 'release.started', 'policy_violation'),
    point: fc.option(fc.constantFrom('pre-deploy', 'nonsense')),
    topic: nasty,
    id: fc.uuid(),
  })
  .map((r) =>
    push(`person ${r.actor}`, r.id, {
      repo_id: r.repo,
      branch: r.branch,
      file_path: r.file,
      event_type: r.type,
      evaluation_point: r.point,
      origin: { topic: r.topic, partition: 0, offset: '7' },
    }),
  );

const rules = rulesWith([
  { ...NOTICE_PUSH, id: 'token-rotation', triggers: [{ event_type: 'commit_pushed' }, { event_type: 'pr_opened' }] },
  { ...NOTICE_PUSH, id: 'plain', triggers: [{ event_type: 'release.started' }, { event_type: 'policy_violation' }] },
]);

const receiptFor = (signal: MmmSignalInput, change: Partial<Plan> = {}): ReturnType<typeof buildDecisionReceipt> => {
  const made = plan({
    signal,
    state: emptyState(null),
    rules,
    context: { incidentActive: false, freezeActive: false, onCall: false },
    decidedAtMs: NOON_MS,
    ids: uuidIds,
  });
  const decisionId = decisionIdOf(uuidIds, signal.signal_id);
  return buildDecisionReceipt(
    {
      receiptId: receiptIdOf(uuidIds, decisionId, 'decision'),
      decisionId,
      signal,
      plan: { ...made, ...change },
      rules,
      actorRef: uuidIds.sha256('ref'),
      decidedAtMs: NOON_MS,
      decidedAtMonotonicMs: 12,
      traceDigest: `sha256:${uuidIds.sha256('trace')}`,
      readDigest: `sha256:${uuidIds.sha256('read')}`,
      stateDigest: `sha256:${uuidIds.sha256('state')}`,
    },
    uuidIds,
  );
};

describe('decision receipt', () => {
  const fitsEris = compileJsonSchema('mmm.receipts-value');

  test('whatever a signal names, ERIS and the Edge Agent take the receipt (contracts 5.4, 6.1, 6.3)', () => {
    fc.assert(
      fc.property(signals, (signal) => {
        const unsigned = receiptFor(signal);
        const receipt = { ...unsigned, signature: formatSignature('mmm-engine', 'AAAA') };
        expect(fitsEris(receipt)).toBe(true);
        expect(metadataFaults(canonicalJson(unsigned))).toEqual([]);
        expect(canonicalJson(unsigned)).not.toContain(JSON.stringify(signal.actor_id));
      }),
    );
  });

  test('the shape is nested, never the flat one that ERIS refuses (D-44)', () => {
    const receipt = receiptFor(push('dev', 'one'));
    expect(Object.keys(receipt).sort()).toEqual(
      [
        'receipt_id',
        'gate_id',
        'schema_version',
        'policy_version_ids',
        'snapshot_hash',
        'timestamp_utc',
        'timestamp_monotonic_ms',
        'evaluation_point',
        'inputs',
        'decision',
        'result',
        'actor',
        'evidence_handles',
        'degraded',
      ].sort(),
    );
    expect(receipt.decision).toEqual({ status: 'warn', rationale: '1 sent, 0 held back', badges: ['mirror'] });
  });

  test('evidence is what was used, not made up (D-48): snapshot and versions are those of the rules', () => {
    const receipt = receiptFor(push('dev', 'one'));
    expect(receipt.snapshot_hash).toBe(rules.snapshotHash);
    expect(receipt.snapshot_hash).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(receipt.policy_version_ids).toContain('plain@1');
  });

  const assigned = (experimentId: string, arm: string, propensity: number) => ({
    experimentId,
    arm,
    propensity,
    unit: 'actor' as const,
    cluster: null,
  });

  test('arm and propensity are in every receipt; of several experiments those of the combination', () => {
    expect(receiptFor(push('dev', 'one')).inputs['experiment']).toEqual({ arm: 'none', propensity: 1 });
    const assignments = [assigned('e1', 'short', 0.5), assigned('e2', 'silence', 0.2)];
    expect(receiptFor(push('dev', 'one'), { assignments }).inputs['experiment']).toEqual({
      arm: 'e1/short e2/silence',
      propensity: 0.1,
      assignments: [
        { experiment: 'e1', arm: 'short', unit: 'actor', propensity: 0.5 },
        { experiment: 'e2', arm: 'silence', unit: 'actor', propensity: 0.2 },
      ],
    });
  });

  test('names that a tenant gave its experiments and inhibitions may be words that ERIS refuses', () => {
    const { candidates } = plan({
      signal: push('dev', 'one'),
      state: emptyState(null),
      rules: rulesWith([NOTICE_PUSH], { inhibitions: [{ name: 'token-week', when: 'true', mutes: ['normal'] }] }),
      context: { incidentActive: false, freezeActive: false, onCall: false },
      decidedAtMs: NOON_MS,
      ids: uuidIds,
    });
    expect(candidates.map(({ reasonCode }) => reasonCode)).toEqual(['inhibited:token-week']);
    const unsigned = receiptFor(push('dev', 'one'), {
      candidates,
      assignments: [assigned('secret-test', 'password', 0.5)],
    });
    expect(metadataFaults(canonicalJson(unsigned))).toEqual([]);
  });

  test('nothing sent is pass, never a warning, and the signal id is there (D-49)', () => {
    const receipt = receiptFor(push('dev', 'one', { event_type: 'commit_pushed', actor_type: 'human', payload: {} }));
    expect(receipt.decision.status).toBe('pass');
    expect(receipt.inputs).toMatchObject({ signal_id: push('dev', 'one').signal_id });
  });

  test.each([
    [{ evaluation_point: 'pre-deploy', event_type: 'commit_pushed' }, 'pre-deploy'],
    [{ evaluation_point: null, event_type: 'commit_pushed' }, 'pre-commit'],
    [{ evaluation_point: null, event_type: 'file_edited' }, 'pre-commit'],
    [{ evaluation_point: null, event_type: 'pr_opened' }, 'pre-merge'],
    [{ evaluation_point: null, event_type: 'test_failed' }, 'pre-merge'],
    [{ evaluation_point: 'nonsense', event_type: 'build_failed' }, 'pre-merge'],
    [{ evaluation_point: null, event_type: 'gate_evaluated' }, 'pre-merge'],
    [{ evaluation_point: null, event_type: 'release.started' }, 'pre-deploy'],
    [{ evaluation_point: null, event_type: 'release.failed' }, 'post-deploy'],
    [{ evaluation_point: null, event_type: 'incident.open' }, 'post-deploy'],
  ])('the evaluation point of %j is %s (D-49: not one constant)', (signal, point) => {
    expect(evaluationPointOf(signal)).toBe(point);
  });

  test('a signature has three parts and nothing else passes for one (D-45)', () => {
    expect(parseSignature('sig-ed25519:k:AAAA')).toEqual({ kid: 'k', base64: 'AAAA' });
    for (const text of ['mock-sig-abc', 'sig-ed25519:a:b:c', 'base64:PLACEHOLDER_SIGNATURE', ''])
      expect(parseSignature(text)).toBeNull();
  });
});
