import type { MmmSignalInput } from '../../generated/records.ts';
import type { DeferralQueue, DueDeferral } from '../../pipeline/ports/deferrals.ts';
import type { Database } from './database.ts';
import { sqlFile } from './sql-file.ts';

/** The signal of a row's facts. */
export const deferredSignalOf = (facts: string): MmmSignalInput =>
  (JSON.parse(facts) as { signal: MmmSignalInput }).signal;

interface DueRow {
  readonly tenant_id: string;
  readonly actor_id: string;
  readonly decision_id: string;
  readonly action_id: string;
  readonly attempt: number;
  readonly due_ms: string;
  readonly facts: string;
}

/** What is due, as role mmm_pipeline. The rows are written and closed by the commit (migrations/0007_deferrals.sql). */
export class PostgresDeferralQueue implements DeferralQueue {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async claim(nowMs: number, limit: number): Promise<readonly DueDeferral[]> {
    const rows = await this.#database.query<DueRow>(sqlFile('claim-deferrals'), [nowMs, limit]);
    return rows
      .map((row) => ({
        tenantId: row.tenant_id,
        actorId: row.actor_id,
        decisionId: row.decision_id,
        actionId: row.action_id,
        attempt: row.attempt,
        dueAtMs: Number(row.due_ms),
        signal: deferredSignalOf(row.facts),
      }))
      .sort((a, b) => a.dueAtMs - b.dueAtMs);
  }
}
