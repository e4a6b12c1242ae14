import { isRetriable, MmmError } from '../../errors.ts';
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
  RecordedPiece,
  RulesHistory,
  Stretch,
} from '../../replay/recorded-history.ts';
import type { Database, Queryable } from './database.ts';
import { CONTEXT_EVENTS_MAX, CONTEXT_HORIZON_MS } from './postgres-context-source.ts';
import { type EntryTuple, entryOf } from './postgres-journal.ts';
import { sqlFile } from './sql-file.ts';

/**
 * A piece of usual lines is some 1.5 MB and takes the server 10 ms: the statement's time limit must hold on a machine that is busy a hundred times over
 * (5,000 lines took seven seconds on one), and what is worked on goes before it gets old, which is cheaper to collect.
 */
const LINES_PER_PIECE = 1_000;
/** Signals may be hundreds of times the usual size: then a piece has fewer of them. */
const BYTES_PER_PIECE = 8 * 1_024 * 1_024;

/**
 * It only reads, so trying again is harmless; and a process that got no processor for ten seconds finds its transaction ended for idleness (seen after 24
 * minutes of one walk on a machine with thirty to run), which must not cost all that was read before.
 */
const ATTEMPTS = 3;

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

interface Place {
  readonly actorId: string;
  readonly version: number;
}

interface Fetched {
  readonly piece: RecordedPiece;
  /** Where the next piece begins; null: there was no line any more. */
  readonly last: Place | null;
}

const profilesOf = async (
  tx: Queryable,
  tenantId: string,
  actorIds: readonly string[],
): Promise<ReadonlyMap<string, ActorProfile>> => {
  if (actorIds.length === 0) return new Map();
  const rows = await tx.query<{ actor_id: string; profile: ActorProfile }>(
    'SELECT actor_id, profile FROM mmm_actors WHERE tenant_id = $1 AND actor_id = ANY ($2::text[]) AND profile IS NOT NULL',
    [tenantId, actorIds],
  );
  return new Map(rows.map((row) => [row.actor_id, row.profile]));
};

/** The recorded journal, as role mmm_api: row level security holds the tenant even if a condition were wrong (G7), and nothing can be written. */
export class PostgresRecordedHistory implements RecordedHistory {
  readonly #api: Database;
  readonly #linesPerPiece: number;
  readonly #bytesPerPiece: number;

  constructor(api: Database, linesPerPiece = LINES_PER_PIECE, bytesPerPiece = BYTES_PER_PIECE) {
    this.#api = api;
    this.#linesPerPiece = linesPerPiece;
    this.#bytesPerPiece = bytesPerPiece;
  }

  async #as<T>(tenantId: string, work: (tx: Queryable) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#api.transaction(async (tx) => {
          await tx.query(`SELECT set_config('transaction_read_only', 'on', true), set_config('mmm.tenant', $1, true)`, [
            tenantId,
          ]);
          return await work(tx);
        });
      } catch (error) {
        if (!isRetriable(error) || attempt >= ATTEMPTS) throw error;
      }
    }
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

  async *lines(
    tenantId: string,
    stretch: Stretch,
    textsFromMs: number = stretch.fromMs,
  ): AsyncGenerator<RecordedPiece> {
    const fetch = async (after: Place): Promise<Fetched> =>
      await this.#as(tenantId, async (tx) => await this.#piece(tx, tenantId, { after, stretch, textsFromMs }));
    let next = fetch({ actorId: '', version: -1 });
    for (;;) {
      const { piece, last } = await next;
      if (last === null) return;
      // The next piece is fetched while this one is worked on: reading and planning take about as long as each other.
      next = fetch(last);
      // Whoever stops half way leaves a fetch behind: its failure is nobody's.
      next.catch(() => undefined);
      yield piece;
    }
  }

  async #piece(
    tx: Queryable,
    tenantId: string,
    { after, stretch, textsFromMs }: { after: Place; stretch: Stretch; textsFromMs: number },
  ): Promise<Fetched> {
    const { actorId, version } = after;
    const limits = [this.#linesPerPiece, Math.trunc(textsFromMs), this.#bytesPerPiece];
    const rows = await tx.query<LineRow>(sqlFile('recorded-lines'), [tenantId, actorId, version, ...limits]);
    const lines = rows.map(lineOf).filter((line) => inStretch(line, stretch));
    const last = rows.at(-1);
    return {
      piece: {
        lines,
        read: rows.length,
        profiles: await profilesOf(tx, tenantId, [...new Set(lines.map((line) => line.actorId))]),
      },
      last: last === undefined ? null : { actorId: last.actor_id, version: last.entry[1] },
    };
  }

  async lineCount(tenantId: string): Promise<number> {
    const rows = await this.#as(
      tenantId,
      // Answered by an index alone. By time as well it would read the whole table, a second time before the first line.
      async (tx) =>
        await tx.query<{ n: number }>('SELECT count(*)::integer AS n FROM mmm_journal WHERE tenant_id = $1', [
          tenantId,
        ]),
    );
    return rows[0]?.n ?? 0;
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
    return await this.#as(tenantId, async (tx) => await profilesOf(tx, tenantId, actorIds));
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
