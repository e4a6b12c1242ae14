import type { MmmReceipt, MmmSignalInput } from '../../generated/records.ts';
import type { PlannedCandidate } from '../decision/planned.ts';
import type { Assignment } from '../experiment/experiment.ts';
import type { IdPort } from '../ids.ts';
import { EVALUATION_POINTS, type EvaluationPoint } from '../vocabulary.ts';
import { canonicalJson, type JsonValue } from './canonical-json.ts';
import { receiptText } from './metadata-rules.ts';
import type { DecisionReceiptFacts } from './receipt-facts.ts';

export const RECEIPT_GATE_ID = 'mmm';
export const RECEIPT_SCHEMA_VERSION = '1.0.0';

export type UnsignedReceipt = Omit<MmmReceipt, 'signature'>;

const PRE_COMMIT = /^(commit_|file_)/;
const PRE_MERGE = /^(pr_|test_|build_|gate_)/;

/** Design 3.8: the signal's own point; else by what kind of event it is (D-49: never one constant for all). */
export const evaluationPointOf = (signal: Pick<MmmSignalInput, 'evaluation_point' | 'event_type'>): EvaluationPoint => {
  const own = EVALUATION_POINTS.find((point) => point === signal.evaluation_point);
  if (own !== undefined) return own;
  if (PRE_COMMIT.test(signal.event_type)) return 'pre-commit';
  if (PRE_MERGE.test(signal.event_type)) return 'pre-merge';
  return signal.event_type === 'release.started' ? 'pre-deploy' : 'post-deploy';
};

/** `sha256:` + hex over the canonical JSON: the one form of digest in everything we emit. */
export const digestOf = (ids: IdPort, value: unknown): string => `sha256:${ids.sha256(canonicalJson(value))}`;

/** A code may hold the name that a tenant gave a rule of its own (`inhibited:<name>`), which may be a word that ERIS refuses. */
const countsByReason = (
  candidates: readonly PlannedCandidate[],
  safe: (text: string) => string,
): Record<string, number> => {
  const counts = new Map<string, number>();
  for (const { disposition, reasonCode } of candidates) {
    const key = `${disposition}:${safe(reasonCode)}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
};

/**
 * Arm and propensity in every receipt (design 3.8). Draws of different experiments are independent, so of several the propensities multiply to that of the
 * combination. No digest of the unit: it would let whoever knows a name find it, also after erasure.
 */
const experimentOf = (assignments: readonly Assignment[], safe: (text: string) => string): JsonValue =>
  assignments.length === 0
    ? { arm: 'none', propensity: 1 }
    : {
        arm: assignments.map(({ experimentId, arm }) => `${safe(experimentId)}/${safe(arm)}`).join(' '),
        assignments: assignments.map(({ arm, experimentId, propensity, unit }) => ({
          arm: safe(arm),
          experiment: safe(experimentId),
          propensity,
          unit,
        })),
        propensity: assignments.reduce((product, { propensity }) => product * propensity, 1),
      };

/**
 * The receipt of a decision in ERIS's own nested shape (C-1, D-44), unsigned. What ERIS would drop at the top level is in `inputs` and `result`,
 * from the first receipt on, because it can never be added to old ones. Text that somebody else chose goes through `receiptText`.
 * Members are named in canonical order, which spares `canonicalJson` the sorting.
 */
export const buildDecisionReceipt = (facts: DecisionReceiptFacts, ids: IdPort): UnsignedReceipt => {
  const { signal, plan, rules } = facts;
  const safe = (text: string): string => receiptText(text, ids.sha256);
  const decidedAt = new Date(facts.decidedAtMs).toISOString();
  const playbooks = [...new Set(plan.candidates.map((c) => safe(`${c.playbookId}@${c.playbookVersion}`)))].sort();
  const sent = plan.actions.length;
  return {
    actor: { repo_id: signal.repo_id === null ? 'none' : safe(signal.repo_id), type: signal.actor_type },
    decision: {
      badges: [...new Set(plan.actions.map((action) => action.type as string))].sort(),
      rationale: `${sent} sent, ${plan.candidates.length - sent} held back`,
      status: sent > 0 ? 'warn' : 'pass',
    },
    degraded: plan.degraded !== undefined,
    evaluation_point: evaluationPointOf(signal),
    evidence_handles: [],
    gate_id: RECEIPT_GATE_ID,
    inputs: {
      actor_ref: facts.actorRef,
      event_type: safe(signal.event_type),
      experiment: experimentOf(plan.assignments ?? [], safe),
      kind: 'decision',
      occurred_at: signal.occurred_at,
      origin: {
        offset: signal.origin.offset,
        partition: signal.origin.partition,
        topic: safe(signal.origin.topic),
      },
      playbooks,
      policy_snapshot_id: safe(rules.policySnapshotId),
      policy_stale: false,
      read_digest: facts.readDigest,
      severity: signal.severity,
      signal_id: signal.signal_id,
      source: signal.source,
      state_digest: facts.stateDigest,
      tenant_id: safe(signal.tenant_id),
    },
    policy_version_ids: rules.policyVersionIds.map(safe),
    receipt_id: facts.receiptId,
    result: {
      actions: plan.actions.map((action) => ({
        action_id: action.actionId,
        dual_channel_required: action.dualChannelRequired,
        payload_hash: action.payloadHash,
        playbook: safe(`${action.playbookId}@${action.playbookVersion}`),
        requires_consent: action.requiresConsent,
        surfaces: [...action.surfaces],
        type: action.type,
      })),
      candidates: countsByReason(plan.candidates, safe),
      decision_id: facts.decisionId,
      degraded_reasons: [...(plan.degraded ?? [])],
      // No model text in this release, so nothing was flagged; what is sent has passed the safety gate.
      model_used: false,
      risk_flags: [],
      risk_score: 0,
      safety_checks_passed: true,
      trace_digest: facts.traceDigest,
    },
    schema_version: RECEIPT_SCHEMA_VERSION,
    snapshot_hash: rules.snapshotHash,
    timestamp_monotonic_ms: facts.decidedAtMonotonicMs,
    timestamp_utc: decidedAt,
  };
};
