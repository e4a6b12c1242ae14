import { addDecision, addFault, addResult, emptyTotals, type Totals } from '../../domain/conservation.ts';
import type { Database, Queryable } from './database.ts';
import { sqlFile } from './sql-file.ts';

/** A body is some 4 KB, and the server takes it apart: a statement stays far below its time limit. */
const DECISIONS_PER_PIECE = 2_000;
/** Of each shard: the last minutes of a busy one, everything of a quiet one. */
const OUTBOX_ROWS = 20_000;
/** The journal keeps 31 days (purge-journal.sql); what is younger than 30 must be there. */
const JOURNAL_WHOLE_MS = 30 * 24 * 3_600_000;

interface DecisionRow {
  readonly tenant_id: string;
  readonly decision_id: string;
  readonly candidates: readonly { readonly disposition: string; readonly reason_code: string }[];
  readonly actions: number;
  readonly deliveries: number;
  readonly folds: boolean | null;
  readonly stored_actions: number;
  readonly has_receipt: boolean;
  readonly in_journal: boolean | null;
}

interface OutboxCount {
  readonly tenant_id: string;
  readonly decision_id: string;
  readonly deliveries: number;
  readonly receipts: number;
}

const keyOf = (tenantId: string, decisionId: string): string => `${tenantId.length}:${tenantId}${decisionId}`;

const addResults = async (tx: Queryable, tenantId: string | null, totals: Totals): Promise<void> => {
  const rows = await tx.query<{ result: string; count: string; missing: string }>(sqlFile('totals-results'), [
    tenantId,
  ]);
  for (const { result, count, missing } of rows) {
    addResult(totals, result, Number(count));
    addFault(totals, 'decision_missing', Number(missing));
  }
};

const outboxCounts = async (tx: Queryable, tenantId: string | null): Promise<ReadonlyMap<string, OutboxCount>> => {
  const rows = await tx.query<OutboxCount>(sqlFile('totals-outbox'), [OUTBOX_ROWS, tenantId]);
  return new Map(rows.map((row) => [keyOf(row.tenant_id, row.decision_id), row]));
};

/**
 * The totals of G1 and G5 from the journal, and whether they add up; of one tenant, or of all. One snapshot, so that a running engine changes nothing
 * meanwhile. As role mmm_pipeline, which may read the outbox.
 */
export const journalTotals = async (pipeline: Database, tenantId: string | null, nowMs: number): Promise<Totals> =>
  await pipeline.transaction(async (tx) => {
    await tx.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const totals = emptyTotals();
    await addResults(tx, tenantId, totals);
    const outbox = await outboxCounts(tx, tenantId);
    let [tenant, decision] = ['', ''];
    for (;;) {
      const values = [tenantId, tenant, decision, DECISIONS_PER_PIECE, nowMs - JOURNAL_WHOLE_MS];
      const rows = await tx.query<DecisionRow>(sqlFile('totals-decisions'), values);
      for (const row of rows) {
        const published = outbox.get(keyOf(row.tenant_id, row.decision_id)) ?? null;
        addDecision(totals, {
          ...{ candidates: row.candidates, actions: row.actions, deliveries: row.deliveries },
          // Without its entry nobody knows: then any number above is one that could be.
          folds: row.folds ?? true,
          ...{ storedActions: row.stored_actions, hasReceipt: row.has_receipt, inJournal: row.in_journal, published },
        });
      }
      const last = rows.at(-1);
      if (last === undefined) return totals;
      [tenant, decision] = [last.tenant_id, last.decision_id];
    }
  });
