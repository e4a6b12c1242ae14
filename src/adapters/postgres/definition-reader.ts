import { and, asc, desc, eq } from 'drizzle-orm';
import type { ActorProfile } from '../../domain/actor-state.ts';
import type { Database } from './database.ts';
import { actors, playbooks, tenantPolicies } from './schema.ts';
import { asTenant } from './tenant-transaction.ts';

export interface StoredPlaybook {
  readonly playbookId: string;
  readonly version: number;
  readonly status: 'draft' | 'published' | 'deprecated' | 'shadow';
  readonly document: unknown;
  readonly digest: string;
}

/** Reads what `Definitions` writes, one tenant at a time. As role mmm_api. */
export class DefinitionReader {
  readonly #api: Database;

  constructor(api: Database) {
    this.#api = api;
  }

  /** The tenant's latest policy as stored; null: the tenant does not exist. */
  async policy(
    tenantId: string,
  ): Promise<{ readonly version: number; readonly digest: string; readonly document: unknown } | null> {
    const [row] = await asTenant(this.#api, tenantId, async (tx) =>
      tx
        .select({
          version: tenantPolicies.version,
          digest: tenantPolicies.digest,
          document: tenantPolicies.document,
        })
        .from(tenantPolicies)
        .where(eq(tenantPolicies.tenantId, tenantId))
        .orderBy(desc(tenantPolicies.version))
        .limit(1),
    );
    return row ?? null;
  }

  async profile(tenantId: string, actorId: string): Promise<ActorProfile | null> {
    const [row] = await asTenant(this.#api, tenantId, async (tx) =>
      tx
        .select({ profile: actors.profile })
        .from(actors)
        .where(and(eq(actors.tenantId, tenantId), eq(actors.actorId, actorId))),
    );
    return (row?.profile ?? null) as ActorProfile | null;
  }

  /** Every version of every playbook, by id and version. */
  async playbooks(tenantId: string): Promise<readonly StoredPlaybook[]> {
    return await asTenant(this.#api, tenantId, async (tx) =>
      tx
        .select({
          playbookId: playbooks.playbookId,
          version: playbooks.version,
          status: playbooks.status,
          document: playbooks.document,
          digest: playbooks.digest,
        })
        .from(playbooks)
        .where(eq(playbooks.tenantId, tenantId))
        .orderBy(asc(playbooks.playbookId), asc(playbooks.version)),
    );
  }
}
