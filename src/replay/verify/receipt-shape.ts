import type { MmmReceipt } from '../../generated/records.ts';

type Members = Readonly<Record<string, unknown>>;

const membersOf = (value: unknown): Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : {};

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** What verification reads of a signed receipt, of either kind; '' where it is not there. */
export interface ReceiptFields {
  readonly receiptId: string;
  readonly kind: string;
  /** As the receipt says it: a digest where ERIS would refuse the text. */
  readonly tenant: string;
  readonly actorRef: string;
  readonly readDigest: string;
  readonly stateDigest: string;
  /** Of an outcome. */
  readonly stateChain: string;
  readonly traceDigest: string;
  readonly snapshotHash: string;
  readonly decisionId: string;
  readonly policyVersionIds: readonly string[];
  readonly atMs: number;
  readonly monotonicMs: unknown;
}

export const receiptFieldsOf = (receipt: MmmReceipt | Members): ReceiptFields => {
  const all = receipt as Members;
  const [inputs, result] = [membersOf(all['inputs']), membersOf(all['result'])];
  const names = all['policy_version_ids'];
  return {
    receiptId: textOf(all['receipt_id']),
    kind: textOf(inputs['kind']),
    tenant: textOf(inputs['tenant_id']),
    actorRef: textOf(inputs['actor_ref']),
    readDigest: textOf(inputs['read_digest']),
    stateDigest: textOf(inputs['state_digest']),
    stateChain: textOf(inputs['state_chain']),
    traceDigest: textOf(result['trace_digest']),
    snapshotHash: textOf(all['snapshot_hash']),
    decisionId: textOf(result['decision_id']),
    policyVersionIds: Array.isArray(names) ? names.map(textOf) : [],
    atMs: Date.parse(textOf(all['timestamp_utc'])),
    monotonicMs: all['timestamp_monotonic_ms'],
  };
};
