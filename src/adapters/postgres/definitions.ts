import { createHash, randomUUID } from 'node:crypto';
import { and, desc, eq, sql } from 'drizzle-orm';
import { MmmError } from '../../errors.ts';
import type { ActorProfile } from '../../domain/actor-state.ts';
import { canonicalJson } from '../../domain/receipt/canonical-json.ts';
import type { Database } from './database.ts';
import { actors, audit, playbooks, tenantPolicies } from './schema.ts';
import { asTenant } from './tenant-transaction.ts';
import type { TenantTx } from './tenant-transaction.ts';

/** What a write did; `changed` false: it was there already, and nothing was written. */
export interface Written {
  readonly version: number;
  readonly changed: boolean;
}

interface AuditLine {
  readonly what: string;
  readonly subject: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** What tells two documents of a definition apart, whatever the order of their members. */
export const digestOf = (document: unknown): string =>
  createHash('sha256').update(canonicalJson(document)).digest('hex');

/** One writer of a tenant's definitions at a time: "the latest version" is read and written in one piece. */
export const alone = async (tx: TenantTx, tenantId: string): Promise<void> => {
  await tx.execute(sql`SELECT pg_advisory_xact_lock(hashtext('mmm.definitions'), hashtext(${tenantId}))`);
};

export const record = async (tx: TenantTx, tenantId: string, who: string, line: AuditLine): Promise<void> => {
  await tx.insert(audit).values({ tenantId, who, ...line });
};

/** Every process drops what it compiled of this tenant (design 3.5). Sent with the commit, so never too early. */
export const invalidate = async (tx: TenantTx, tenantId: string): Promise<void> => {
  await tx.execute(sql`SELECT pg_notify('mmm_rules', ${tenantId})`);
};

/** Definitions of tenants: policies, playbooks, profiles. Each write is idempotent, audited and told to all processes. Role mmm_api. */
export class Definitions {
  readonly #api: Database;

  constructor(api: Database) {
    this.#api = api;
  }

  /** A new version only if the document differs from the latest. `document` is the tenant's entry of the tenants file. */
  async upsertTenantPolicy(tenantId: string, document: unknown, who: string): Promise<Written> {
    const digest = digestOf(document);
    return await asTenant(this.#api, tenantId, async (tx) => {
      await alone(tx, tenantId);
      const [latest] = await tx
        .select({ version: tenantPolicies.version, digest: tenantPolicies.digest })
        .from(tenantPolicies)
        .where(eq(tenantPolicies.tenantId, tenantId))
        .orderBy(desc(tenantPolicies.version))
        .limit(1);
      if (latest?.digest === digest) return { version: latest.version, changed: false };
      const version = (latest?.version ?? 0) + 1;
      await tx.insert(tenantPolicies).values({ tenantId, version, document, digest, createdBy: who });
      await record(tx, tenantId, who, { what: 'policy_changed', subject: tenantId, details: { version, digest } });
      await invalidate(tx, tenantId);
      return { version, changed: true };
    });
  }

  /** Roles, zone and preferences of an actor. A change is a new version of the actor: decisions that read the old one are planned again. */
  async upsertActorProfile(tenantId: string, actorId: string, profile: ActorProfile, who: string): Promise<Written> {
    return await asTenant(this.#api, tenantId, async (tx) => {
      await alone(tx, tenantId);
      const [held] = await tx
        .select({ version: actors.version, profile: actors.profile })
        .from(actors)
        .where(and(eq(actors.tenantId, tenantId), eq(actors.actorId, actorId)))
        .for('update');
      if (held !== undefined && held.profile !== null && canonicalJson(held.profile) === canonicalJson(profile)) {
        return { version: held.version, changed: false };
      }
      const head = randomUUID();
      // A first commit of the pipeline may come between the look and the insert: then this is its next version.
      const [written] = await tx
        .insert(actors)
        .values({ tenantId, actorId, version: 1, head, profile })
        .onConflictDoUpdate({
          target: [actors.tenantId, actors.actorId],
          set: { version: sql`${actors.version} + 1`, head, profile },
        })
        .returning({ version: actors.version });
      if (written === undefined) throw new MmmError('INTERNAL_ERROR', 'the profile was not written');
      await record(tx, tenantId, who, {
        what: 'actor_profile_changed',
        subject: actorId,
        details: { version: written.version },
      });
      return { version: written.version, changed: true };
    });
  }

  /** A new draft version only if the document differs from the latest version. The document's own id names the playbook. */
  async importPlaybook(tenantId: string, playbookId: string, document: unknown, who: string): Promise<Written> {
    const digest = digestOf(document);
    return await asTenant(this.#api, tenantId, async (tx) => {
      await alone(tx, tenantId);
      const [latest] = await tx
        .select({ version: playbooks.version, digest: playbooks.digest })
        .from(playbooks)
        .where(and(eq(playbooks.tenantId, tenantId), eq(playbooks.playbookId, playbookId)))
        .orderBy(desc(playbooks.version))
        .limit(1);
      if (latest?.digest === digest) return { version: latest.version, changed: false };
      const version = (latest?.version ?? 0) + 1;
      await tx
        .insert(playbooks)
        .values({ tenantId, playbookId, version, status: 'draft', document, digest, createdBy: who });
      await record(tx, tenantId, who, { what: 'playbook_imported', subject: playbookId, details: { version, digest } });
      return { version, changed: true };
    });
  }

  /** Makes this version the published one; the one before becomes deprecated. Throws RESOURCE_NOT_FOUND. */
  async publishPlaybook(tenantId: string, playbookId: string, version: number, who: string): Promise<Written> {
    return await asTenant(this.#api, tenantId, async (tx) => {
      await alone(tx, tenantId);
      const mine = and(eq(playbooks.tenantId, tenantId), eq(playbooks.playbookId, playbookId));
      const [held] = await tx
        .select({ status: playbooks.status })
        .from(playbooks)
        .where(and(mine, eq(playbooks.version, version)));
      if (held === undefined) throw new MmmError('RESOURCE_NOT_FOUND', undefined, { details: { playbookId, version } });
      if (held.status === 'published') return { version, changed: false };
      await tx
        .update(playbooks)
        .set({ status: 'deprecated' })
        .where(and(mine, eq(playbooks.status, 'published')));
      await tx
        .update(playbooks)
        .set({ status: 'published', publishedAt: sql`now()` })
        .where(and(mine, eq(playbooks.version, version)));
      await record(tx, tenantId, who, { what: 'playbook_published', subject: playbookId, details: { version } });
      await invalidate(tx, tenantId);
      return { version, changed: true };
    });
  }
}
