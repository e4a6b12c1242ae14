import type { RunProgress } from '../run/progress.ts';

export type PlanState = 'planned' | 'approved' | 'running' | 'failed' | 'done';

export interface StoredPlan {
  readonly tenantId: string;
  readonly planId: string;
  /** See plan-document.ts. */
  readonly document: string;
  readonly digest: string;
  readonly plannedBy: string;
  readonly plannedAtMs: number;
  readonly approvedBy: string | null;
  readonly approvedAtMs: number | null;
  /** `sig-ed25519:<kid>:<base64>`. */
  readonly approval: string | null;
  readonly state: PlanState;
  readonly runner: string | null;
  /** The account that gave the command. */
  readonly runBy: string | null;
  readonly startedAtMs: number | null;
  readonly finishedAtMs: number | null;
  readonly progress: RunProgress;
  readonly failure: string | null;
  /** JSON text. */
  readonly report: string | null;
  readonly receiptId: string | null;
  /** Signed, as exact text. */
  readonly receipt: string | null;
}

export type NewPlan = Pick<StoredPlan, 'tenantId' | 'planId' | 'document' | 'digest' | 'plannedBy' | 'plannedAtMs'>;

/** Plans of one tenant at a time (G7). Each change leaves a line in mmm_audit in the same transaction. Throws DATABASE_UNAVAILABLE. */
export interface PlanStore {
  /** The store's clock, so that two machines agree on what is 24 hours old. Ms. */
  now(): Promise<number>;
  insert(plan: NewPlan): Promise<void>;
  find(tenantId: string, planId: string): Promise<StoredPlan | null>;
  /** Newest first. */
  list(tenantId: string, limit: number): Promise<readonly StoredPlan[]>;
  /** False: it was approved, or run, before. */
  approve(
    tenantId: string,
    planId: string,
    approved: { readonly by: string; readonly atMs: number; readonly approval: string },
  ): Promise<boolean>;
  /** From now on only `runner` can note anything: another process that was running it is shut out. False: it is done, or not approved. */
  start(
    tenantId: string,
    planId: string,
    run: { readonly runner: string; readonly by: string; readonly atMs: number },
  ): Promise<boolean>;
  /** False, here and below: another runner has taken over. */
  note(tenantId: string, planId: string, runner: string, progress: RunProgress): Promise<boolean>;
  /** Keeps the first that is given; answers what is kept, null when another runner has taken over. */
  keepReceipt(
    tenantId: string,
    planId: string,
    runner: string,
    made: { readonly report: string; readonly receiptId: string; readonly receipt: string },
  ): Promise<{ readonly report: string; readonly receipt: string } | null>;
  finish(tenantId: string, planId: string, runner: string, atMs: number): Promise<boolean>;
  fail(tenantId: string, planId: string, runner: string, failure: string): Promise<boolean>;
}
