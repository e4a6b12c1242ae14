import type { NewPlan, PlanState, PlanStore, StoredPlan } from '../../replay/plan/plan-store.ts';
import type { RunProgress } from '../../replay/run/progress.ts';
import type { Database, Queryable } from './database.ts';
import { databaseNow } from './operations.ts';

interface PlanRow {
  readonly tenant_id: string;
  readonly plan_id: string;
  readonly document: string;
  readonly digest: string;
  readonly planned_by: string;
  readonly planned_ms: string;
  readonly approved_by: string | null;
  readonly approved_ms: string | null;
  readonly approval: string | null;
  readonly state: PlanState;
  readonly runner: string | null;
  readonly run_by: string | null;
  readonly started_ms: string | null;
  readonly finished_ms: string | null;
  readonly progress: string;
  readonly failure: string | null;
  readonly report: string | null;
  readonly receipt_id: string | null;
  readonly receipt: string | null;
}

const msOf = (name: string): string => `(extract(epoch FROM ${name}_at) * 1000)::bigint AS ${name}_ms`;
const COLUMNS = `tenant_id, plan_id, document, digest, planned_by, ${msOf('planned')}, approved_by, ${msOf('approved')}, approval, state, runner, run_by,
  ${msOf('started')}, ${msOf('finished')}, progress, failure, report, receipt_id, receipt`;
const AT = (n: number): string => `to_timestamp($${n}::bigint / 1000.0)`;

const numberOf = (ms: string | null): number | null => (ms === null ? null : Number(ms));

const planOf = (row: PlanRow): StoredPlan => ({
  tenantId: row.tenant_id,
  planId: row.plan_id,
  document: row.document,
  digest: row.digest,
  plannedBy: row.planned_by,
  plannedAtMs: Number(row.planned_ms),
  approvedBy: row.approved_by,
  approvedAtMs: numberOf(row.approved_ms),
  approval: row.approval,
  state: row.state,
  runner: row.runner,
  runBy: row.run_by,
  startedAtMs: numberOf(row.started_ms),
  finishedAtMs: numberOf(row.finished_ms),
  progress: JSON.parse(row.progress) as RunProgress,
  failure: row.failure,
  report: row.report,
  receiptId: row.receipt_id,
  receipt: row.receipt,
});

/** Plans and their audit, as role mmm_api: a tenant at a time (G7). */
export class PostgresPlanStore implements PlanStore {
  readonly #api: Database;

  constructor(api: Database) {
    this.#api = api;
  }

  async now(): Promise<number> {
    return await databaseNow(this.#api);
  }

  async insert({ tenantId, planId, document, digest, plannedBy, plannedAtMs }: NewPlan): Promise<void> {
    await this.#as(tenantId, async (tx) => {
      await tx.query(
        `INSERT INTO mmm_replay_plans (tenant_id, plan_id, document, digest, planned_by, planned_at)
         VALUES ($1, $2, $3, $4, $5, ${AT(6)})`,
        [tenantId, planId, document, digest, plannedBy, plannedAtMs],
      );
      await audit(tx, { tenantId, who: plannedBy, what: 'replay_planned', planId, details: { digest } });
    });
  }

  async find(tenantId: string, planId: string): Promise<StoredPlan | null> {
    const [row] = await this.#as(
      tenantId,
      async (tx) =>
        await tx.query<PlanRow>(`SELECT ${COLUMNS} FROM mmm_replay_plans WHERE tenant_id = $1 AND plan_id = $2`, [
          tenantId,
          planId,
        ]),
    );
    return row === undefined ? null : planOf(row);
  }

  async list(tenantId: string, limit: number): Promise<readonly StoredPlan[]> {
    const rows = await this.#as(
      tenantId,
      async (tx) =>
        await tx.query<PlanRow>(
          `SELECT ${COLUMNS} FROM mmm_replay_plans WHERE tenant_id = $1 ORDER BY planned_at DESC, plan_id LIMIT $2`,
          [tenantId, limit],
        ),
    );
    return rows.map(planOf);
  }

  async approve(
    tenantId: string,
    planId: string,
    { by, atMs, approval }: { readonly by: string; readonly atMs: number; readonly approval: string },
  ): Promise<boolean> {
    return await this.#change(
      tenantId,
      planId,
      `approved_by = $3, approved_at = ${AT(4)}, approval = $5, state = 'approved' WHERE state = 'planned'`,
      [by, atMs, approval],
      { who: by, what: 'replay_approved', details: { approval } },
    );
  }

  async start(
    tenantId: string,
    planId: string,
    { runner, by, atMs }: { readonly runner: string; readonly by: string; readonly atMs: number },
  ): Promise<boolean> {
    return await this.#change(
      tenantId,
      planId,
      `runner = $3, run_by = $4, started_at = coalesce(started_at, ${AT(5)}), failure = NULL, state = 'running'
        WHERE state IN ('approved', 'running', 'failed')`,
      [runner, by, atMs],
      { who: by, what: 'replay_run_started', details: {} },
    );
  }

  async note(tenantId: string, planId: string, runner: string, progress: RunProgress): Promise<boolean> {
    return await this.#change(
      tenantId,
      planId,
      `progress = $4 WHERE runner = $3 AND state = 'running'`,
      [runner, JSON.stringify(progress)],
      null,
    );
  }

  async keepReceipt(
    tenantId: string,
    planId: string,
    runner: string,
    { report, receiptId, receipt }: { readonly report: string; readonly receiptId: string; readonly receipt: string },
  ): Promise<{ readonly report: string; readonly receipt: string } | null> {
    const [row] = await this.#as(
      tenantId,
      async (tx) =>
        await tx.query<{ report: string; receipt: string }>(
          `UPDATE mmm_replay_plans
              SET report = coalesce(report, $4), receipt_id = coalesce(receipt_id, $5), receipt = coalesce(receipt, $6)
            WHERE tenant_id = $1 AND plan_id = $2 AND runner = $3 AND state = 'running' RETURNING report, receipt`,
          [tenantId, planId, runner, report, receiptId, receipt],
        ),
    );
    return row ?? null;
  }

  async finish(tenantId: string, planId: string, runner: string, atMs: number): Promise<boolean> {
    return await this.#change(
      tenantId,
      planId,
      `state = 'done', finished_at = ${AT(4)} WHERE runner = $3 AND state = 'running'`,
      [runner, atMs],
      { who: null, what: 'replay_run_finished', details: {} },
    );
  }

  async fail(tenantId: string, planId: string, runner: string, failure: string): Promise<boolean> {
    return await this.#change(
      tenantId,
      planId,
      `state = 'failed', failure = $4 WHERE runner = $3 AND state = 'running'`,
      [runner, failure],
      { who: null, what: 'replay_run_failed', details: { failure } },
    );
  }

  /** `who` null: the account that runs it. Every line names both people. */
  async #change(
    tenantId: string,
    planId: string,
    set: string,
    values: readonly unknown[],
    line: { readonly who: string | null; readonly what: string; readonly details: object } | null,
  ): Promise<boolean> {
    return await this.#as(tenantId, async (tx) => {
      const [row] = await tx.query<
        Pick<PlanRow, 'planned_by' | 'approved_by' | 'run_by' | 'digest' | 'progress' | 'receipt_id'>
      >(
        `UPDATE mmm_replay_plans SET ${set} AND tenant_id = $1 AND plan_id = $2
         RETURNING planned_by, approved_by, run_by, digest, progress, receipt_id`,
        [tenantId, planId, ...values],
      );
      if (row === undefined) return false;
      if (line === null) return true;
      const { settled } = JSON.parse(row.progress) as RunProgress;
      const people = { planned_by: row.planned_by, approved_by: row.approved_by };
      const details = { ...line.details, ...people, digest: row.digest, settled, receipt_id: row.receipt_id };
      await audit(tx, { ...{ tenantId, planId, what: line.what, details }, who: line.who ?? row.run_by ?? '' });
      return true;
    });
  }

  async #as<T>(tenantId: string, work: (tx: Queryable) => Promise<T>): Promise<T> {
    return await this.#api.transaction(async (tx) => {
      await tx.query(`SELECT set_config('mmm.tenant', $1, true)`, [tenantId]);
      return await work(tx);
    });
  }
}

const audit = async (
  tx: Queryable,
  line: {
    readonly tenantId: string;
    readonly who: string;
    readonly what: string;
    readonly planId: string;
    readonly details: object;
  },
): Promise<void> => {
  await tx.query('INSERT INTO mmm_audit (tenant_id, who, what, subject, details) VALUES ($1, $2, $3, $4, $5::jsonb)', [
    ...[line.tenantId, line.who, line.what, `replay ${line.planId}`],
    JSON.stringify(line.details),
  ]);
};
