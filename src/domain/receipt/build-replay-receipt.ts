import { RECEIPT_GATE_ID, RECEIPT_SCHEMA_VERSION, type UnsignedReceipt } from './build-receipt.ts';
import type { JsonValue } from './canonical-json.ts';
import { receiptText } from './metadata-rules.ts';

export interface ReplayReceiptFacts {
  readonly receiptId: string;
  readonly planId: string;
  readonly tenantId: string;
  readonly mode: string;
  /** `sha256:` + hex of the plan that was agreed on. */
  readonly planDigest: string;
  readonly plannedBy: string;
  readonly plannedAtMs: number;
  readonly approvedBy: string;
  readonly approvedAtMs: number;
  /** The approver's signature over the digest. */
  readonly approval: string;
  readonly runBy: string;
  readonly finishedAtMs: number;
  readonly monotonicMs: number;
  readonly selected: number;
  readonly items: number;
  readonly sent: number;
  readonly dropped: Readonly<Record<string, number>>;
}

/**
 * The receipt of a replay's run in ERIS's own nested shape (D-44), unsigned: what was agreed, by which two people, and what came of it. Names go through
 * `receiptText`: an e-mail address stands as its digest.
 */
export const buildReplayReceipt = (
  facts: ReplayReceiptFacts,
  ids: { sha256: (text: string) => string },
): UnsignedReceipt => {
  const safe = (text: string): string => receiptText(text, ids.sha256);
  const iso = (ms: number): string => new Date(ms).toISOString();
  const dropped: Record<string, JsonValue> = {};
  for (const reason of Object.keys(facts.dropped).sort()) dropped[safe(reason)] = facts.dropped[reason] ?? 0;
  return {
    receipt_id: facts.receiptId,
    gate_id: RECEIPT_GATE_ID,
    schema_version: RECEIPT_SCHEMA_VERSION,
    policy_version_ids: [],
    snapshot_hash: facts.planDigest,
    timestamp_utc: iso(facts.finishedAtMs),
    timestamp_monotonic_ms: facts.monotonicMs,
    evaluation_point: 'post-deploy',
    inputs: {
      kind: 'replay',
      tenant_id: safe(facts.tenantId),
      plan_id: facts.planId,
      plan_digest: facts.planDigest,
      mode: facts.mode,
      planned_by: safe(facts.plannedBy),
      planned_at: iso(facts.plannedAtMs),
      approved_by: safe(facts.approvedBy),
      approved_at: iso(facts.approvedAtMs),
      approval: facts.approval,
      run_by: safe(facts.runBy),
    },
    decision: {
      status: 'pass',
      rationale: `replay ${facts.mode}: ${facts.sent} of ${facts.items} sent`,
      badges: [facts.mode],
    },
    result: { selected: facts.selected, items: facts.items, sent: facts.sent, dropped },
    actor: { repo_id: 'none', type: 'human' },
    evidence_handles: [],
    degraded: false,
  };
};
