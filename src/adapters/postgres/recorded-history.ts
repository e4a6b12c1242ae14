import { MmmError } from '../../errors.ts';
import type { ActorProfile, JournalEntry } from '../../domain/actor-state.ts';
import type { ContextEvent } from '../../domain/context/context-event.ts';
import type {
  ContextThen,
  FoundLine,
  OutcomesOf,
  ProfileThen,
  RecordedHistory,
  RecordedLine,
  RecordedOutcome,
  RulesHistory,
  Stretch,
} from '../../replay/recorded-history.ts';
import type { Database, Queryable } from './database.ts';
import { CONTEXT_EVENTS_MAX, CONTEXT_HORIZON_MS } from './postgres-context-source.ts';
import { type EntryTuple, entryOf } from './postgres-journal.ts';
import { sqlFile } from './sql-file.ts';

/** A line is some 3 KB with what its decision read: a piece stays near 15 MB, and takes the server some tens of ms. */
const LINES_PER_PIECE = 5_000;

interface LineRow {
  readonly actor_id: string;
  readonly entry: EntryTuple;
  readonly signal: string | null;
  readonly read: string | null;
}

const lineOf = (row: LineRow): RecordedLine => ({
  actorId: row.actor_id,
  entry: entryOf(row.entry),
  signal: row.signal,
  read: row.read,
});

const inStretch = (line: RecordedLine, { fromMs, toMs }: Stretch): boolean =>
  line.entry.decidedAtMs >= fromMs && line.entry.decidedAtMs < toMs;

/** The recorded journal, as role mmm_api: row level security holds the tenant even if a condition were wrong (G7), and nothing can be written. */
export class PostgresRecordedHistory implements RecordedHistory {
  readonly #api: Database;
  readonly #linesPerPiece: number;

  constructor(api: Database, linesPerPiece = LINES_PER_PIECE) {
    this.#api = api;
    this.#linesPerPiece = linesPerPiece;
  }

  async #as<T>(tenantId: string, work: (tx: Queryable) => Promise<T>): Promise<T> {
    return await this.#api.transaction(async (tx) => {
      await tx.query('SET TRANSACTION READ ONLY');
      await tx.query(`SELECT set_config('mmm.tenant', $1, true)`, [tenantId]);
      return await work(tx);
    });
  }

  async find(tenantId: string, id: string): Promise<FoundLine | null> {
    const rows = await this.#as(
      tenantId,
      async (tx) => await tx.query<LineRow & { trace: string | null }>(sqlFile('recorded-line'), [tenantId, id]),
    );
    const [row] = rows;
    if (row === undefined) return null;
    const { entry, ...line } = lineOf(row);
    // recorded-line.sql looks for nothing else.
    if (entry.kind !== 'signal') throw new MmmError('INTERNAL_ERROR', 'an entry that is no signal was found as one');
    return { ...line, entry, trace: row.trace };
  }

  async entriesBefore(
    tenantId: string,
    actorId: string,
    version: number,
    fromMs: number,
  ): Promise<readonly JournalEntry[]> {
    const rows = await this.#as(
      tenantId,
      async (tx) =>
        await tx.query<{ entry: EntryTuple }>(sqlFile('recorded-entries'), [tenantId, actorId, version, fromMs]),
    );
    return rows.map((row) => entryOf(row.entry));
  }

  async *lines(tenantId: string, stretch: Stretch): AsyncGenerator<readonly RecordedLine[]> {
    let [actorId, version] = ['', -1];
    // The next piece is fetched while the one before is worked on: reading and planning take about as long as each other.
    const fetch = async (): Promise<readonly LineRow[]> =>
      await this.#as(
        tenantId,
        async (tx) =>
          await tx.query<LineRow>(sqlFile('recorded-lines'), [tenantId, actorId, version, this.#linesPerPiece]),
      );
    let next = fetch();
    for (;;) {
      const rows = await next;
      const last = rows.at(-1);
      if (last === undefined) return;
      [actorId, version] = [last.actor_id, last.entry[1]];
      next = fetch();
      // Whoever stops half way leaves a fetch behind: its failure is nobody's.
      next.catch(() => undefined);
      yield rows.map(lineOf).filter((line) => inStretch(line, stretch));
    }
  }

  async count(tenantId: string, { fromMs, toMs }: Stretch): Promise<number> {
    const rows = await this.#as(
      tenantId,
      async (tx) =>
        await tx.query<{ n: number }>(
          'SELECT count(*)::integer AS n FROM mmm_journal WHERE tenant_id = $1 AND decided_at_ms >= $2::bigint AND decided_at_ms < $3::bigint',
          [tenantId, Math.trunc(fromMs), Math.trunc(toMs)],
        ),
    );
    return rows[0]?.n ?? 0;
  }

  async profiles(tenantId: string, actorIds: readonly string[]): Promise<ReadonlyMap<string, ActorProfile>> {
    const rows = await this.#as(
      tenantId,
      async (tx) =>
        await tx.query<{ actor_id: string; profile: ActorProfile | null }>(
          'SELECT actor_id, profile FROM mmm_actors WHERE tenant_id = $1 AND actor_id = ANY ($2::text[])',
          [tenantId, actorIds],
        ),
    );
    return new Map(rows.flatMap((row) => (row.profile === null ? [] : [[row.actor_id, row.profile] as const])));
  }

  async profileAt(tenantId: string, actorId: string, atMs: number): Promise<ProfileThen> {
    const rows = await this.#as(
      tenantId,
      async (tx) =>
        await tx.query<{ is_todays: boolean; todays: ActorProfile | null; read: string | null }>(
          sqlFile('profile-at'),
          [tenantId, actorId, Math.trunc(atMs)],
        ),
    );
    const { is_todays = true, todays = null, read = null } = rows[0] ?? {};
    if (is_todays || read === null) return { profile: todays, recorded: is_todays };
    return { profile: (JSON.parse(read) as { profile: ActorProfile | null }).profile, recorded: true };
  }

  async contextAt(tenantId: string, atMs: number): Promise<readonly ContextThen[]> {
    const rows = await this.#as(
      tenantId,
      async (tx) =>
        await tx.query<{ at_ms: string; decided_at_ms: string; facts: { x: ContextEvent } }>(sqlFile('context-at'), [
          tenantId,
          Math.trunc(atMs - CONTEXT_HORIZON_MS),
          Math.trunc(atMs),
          CONTEXT_EVENTS_MAX,
        ]),
    );
    return rows.map((row) => ({
      atMs: Number(row.at_ms),
      decidedAtMs: Number(row.decided_at_ms),
      event: row.facts.x,
    }));
  }

  async rules(tenantId: string): Promise<RulesHistory> {
    return await this.#as(tenantId, async (tx) => {
      const policies = await tx.query<{ version: number; document: unknown; at_ms: string }>(
        `SELECT version, document, (extract(epoch FROM created_at) * 1000)::bigint AS at_ms
           FROM mmm_tenant_policies WHERE tenant_id = $1 ORDER BY version`,
        [tenantId],
      );
      const playbooks = await tx.query<{ playbook_id: string; version: number; document: unknown }>(
        'SELECT playbook_id, version, document FROM mmm_playbooks WHERE tenant_id = $1',
        [tenantId],
      );
      // From the audit: the rows themselves know only their latest publication, and a rollback publishes an older version anew.
      const publications = await tx.query<{ playbook_id: string; version: number | null; at_ms: string }>(
        `SELECT subject AS playbook_id, CASE WHEN what <> 'playbook_deprecated' THEN (details->>'version')::integer END AS version,
                (extract(epoch FROM at) * 1000)::bigint AS at_ms
           FROM mmm_audit WHERE tenant_id = $1 AND what IN ('playbook_published', 'playbook_rolled_back', 'playbook_deprecated')
          ORDER BY audit_id`,
        [tenantId],
      );
      return {
        policies: policies.map((row) => ({ version: row.version, document: row.document, atMs: Number(row.at_ms) })),
        playbooks: playbooks.map((row) => ({
          playbookId: row.playbook_id,
          version: row.version,
          document: row.document,
        })),
        publications: publications.map((row) => ({
          playbookId: row.playbook_id,
          version: row.version,
          atMs: Number(row.at_ms),
        })),
      };
    });
  }

  async outcomes(tenantId: string, { actorIds, decisionIds }: OutcomesOf): Promise<readonly RecordedOutcome[]> {
    const rows = await this.#as(
      tenantId,
      async (tx) =>
        await tx.query<{ decision_id: string; playbook_id: string; action_type: string; result: string }>(
          `SELECT o.decision_id, a.playbook_id, a.action_type, o.result FROM mmm_outcomes o
             JOIN mmm_actions a ON a.tenant_id = o.tenant_id AND a.action_id = o.action_id
            WHERE o.tenant_id = $1 AND o.actor_id = ANY ($2::text[]) AND o.decision_id = ANY ($3::text[])`,
          [tenantId, actorIds, decisionIds],
        ),
    );
    return rows.map((row) => ({
      decisionId: row.decision_id,
      playbookId: row.playbook_id,
      actionType: row.action_type,
      result: row.result,
    }));
  }
}
