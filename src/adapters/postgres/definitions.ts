import { randomUUID } from 'node:crypto';
import { and, desc, eq, sql } from 'drizzle-orm';
import { MmmError } from '../../errors.ts';
import type { ActorProfile } from '../../domain/actor-state.ts';
import { canonicalJson } from '../../domain/receipt/canonical-json.ts';
import { NOT_THERE } from '../../admin/ports/config-change.ts';
import {
  alone,
  type DefinitionWriter,
  digestOf,
  invalidate,
  lockShard,
  record,
  type Written,
} from './definition-write.ts';
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

/** Definitions of tenants: policies, playbooks, profiles. Each write is idempotent, audited, told to all processes and to `mmm.admin_config`. Role mmm_api. */
export class Definitions {
  readonly #writer: DefinitionWriter;

  constructor(writer: DefinitionWriter) {
    this.#writer = writer;
  }

  /** A new version only if the document differs from the latest. `document` is the tenant's entry of the tenants file. */
  async upsertTenantPolicy(tenantId: string, document: unknown, who: string): Promise<Written> {
    const digest = digestOf(document);
    return await asTenant(this.#writer.api, tenantId, async (tx) => {
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
      await record(tx, this.#writer, {
        ...{ tenantId, who, id: tenantId, type: 'tenant.applied', what: 'policy_changed' },
        before: latest === undefined ? NOT_THERE : { ...latest, status: null },
        after: { version, digest, status: null },
        details: { version, digest },
      });
      await invalidate(tx, tenantId);
      return { version, changed: true };
    });
  }

  /** Roles, zone and preferences of an actor. A change is a new version of the actor: decisions that read the old one are planned again. */
  async upsertActorProfile(tenantId: string, actorId: string, profile: ActorProfile, who: string): Promise<Written> {
    return await asTenant(this.#writer.api, tenantId, async (tx) => {
      await alone(tx, tenantId);
      // Profiles are written here only, one writer at a time: nobody changes it after this look.
      const [held] = await tx
        .select({ version: actors.version, profile: actors.profile })
        .from(actors)
        .where(and(eq(actors.tenantId, tenantId), eq(actors.actorId, actorId)));
      if (held !== undefined && held.profile !== null && canonicalJson(held.profile) === canonicalJson(profile)) {
        return { version: held.version, changed: false };
      }
      const shard = await lockShard(tx, tenantId);
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
      const { version } = written;
      await record(
        tx,
        this.#writer,
        {
          ...{ tenantId, who, id: actorId, type: 'actor.applied', what: 'actor_profile_changed', details: { version } },
          // That it changed is all: its version counts what the person did, and a digest of the few settings there are could be found out by trying.
          before: NOT_THERE,
          after: NOT_THERE,
        },
        shard,
      );
      return { version, changed: true };
    });
  }

  /** A new draft version only if the document differs from the latest version, or that one is withdrawn. */
  async importPlaybook(tenantId: string, playbookId: string, document: unknown, who: string): Promise<Written> {
    return await importDraft(this.#writer, { tenantId, playbookId, who }, document);
  }

  /** Makes this draft the published one; the one before becomes deprecated. Throws RESOURCE_NOT_FOUND, CONFLICT. */
  async publishPlaybook(
    tenantId: string,
    playbookId: string,
    version: number,
    who: string,
    seen: SeenLive = {},
  ): Promise<Written> {
    return await publishDraft(this.#writer, { tenantId, playbookId, who }, version, seen);
  }

  /** Withdraws the live version. Throws CONFLICT. */
  async deprecatePlaybook(tenantId: string, playbookId: string, who: string, seen: SeenLive = {}): Promise<Written> {
    return await deprecateLive(this.#writer, { tenantId, playbookId, who }, seen);
  }

  /** Publishes the document of version `to` under a new number. Throws RESOURCE_NOT_FOUND, CONFLICT. */
  async rollBackPlaybook(
    tenantId: string,
    playbookId: string,
    to: number,
    who: string,
    seen: SeenLive = {},
  ): Promise<RolledBack> {
    return await rollBackTo(this.#writer, { tenantId, playbookId, who }, to, seen);
  }
}
