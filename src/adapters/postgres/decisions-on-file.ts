import type { DecisionOnFile, DecisionsOnFile, WaitingDecisions } from '../../replay/items/decisions-on-file.ts';
import type { Database, Queryable } from './database.ts';
import { sqlFile } from './sql-file.ts';

/** A decision is some 10 KB with its trace: a piece stays near 10 MB. */
const AT_ONCE = 1_000;

const inPieces = <T>(all: readonly T[]): T[][] =>
  Array.from({ length: Math.ceil(all.length / AT_ONCE) }, (_, n) => all.slice(n * AT_ONCE, (n + 1) * AT_ONCE));

interface DecisionRow {
  readonly decision_id: string;
  readonly body: string;
  readonly trace: string;
  readonly receipt_id: string;
  readonly receipt: string;
}

/** Stored decisions, as role mmm_api: row level security holds the tenant (G7), and nothing can be written. */
export class PostgresDecisionsOnFile implements DecisionsOnFile {
  readonly #api: Database;

  constructor(api: Database) {
    this.#api = api;
  }

  async decisions(tenantId: string, decisionIds: readonly string[]): Promise<ReadonlyMap<string, DecisionOnFile>> {
    const found = new Map<string, DecisionOnFile>();
    for (const ids of inPieces(decisionIds)) {
      const rows = await this.#read<DecisionRow>(
        tenantId,
        `SELECT decision_id, body, trace, receipt_id, receipt FROM mmm_decisions
          WHERE tenant_id = $1 AND decision_id = ANY ($2::text[])`,
        ids,
      );
      for (const { decision_id: decisionId, body, trace, receipt_id: receiptId, receipt } of rows)
        found.set(decisionId, { decisionId, body, trace, receiptId, receipt });
    }
    return found;
  }

  async knownSignals(tenantId: string, signalIds: readonly string[]): Promise<ReadonlySet<string>> {
    const known = new Set<string>();
    for (const ids of inPieces(signalIds)) {
      const rows = await this.#read<{ signal_id: string }>(
        tenantId,
        `SELECT signal_id FROM mmm_journal WHERE tenant_id = $1 AND signal_id = ANY ($2::text[])
         UNION SELECT signal_id FROM mmm_decisions WHERE tenant_id = $1 AND signal_id = ANY ($2::text[])`,
        ids,
      );
      for (const row of rows) known.add(row.signal_id);
    }
    return known;
  }

  async #read<Row>(tenantId: string, text: string, ids: readonly string[]): Promise<readonly Row[]> {
    return await this.#api.transaction(async (tx) => {
      await tx.query('SET TRANSACTION READ ONLY');
      await tx.query(`SELECT set_config('mmm.tenant', $1, true)`, [tenantId]);
      return await tx.query<Row>(text, [tenantId, ids]);
    });
  }
}

/** The outbox is mmm_pipeline's: `pipeline` has to be a database that takes nothing (read-only.ts). */
export const waitingDecisions = (pipeline: Queryable): WaitingDecisions => ({
  waiting: async (tenantId) => {
    const rows = await pipeline.query<{ decision_id: string }>(sqlFile('waiting-decisions'), [tenantId]);
    return new Set(rows.map((row) => row.decision_id));
  },
});
