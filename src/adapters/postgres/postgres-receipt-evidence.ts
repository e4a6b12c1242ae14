import type { ActorProfile } from '../../domain/actor-state.ts';
import type { ActionType, OutcomeResult } from '../../domain/vocabulary.ts';
import type { TopicName } from '../../generated/topics.ts';
import { headersFromText } from '../../pipeline/ports/header-text.ts';
import type { RecordedHistory, RulesHistory } from '../../replay/recorded-history.ts';
import type {
  ActorEvidence,
  DecisionEvidence,
  JournalLine,
  OutboxLine,
  OutcomeEvidence,
  ReceiptEvidence,
  StoredAction,
  StoredDeferral,
} from '../../replay/verify/receipt-evidence.ts';
import type { Database, Queryable } from './database.ts';
import { actorRefOf, type EntryTuple, entryOf } from './postgres-journal.ts';
import { PostgresRecordedHistory } from './recorded-history.ts';
import { sqlFile } from './sql-file.ts';

interface DecisionRow {
  readonly decision_id: string;
  readonly signal_id: string;
  readonly actor_id: string;
  readonly decided_at_ms: string;
  readonly receipt_id: string;
  readonly body: string;
  readonly trace: string;
  readonly read: string;
  readonly receipt: string;
  readonly actions: readonly StoredAction[];
  readonly deferrals: readonly StoredDeferral[];
}

interface OutcomeRow {
  readonly outcome_id: string;
  readonly actor_id: string;
  readonly decision_id: string;
  readonly action_id: string;
  readonly result: OutcomeResult;
  readonly reason: string | null;
  readonly receipt: string;
  readonly occurred_at_ms: string;
  readonly recorded_at_ms: string;
  readonly decision_receipt: string | null;
  readonly read: string;
  readonly trace: string;
  readonly playbook_id: string | null;
  readonly playbook_version: number;
  readonly action_type: ActionType;
  readonly payload_hash: string;
}

interface ActorRow {
  readonly version: number;
  readonly profile: ActorProfile | null;
  readonly receipt_key: Buffer | null;
  readonly purged_version: number | null;
  readonly purged_chain: string;
  readonly purged_decided_at_ms: string;
}

interface OutboxRow {
  readonly decision_id: string;
  readonly shard: number;
  readonly number: string;
  readonly topic: TopicName;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: string;
  readonly is_first: boolean;
}

const actionOf = (row: OutcomeRow): StoredAction | null =>
  row.playbook_id === null
    ? null
    : {
        actionId: row.action_id,
        playbookId: row.playbook_id,
        playbookVersion: row.playbook_version,
        actionType: row.action_type,
        payloadHash: row.payload_hash,
      };

/** Altered text must be found by the comparison, not end it. */
const readableHeaders = (text: string): ReturnType<typeof headersFromText> => {
  try {
    return headersFromText(text);
  } catch {
    return { unreadable: text };
  }
};

/** A tenant's rows as role mmm_api, so that row level security holds the tenant (G7); receipt keys and the outbox, which only the pipeline may read, as that. */
export class PostgresReceiptEvidence implements ReceiptEvidence {
  readonly #api: Database;
  readonly #pipeline: Queryable;
  readonly #history: Pick<RecordedHistory, 'rules'>;

  constructor({ api, pipeline }: { readonly api: Database; readonly pipeline: Queryable }) {
    this.#api = api;
    this.#pipeline = pipeline;
    this.#history = new PostgresRecordedHistory(api);
  }

  async #as<Row>(tenantId: string, text: string, values: readonly unknown[]): Promise<readonly Row[]> {
    return await this.#api.transaction(async (tx) => {
      await tx.query(`SELECT set_config('mmm.tenant', $1, true)`, [tenantId]);
      return await tx.query<Row>(text, values);
    });
  }

  async tenants(): Promise<readonly string[]> {
    const rows = await this.#pipeline.query<{ tenant_id: string }>(
      'SELECT DISTINCT tenant_id FROM mmm_tenant_policies',
    );
    return rows.map((row) => row.tenant_id);
  }

  async decision(tenantId: string, receiptId: string): Promise<DecisionEvidence | null> {
    const [row] = await this.#as<DecisionRow>(tenantId, sqlFile('evidence-decision'), [tenantId, receiptId]);
    if (row === undefined) return null;
    const { body, trace, read, receipt, actions, deferrals } = row;
    return {
      decisionId: row.decision_id,
      signalId: row.signal_id,
      actorId: row.actor_id,
      decidedAtMs: Number(row.decided_at_ms),
      receiptId: row.receipt_id,
      ...{ body, trace, read, receipt, actions, deferrals },
    };
  }

  async outcome(tenantId: string, receiptId: string): Promise<OutcomeEvidence | null> {
    const [row] = await this.#as<OutcomeRow>(tenantId, sqlFile('evidence-outcome'), [tenantId, receiptId]);
    if (row === undefined) return null;
    return {
      report: {
        outcomeId: row.outcome_id,
        tenantId,
        decisionId: row.decision_id,
        actionId: row.action_id,
        actorId: row.actor_id,
        result: row.result,
        reason: row.reason,
        occurredAtMs: Number(row.occurred_at_ms),
      },
      recordedAtMs: Number(row.recorded_at_ms),
      receipt: row.receipt,
      decision:
        row.decision_receipt === null
          ? null
          : { receipt: row.decision_receipt, read: row.read, trace: row.trace, action: actionOf(row) },
    };
  }

  async actor(tenantId: string, actorId: string): Promise<ActorEvidence | null> {
    const [row] = await this.#pipeline.query<ActorRow>(sqlFile('evidence-actor'), [tenantId, actorId]);
    if (row === undefined) return null;
    return {
      version: row.version,
      profile: row.profile,
      actorRef: row.receipt_key === null ? null : actorRefOf(row.receipt_key, actorId),
      purged:
        row.purged_version === null
          ? null
          : { version: row.purged_version, chain: row.purged_chain, decidedAtMs: Number(row.purged_decided_at_ms) },
    };
  }

  async journal(tenantId: string, actorId: string): Promise<readonly JournalLine[]> {
    const rows = await this.#as<{ entry: EntryTuple; facts_text: string }>(tenantId, sqlFile('evidence-journal'), [
      tenantId,
      actorId,
    ]);
    return rows.map(({ entry, facts_text }) => ({
      entry: entryOf(entry),
      isExact: JSON.stringify(entry[7]) === facts_text,
    }));
  }

  async rules(tenantId: string): Promise<RulesHistory> {
    return await this.#history.rules(tenantId);
  }

  async deferredFacts(tenantId: string, actionIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const rows = await this.#as<{ deferral_id: string; facts: string }>(
      tenantId,
      'SELECT deferral_id, facts FROM mmm_deferrals WHERE tenant_id = $1 AND deferral_id = ANY ($2::text[])',
      [tenantId, actionIds],
    );
    return new Map(rows.map((row) => [row.deferral_id, row.facts]));
  }

  async isErased(tenantId: string, actorRef: string): Promise<boolean> {
    const rows = await this.#as(
      tenantId,
      `SELECT 1 FROM mmm_audit WHERE tenant_id = $1 AND what = 'actor_erased' AND subject = $2 LIMIT 1`,
      [tenantId, actorRef],
    );
    return rows.length > 0;
  }

  async outbox(decisionIds: readonly string[]): Promise<ReadonlyMap<string, readonly OutboxLine[]>> {
    const rows = await this.#pipeline.query<OutboxRow>(sqlFile('evidence-outbox'), [decisionIds]);
    const found = new Map<string, OutboxLine[]>();
    for (const { decision_id, shard, number, topic, key, value, headers, is_first } of rows) {
      const lines = found.get(decision_id) ?? [];
      const record = { topic, key, value, headers: readableHeaders(headers) };
      lines.push({ at: `${shard}:${number}`, record, isFirst: is_first });
      found.set(decision_id, lines);
    }
    return found;
  }
}
