import type { MmmReceipt } from '../../generated/records.ts';
import type { OutcomeReport } from '../outcome.ts';
import { RECEIPT_GATE_ID, RECEIPT_SCHEMA_VERSION, type UnsignedReceipt } from './build-receipt.ts';
import type { JsonValue } from './canonical-json.ts';
import { receiptText } from './metadata-rules.ts';

export interface OutcomeReceiptFacts {
  readonly receiptId: string;
  readonly report: OutcomeReport;
  /** Receipt of the decision that sent the action: what was decided by is said once more, in the very words that were signed then. */
  readonly decided: MmmReceipt;
  readonly actorRef: string;
  readonly playbookId: string;
  readonly playbookVersion: number;
  readonly actionType: string;
  /** `sha256:` + hex of the actor state before this entry. */
  readonly stateDigest: string;
  /** Of the entry before this one: the journal can be held against it, also when the profile that is in the state's digest has changed. */
  readonly stateChain: string;
  readonly recordedAtMs: number;
  readonly recordedAtMonotonicMs: number;
}

/** A reason that is a word. A sentence may name people or quote code, and a receipt is for ever: it goes in as its digest. */
const WORD = /^[a-z][a-z0-9_-]{0,63}$/;

const reasonText = (reason: string | null, sha256: (text: string) => string): string | null => {
  if (reason === null) return null;
  return WORD.test(reason) ? receiptText(reason, sha256) : `sha256:${sha256(reason)}`;
};

const memberOf = (value: unknown, name: string): JsonValue =>
  typeof value === 'object' && value !== null && name in value
    ? ((value as Readonly<Record<string, JsonValue>>)[name] ?? null)
    : null;

const actionsIn = (decided: MmmReceipt): readonly JsonValue[] => {
  const actions = memberOf(decided.result, 'actions');
  return Array.isArray(actions) ? (actions as readonly JsonValue[]) : [];
};

/** The receipt of an outcome in ERIS's own nested shape (D-44), unsigned, with what ties it to its decision in `inputs` and `result`. */
export const buildOutcomeReceipt = (
  facts: OutcomeReceiptFacts,
  ids: { sha256: (text: string) => string },
): UnsignedReceipt => {
  const { report, decided } = facts;
  const safe = (text: string): string => receiptText(text, ids.sha256);
  return {
    receipt_id: facts.receiptId,
    gate_id: RECEIPT_GATE_ID,
    schema_version: RECEIPT_SCHEMA_VERSION,
    policy_version_ids: decided.policy_version_ids,
    snapshot_hash: decided.snapshot_hash,
    timestamp_utc: new Date(facts.recordedAtMs).toISOString(),
    timestamp_monotonic_ms: facts.recordedAtMonotonicMs,
    evaluation_point: decided.evaluation_point,
    inputs: {
      kind: 'outcome',
      tenant_id: safe(report.tenantId),
      actor_ref: facts.actorRef,
      signal_id: memberOf(decided.inputs, 'signal_id'),
      decision_id: report.decisionId,
      decision_receipt_id: decided.receipt_id,
      occurred_at: new Date(report.occurredAtMs).toISOString(),
      policy_snapshot_id: memberOf(decided.inputs, 'policy_snapshot_id'),
      playbooks: [safe(`${facts.playbookId}@${facts.playbookVersion}`)],
      state_digest: facts.stateDigest,
      state_chain: facts.stateChain,
      experiment: memberOf(decided.inputs, 'experiment'),
    },
    decision: { status: 'pass', rationale: `outcome: ${report.result}`, badges: [facts.actionType] },
    result: {
      decision_id: report.decisionId,
      outcome_id: safe(report.outcomeId),
      action_id: report.actionId,
      outcome: report.result,
      reason: reasonText(report.reason, ids.sha256),
      actions: actionsIn(decided).filter((action) => memberOf(action, 'action_id') === report.actionId),
      model_used: memberOf(decided.result, 'model_used'),
      risk_flags: memberOf(decided.result, 'risk_flags'),
      safety_checks_passed: memberOf(decided.result, 'safety_checks_passed'),
    },
    actor: decided.actor,
    evidence_handles: [],
    degraded: decided.degraded,
  };
};
