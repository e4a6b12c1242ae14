import { type ReceiptTrust, RECEIPT_FAULTS, verifyReceipt } from '../../admin/queries/verify-receipt.ts';
import type { MmmReceipt } from '../../generated/records.ts';
import type { OutboxLine } from './receipt-evidence.ts';
import { firstFieldDifference } from './receipt-fields.ts';
import { type ReceiptFields, receiptFieldsOf } from './receipt-shape.ts';
import { failed, type NotRecomputed, signatureOnly, type Verdict } from './verdict.ts';
import { type VerifyDeps, verifyDecision } from './verify-decision.ts';
import { verifyOutcome } from './verify-outcome.ts';

export interface GivenReceipt {
  /** `line 3`, or `0:17` in a topic. */
  readonly at: string;
  readonly bytes: Uint8Array;
}

export interface JudgedReceipt {
  readonly at: string;
  readonly receiptId: string | null;
  readonly kid: string | null;
  /** `decision`, `outcome`, ...; null when it can not be read. */
  readonly kind: string | null;
  /** Code of the signature's fault. */
  readonly fault: string | null;
  readonly verdict: Verdict;
}

export interface ReceiptFilter {
  readonly tenantId: string | null;
  /** `timestamp_utc` at or after. */
  readonly sinceMs: number | null;
}

export interface VerifyReceiptsDeps {
  readonly trust: ReceiptTrust;
  /** Null: signatures only. */
  readonly reexecute: VerifyDeps | null;
  /** Why not. */
  readonly why: NotRecomputed;
  readonly sha256: (text: string) => string;
  readonly filter: ReceiptFilter;
}

const parsed = (bytes: Uint8Array): MmmReceipt | null => {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as MmmReceipt) : null;
  } catch {
    return null;
  }
};

/** What can not be read, or names neither tenant nor time, is judged whatever was asked for: nobody may hide a receipt by damaging it. */
const isAskedFor = ({ filter, sha256 }: VerifyReceiptsDeps, fields: ReceiptFields | null): boolean => {
  if (fields === null) return true;
  const { tenantId, sinceMs } = filter;
  const isTenants = tenantId === null || [tenantId, `sha256:${sha256(tenantId)}`, ''].includes(fields.tenant);
  return isTenants && (sinceMs === null || !(fields.atMs < sinceMs));
};

/** Judges some receipts: the signature of each, and, with a database, the decision made again. What the filter leaves out is not in the answer. */
export const verifyReceipts = async (
  deps: VerifyReceiptsDeps,
  given: readonly GivenReceipt[],
): Promise<readonly JudgedReceipt[]> => {
  const asked = given
    .map((one) => ({ ...one, receipt: parsed(one.bytes) }))
    .map((one) => ({ ...one, fields: one.receipt === null ? null : receiptFieldsOf(one.receipt) }))
    .filter(({ fields }) => isAskedFor(deps, fields));
  const decisionIds = asked.flatMap(({ fields }) => (fields?.kind === 'decision' ? [fields.decisionId] : []));
  const outbox: ReadonlyMap<string, readonly OutboxLine[]> =
    (await deps.reexecute?.evidence.outbox(decisionIds)) ?? new Map<string, readonly OutboxLine[]>();
  const judged: JudgedReceipt[] = [];
  for (const { at, bytes, receipt, fields } of asked) {
    const { receiptId, kid, fault } = verifyReceipt(bytes, deps.trust);
    const common = { at, receiptId, kid, kind: fields?.kind ?? null, fault };
    if (fault !== null || receipt === null || fields === null) {
      const meaning = fault === null ? 'it is no receipt' : RECEIPT_FAULTS[fault];
      judged.push({ ...common, verdict: await unsigned(deps, receipt, fields, meaning) });
    } else if (deps.reexecute === null) judged.push({ ...common, verdict: signatureOnly(deps.why) });
    else {
      const tenantId = await deps.reexecute.evidence.tenantOf(fields.tenant);
      const signed = {
        bytes,
        receipt,
        tenantId: tenantId ?? fields.tenant,
        outbox: outbox.get(fields.decisionId) ?? [],
      };
      judged.push({ ...common, verdict: await ofKind(deps, deps.reexecute, fields.kind, signed) });
    }
  }
  return judged;
};

const ofKind = async (
  { trust }: VerifyReceiptsDeps,
  reexecute: VerifyDeps,
  kind: string,
  signed: Parameters<typeof verifyDecision>[1],
): Promise<Verdict> => {
  if (kind === 'decision') return await verifyDecision(reexecute, signed);
  const isSigned = (receipt: string): boolean => verifyReceipt(Buffer.from(receipt, 'utf8'), trust).fault === null;
  if (kind === 'outcome') return await verifyOutcome({ ...reexecute, isSigned }, signed);
  return signatureOnly('other_kind', `nothing is recomputed for a receipt of kind ${kind === '' ? '(none)' : kind}`);
};

/** The signature does not hold; the copy of the same receipt that is stored, if its own holds, tells which field is not as signed. */
const unsigned = async (
  { trust, reexecute }: VerifyReceiptsDeps,
  receipt: MmmReceipt | null,
  fields: ReceiptFields | null,
  meaning: string,
): Promise<Verdict> => {
  const signature = failed({ what: 'signature', expected: null, found: null, meaning });
  if (reexecute === null || receipt === null || fields === null || fields.receiptId === '') return signature;
  const tenantId = await reexecute.evidence.tenantOf(fields.tenant);
  if (tenantId === null) return signature;
  const stored =
    (await reexecute.evidence.decision(tenantId, fields.receiptId)) ??
    (await reexecute.evidence.outcome(tenantId, fields.receiptId));
  if (stored === null || verifyReceipt(Buffer.from(stored.receipt, 'utf8'), trust).fault !== null) return signature;
  const difference = firstFieldDifference(JSON.parse(stored.receipt), receipt);
  if (difference === null || difference.path === 'signature') return signature;
  const { path, expected, found } = difference;
  return failed({
    ...{ expected, found },
    what: `receipt field ${path}`,
    meaning: `${meaning}; the stored copy, whose signature holds, has it otherwise`,
  });
};
