import { sql } from 'drizzle-orm';
import type {
  NotUsefulAction,
  ProbationOnFile,
  ProbationReader,
  ProbationStore,
  VotedPlaybook,
} from '../../admin/ports/probation-store.ts';
import type { MmmDecision } from '../../generated/records.ts';
import type { Database } from './database.ts';
import { type DefinitionWriter, invalidate, record } from './definition-write.ts';
import { sqlFile } from './sql-file.ts';
import { asTenant } from './tenant-transaction.ts';

/** Who stands in the audit: no person decided it. */
const WHO = 'mmm-engine';

interface VotesRow {
  readonly tenant_id: string;
  readonly playbook_id: string;
  readonly version: number;
  readonly votes: number;
  readonly not_useful: number;
  readonly actors: number;
}

interface ProbationRow extends VotesRow {
  readonly since_ms: string;
  readonly lower_bound: number;
  readonly owner: string | null;
  readonly published: boolean;
}

const votedOf = (row: VotesRow): Omit<VotedPlaybook, 'unhappy'> => ({
  tenantId: row.tenant_id,
  playbookId: row.playbook_id,
  version: row.version,
  votes: row.votes,
  notUseful: row.not_useful,
  actors: row.actors,
});

/** On the action's first surface. */
const titleOf = (body: string, actionId: string): string => {
  const { actions } = JSON.parse(body) as Pick<MmmDecision, 'actions'>;
  const payload = actions.find((action) => action.action_id === actionId)?.payload ?? {};
  return Object.values(payload)[0]?.title ?? '';
};

/** Votes are counted over all tenants as role mmm_pipeline; everything of one tenant is read and written as mmm_api, bound to it. */
export class PostgresProbation implements ProbationReader {
  readonly #pipeline: Database;
  readonly #api: Database;

  constructor(databases: { readonly pipeline: Database; readonly api: Database }) {
    this.#pipeline = databases.pipeline;
    this.#api = databases.api;
  }

  async votes(): Promise<readonly VotedPlaybook[]> {
    const rows = await this.#pipeline.query<VotesRow & { readonly unhappy: number }>(sqlFile('probation-votes'));
    return rows.map((row) => ({ ...votedOf(row), unhappy: row.unhappy }));
  }

  async onProbation(tenantId: string): Promise<readonly ProbationOnFile[]> {
    const { rows } = await asTenant(this.#api, tenantId, async (tx) =>
      tx.execute<ProbationRow & Record<string, unknown>>(sql`
        SELECT b.tenant_id, b.playbook_id, b.version, b.votes, b.not_useful, b.actors, b.lower_bound,
               round(extract(epoch FROM b.since) * 1000)::bigint AS since_ms, p.document ->> 'owner' AS owner,
               coalesce(p.status = 'published', false) AS published
          FROM mmm_playbook_probation b
          LEFT JOIN mmm_playbooks p ON p.tenant_id = b.tenant_id AND p.playbook_id = b.playbook_id AND p.version = b.version
         WHERE b.tenant_id = ${tenantId} ORDER BY b.playbook_id, b.version`),
    );
    return rows.map((row) => ({
      ...votedOf(row),
      sinceMs: Number(row.since_ms),
      lowerBound: row.lower_bound,
      owner: row.owner ?? '',
      published: row.published,
    }));
  }

  async notUseful(tenantId: string, limit: number): Promise<readonly NotUsefulAction[]> {
    const rows = await this.#api.transaction(async (tx) => {
      await tx.query(`SELECT set_config('mmm.tenant', $1, true)`, [tenantId]);
      return await tx.query<{
        playbook_id: string;
        version: number;
        action_id: string;
        action_type: string;
        actor_id: string;
        reason: string;
        body: string;
      }>(sqlFile('not-useful-actions'), [tenantId, limit]);
    });
    return rows.map((row) => ({
      playbookId: row.playbook_id,
      version: row.version,
      actionType: row.action_type,
      actorId: row.actor_id,
      title: titleOf(row.body, row.action_id),
      reason: row.reason,
    }));
  }
}

/** The same for who may judge. */
export class JudgingProbation extends PostgresProbation implements ProbationStore {
  readonly #writer: DefinitionWriter;

  constructor(store: DefinitionWriter & { readonly pipeline: Database }) {
    super(store);
    this.#writer = store;
  }

  async putOnProbation(playbook: VotedPlaybook, lowerBound: number): Promise<boolean> {
    const { tenantId, playbookId, version, votes, notUseful, actors } = playbook;
    return await asTenant(this.#writer.api, tenantId, async (tx) => {
      const written = await tx.execute<{ digest: string | null }>(sql`
        INSERT INTO mmm_playbook_probation AS b (tenant_id, playbook_id, version, votes, not_useful, actors, lower_bound)
        VALUES (${tenantId}, ${playbookId}, ${version}, ${votes}, ${notUseful}, ${actors}, ${lowerBound})
        ON CONFLICT DO NOTHING
        RETURNING (SELECT p.digest FROM mmm_playbooks p
                    WHERE p.tenant_id = b.tenant_id AND p.playbook_id = b.playbook_id AND p.version = b.version) AS digest`);
      const [row] = written.rows;
      if (row === undefined) return false;
      const state = { version, digest: row.digest, status: 'published' };
      await record(tx, this.#writer, {
        ...{ tenantId, who: WHO, id: playbookId, type: 'playbook.on_probation', what: 'playbook_on_probation' },
        before: state,
        after: state,
        details: { version, votes, not_useful: notUseful, actors, lower_bound: lowerBound },
      });
      await invalidate(tx, tenantId);
      return true;
    });
  }
}
