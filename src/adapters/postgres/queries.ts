import { and, desc, eq, gte, lt, sql } from 'drizzle-orm';
import type {
  DecisionFilter,
  DecisionOnFile,
  DecisionReader,
  ReceiptOnFile,
} from '../../admin/ports/decision-reader.ts';
import type { Database } from './database.ts';
import { decisions, outcomes } from './schema.ts';
import { asTenant } from './tenant-transaction.ts';

const decisionColumns = {
  decisionId: decisions.decisionId,
  actorId: decisions.actorId,
  decidedAt: decisions.decidedAt,
  body: decisions.body,
};

const onFile = (row: { decisionId: string; actorId: string; decidedAt: Date; body: string }): DecisionOnFile => ({
  decisionId: row.decisionId,
  actorId: row.actorId,
  decidedAtMs: row.decidedAt.getTime(),
  body: row.body,
});

const conditions = (tenantId: string, { actorId, fromMs, toMs, after }: DecisionFilter) =>
  and(
    eq(decisions.tenantId, tenantId),
    actorId === null ? undefined : eq(decisions.actorId, actorId),
    fromMs === null ? undefined : gte(decisions.decidedAt, new Date(fromMs)),
    toMs === null ? undefined : lt(decisions.decidedAt, new Date(toMs)),
    // A row comparison is one range of the index; two conditions with OR would read the list from its start for each page.
    after === null
      ? undefined
      : sql`(${decisions.decidedAt}, ${decisions.decisionId}) < (${new Date(after.decidedAtMs)}, ${after.decisionId})`,
  );

/** What HTTP reads, as role mmm_api: row level security holds the tenant even if a condition here were wrong (G7). */
export class PostgresDecisionReader implements DecisionReader {
  readonly #api: Database;

  constructor(api: Database) {
    this.#api = api;
  }

  async decisions(tenantId: string, filter: DecisionFilter): Promise<readonly DecisionOnFile[]> {
    const rows = await asTenant(this.#api, tenantId, async (tx) =>
      tx
        .select(decisionColumns)
        .from(decisions)
        .where(conditions(tenantId, filter))
        .orderBy(desc(decisions.decidedAt), desc(decisions.decisionId))
        .limit(filter.limit),
    );
    return rows.map(onFile);
  }

  async decision(tenantId: string, decisionId: string): Promise<DecisionOnFile | null> {
    const [row] = await asTenant(this.#api, tenantId, async (tx) =>
      tx
        .select(decisionColumns)
        .from(decisions)
        .where(and(eq(decisions.tenantId, tenantId), eq(decisions.decisionId, decisionId))),
    );
    return row === undefined ? null : onFile(row);
  }

  /** Of a decision, else of an outcome. */
  async receipt(tenantId: string, receiptId: string): Promise<ReceiptOnFile | null> {
    return await asTenant(this.#api, tenantId, async (tx) => {
      const [ofDecision] = await tx
        .select({ actorId: decisions.actorId, receipt: decisions.receipt })
        .from(decisions)
        .where(and(eq(decisions.tenantId, tenantId), eq(decisions.receiptId, receiptId)))
        .limit(1);
      if (ofDecision !== undefined) return { receiptId, ...ofDecision };
      const [ofOutcome] = await tx
        .select({ actorId: outcomes.actorId, receipt: outcomes.receipt })
        .from(outcomes)
        .where(and(eq(outcomes.tenantId, tenantId), eq(outcomes.receiptId, receiptId)))
        .limit(1);
      if (ofOutcome === undefined || ofOutcome.receipt === null) return null;
      return { receiptId, actorId: ofOutcome.actorId, receipt: ofOutcome.receipt };
    });
  }
}
