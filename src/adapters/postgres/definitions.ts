import { randomUUID } from 'node:crypto';
import { and, desc, eq, sql } from 'drizzle-orm';
import { MmmError } from '../../errors.ts';
import type { ActorProfile } from '../../domain/actor-state.ts';
import { canonicalJson } from '../../domain/receipt/canonical-json.ts';
import type { Database } from './database.ts';
import { alone, digestOf, invalidate, record, type Written } from './definition-write.ts';
import {
  deprecateLive,
  importDraft,
  publishDraft,
  rollBackTo,
  type RolledBack,
  type SeenLive,
} from './playbook-versions.ts';
import { actors, tenantPolicies } from './schema.ts';
import { asTenant } from './tenant-transaction.ts';

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

  /** A new draft version only if the document differs from the latest version, or that one is withdrawn. */
  async importPlaybook(tenantId: string, playbookId: string, document: unknown, who: string): Promise<Written> {
    return await importDraft(this.#api, { tenantId, playbookId, who }, document);
  }

  /** Makes this draft the published one; the one before becomes deprecated. Throws RESOURCE_NOT_FOUND, CONFLICT. */
  async publishPlaybook(
    tenantId: string,
    playbookId: string,
    version: number,
    who: string,
    seen: SeenLive = {},
  ): Promise<Written> {
    return await publishDraft(this.#api, { tenantId, playbookId, who }, version, seen);
  }

  /** Withdraws the live version. Throws CONFLICT. */
  async deprecatePlaybook(tenantId: string, playbookId: string, who: string, seen: SeenLive = {}): Promise<Written> {
    return await deprecateLive(this.#api, { tenantId, playbookId, who }, seen);
  }

  /** Publishes the document of version `to` under a new number. Throws RESOURCE_NOT_FOUND, CONFLICT. */
  async rollBackPlaybook(
    tenantId: string,
    playbookId: string,
    to: number,
    who: string,
    seen: SeenLive = {},
  ): Promise<RolledBack> {
    return await rollBackTo(this.#api, { tenantId, playbookId, who }, to, seen);
  }
}
