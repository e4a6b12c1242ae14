import type { Caller } from '../../admin/ports/caller.ts';
import type { IdPort } from '../../domain/ids.ts';
import { formatSignature } from '../../domain/receipt/signature.ts';
import { MmmError } from '../../errors.ts';
import type { ReceiptSigner } from '../../pipeline/ports/signer.ts';
import { approvalText, assertAdmin, assertMayApprove, documentOf } from './approval.ts';
import { type Ground, planDigest, type PlanDocument, planText } from './plan-document.ts';
import type { PlanStore, StoredPlan } from './plan-store.ts';

export interface PlanDeps {
  readonly store: PlanStore;
  readonly ids: Pick<IdPort, 'sha256'>;
  readonly randomId: () => string;
  readonly ground: (document: Omit<PlanDocument, 'ground'>) => Promise<Ground>;
}

export type PlanRequest = Pick<PlanDocument, 'mode' | 'rules' | 'ratePerSecond' | 'selection'>;

export interface MadePlan {
  readonly document: PlanDocument;
  /** Null: there is nothing to do, and no plan was kept. */
  readonly digest: string | null;
}

/** `rp-` and twelve hex digits: short enough to be read out, and the tenant is always named beside it. */
const newPlanId = (randomId: () => string): string => `rp-${randomId().replaceAll('-', '').slice(0, 12)}`;

/** Counts what a replay would come to and keeps it as a plan. Sends nothing. Throws FORBIDDEN. */
export const makePlan = async (deps: PlanDeps, caller: Caller, request: PlanRequest): Promise<MadePlan> => {
  assertAdmin(caller);
  const { tenantId, subject: plannedBy } = caller;
  const draft = {
    ...request,
    tenantId,
    plannedBy,
    planId: newPlanId(deps.randomId),
    plannedAtMs: await deps.store.now(),
  };
  const document = { ...draft, ground: await deps.ground(draft) };
  if (document.ground.items === 0) return { document, digest: null };
  const text = planText(document);
  const digest = planDigest(deps.ids, text);
  const { planId, plannedAtMs } = document;
  await deps.store.insert({ ...{ tenantId, planId, document: text, digest, plannedBy, plannedAtMs } });
  return { document, digest };
};

export interface ApproveDeps {
  readonly store: PlanStore;
  readonly ids: Pick<IdPort, 'sha256'>;
  readonly signer: ReceiptSigner;
}

/** Reads a plan of the tenant. Throws RESOURCE_NOT_FOUND, REPLAY_ALTERED. */
export const readPlan = async (
  { store, ids }: Pick<ApproveDeps, 'store' | 'ids'>,
  tenantId: string,
  planId: string,
): Promise<{ readonly plan: StoredPlan; readonly document: PlanDocument }> => {
  const plan = await store.find(tenantId, planId);
  if (plan === null) throw new MmmError('RESOURCE_NOT_FOUND', `tenant ${tenantId} has no replay plan ${planId}`);
  return { plan, document: documentOf(ids, plan) };
};

/** The second person's yes: signs the digest. Throws RESOURCE_NOT_FOUND, FORBIDDEN, CONFLICT, REPLAY_*. */
export const approvePlan = async (deps: ApproveDeps, caller: Caller, planId: string): Promise<PlanDocument> => {
  assertAdmin(caller);
  const { tenantId, subject: approvedBy } = caller;
  const { plan } = await readPlan(deps, tenantId, planId);
  const approvedAtMs = await deps.store.now();
  const document = assertMayApprove(deps.ids, plan, caller, approvedAtMs);
  const { digest, plannedBy } = plan;
  const text = approvalText({ planId, tenantId, digest, plannedBy, approvedBy, approvedAtMs });
  const [signature] = await deps.signer.sign([text]);
  if (signature === undefined) throw new MmmError('INTERNAL_ERROR', 'the signer left the approval unsigned');
  const approval = formatSignature(deps.signer.kid, signature);
  if (!(await deps.store.approve(tenantId, planId, { by: approvedBy, atMs: approvedAtMs, approval })))
    throw new MmmError('CONFLICT', `plan ${planId} was approved by somebody else meanwhile`);
  return document;
};
