import type { Caller } from '../../admin/ports/caller.ts';
import type { IdPort } from '../../domain/ids.ts';
import { canonicalJson } from '../../domain/receipt/canonical-json.ts';
import { parseSignature } from '../../domain/receipt/signature.ts';
import { MmmError } from '../../errors.ts';
import { PLAN_VALID_MS, planDigest, type PlanDocument, planFrom } from './plan-document.ts';
import type { StoredPlan } from './plan-store.ts';

export interface ApprovalTrust {
  /** PEM SPKI of this kid; undefined when nobody vouches for it. */
  publicKeyOf(kid: string): string | undefined;
  verify(publicKeyPem: string, bytes: Uint8Array, signatureBase64: string): boolean;
}

const ROLE = 'mmm_admin';

/** Throws FORBIDDEN: only an operator of the engine plans and approves. */
export const assertAdmin = (caller: Caller): void => {
  if (caller.roles.includes(ROLE)) return;
  throw new MmmError('FORBIDDEN', `the token of ${caller.subject} does not have the role ${ROLE}`, {
    details: { role: ROLE },
  });
};

/**
 * The stored document, if it is the one that was digested: the columns beside it are for finding plans, what counts is in the digest.
 * Throws REPLAY_ALTERED.
 */
export const documentOf = (ids: Pick<IdPort, 'sha256'>, plan: StoredPlan): PlanDocument => {
  const document = planDigest(ids, plan.document) === plan.digest ? planFrom(plan.document) : null;
  if (
    document?.planId === plan.planId &&
    document.tenantId === plan.tenantId &&
    document.plannedBy === plan.plannedBy
  ) {
    return document;
  }
  throw new MmmError('REPLAY_ALTERED', `the stored plan ${plan.planId} is not the one that its digest was made of`);
};

export const validUntilMs = ({ plannedAtMs }: Pick<PlanDocument, 'plannedAtMs'>): number => plannedAtMs + PLAN_VALID_MS;

const assertFresh = (document: PlanDocument, nowMs: number): void => {
  const until = validUntilMs(document);
  if (nowMs < until) return;
  throw new MmmError('REPLAY_EXPIRED', `plan ${document.planId} was valid until ${new Date(until).toISOString()}`);
};

export interface ApprovalFacts {
  readonly planId: string;
  readonly tenantId: string;
  readonly digest: string;
  readonly plannedBy: string;
  readonly approvedBy: string;
  readonly approvedAtMs: number;
}

/** What the second person signs: the digest, and who agreed with whom and when, so that no part can be exchanged later. */
export const approvalText = (facts: ApprovalFacts): string =>
  canonicalJson({ ...facts, kind: 'mmm.replay.approval/1' });

/**
 * Whether this caller may approve: an operator, of the plan's tenant, and not the one who planned it.
 * Throws FORBIDDEN, REPLAY_SAME_PERSON, REPLAY_ALTERED, REPLAY_EXPIRED, CONFLICT.
 */
export const assertMayApprove = (
  ids: Pick<IdPort, 'sha256'>,
  plan: StoredPlan,
  caller: Caller,
  nowMs: number,
): PlanDocument => {
  assertAdmin(caller);
  const document = documentOf(ids, plan);
  if (caller.subject === document.plannedBy) {
    throw new MmmError(
      'REPLAY_SAME_PERSON',
      `plan ${plan.planId} was made by ${document.plannedBy}: somebody else has to approve it`,
    );
  }
  if (plan.state !== 'planned')
    throw new MmmError('CONFLICT', `plan ${plan.planId} was approved by ${plan.approvedBy ?? 'somebody'} before`);
  assertFresh(document, nowMs);
  return document;
};

/**
 * Whether the plan may run now: approved by somebody else, the approval genuine, not too old. What the plan stands on is looked at afterwards.
 * Throws REPLAY_ALTERED, REPLAY_NOT_APPROVED, REPLAY_SAME_PERSON, REPLAY_EXPIRED.
 */
export const assertMayRun = (
  ids: Pick<IdPort, 'sha256'>,
  plan: StoredPlan,
  trust: ApprovalTrust,
  nowMs: number,
): PlanDocument => {
  const document = documentOf(ids, plan);
  const { planId, tenantId, digest, approvedBy, approvedAtMs, approval } = plan;
  if (approvedBy === null || approvedAtMs === null || approval === null)
    throw new MmmError('REPLAY_NOT_APPROVED', `nobody has approved plan ${planId} yet`);
  if (approvedBy === document.plannedBy)
    throw new MmmError('REPLAY_SAME_PERSON', `plan ${planId} is planned and approved by ${approvedBy} alone`);
  const signature = parseSignature(approval);
  const key = signature === null ? undefined : trust.publicKeyOf(signature.kid);
  const text = approvalText({ planId, tenantId, digest, plannedBy: document.plannedBy, approvedBy, approvedAtMs });
  if (signature === null || key === undefined || !trust.verify(key, Buffer.from(text, 'utf8'), signature.base64))
    throw new MmmError('REPLAY_ALTERED', `the approval of plan ${planId} is not signed by this installation's key`);
  assertFresh(document, nowMs);
  return document;
};
