import { and, eq, sql } from 'drizzle-orm';
import { MmmError } from '../../errors.ts';
import type { Database } from './database.ts';
import { alone, invalidate, record } from './definition-write.ts';
import { playbooks } from './schema.ts';
import { asTenant, type TenantTx } from './tenant-transaction.ts';

/** What it was before: a version that was published once stays known as such. */
const AS_BEFORE = sql`CASE WHEN ${playbooks.publishedAt} IS NULL THEN 'draft' ELSE 'deprecated' END`;

/** The shadow version of a playbook: decided and recorded beside the published one, never sent. At most one. Role mmm_api. */
export class ShadowVersions {
  readonly #api: Database;

  constructor(api: Database) {
    this.#api = api;
  }

  /** Lets this version run as the shadow, in place of another. False: it does already. Throws RESOURCE_NOT_FOUND, CONFLICT. */
  async start(tenantId: string, playbookId: string, version: number, who: string): Promise<boolean> {
    return await asTenant(this.#api, tenantId, async (tx) => {
      await alone(tx, tenantId);
      const mine = and(eq(playbooks.tenantId, tenantId), eq(playbooks.playbookId, playbookId));
      const [held] = await tx
        .select({ status: playbooks.status })
        .from(playbooks)
        .where(and(mine, eq(playbooks.version, version)));
      if (held === undefined) throw new MmmError('RESOURCE_NOT_FOUND', `there is no ${playbookId}@${version}`);
      if (held.status === 'shadow') return false;
      if (held.status === 'published')
        throw new MmmError('CONFLICT', `${playbookId}@${version} is published: people get it already`);
      await this.#end(tx, tenantId, playbookId);
      await tx
        .update(playbooks)
        .set({ status: 'shadow' })
        .where(and(mine, eq(playbooks.version, version)));
      await record(tx, tenantId, who, { what: 'shadow_started', subject: playbookId, details: { version } });
      await invalidate(tx, tenantId);
      return true;
    });
  }

  /** False: there was none. */
  async stop(tenantId: string, playbookId: string, who: string): Promise<boolean> {
    return await asTenant(this.#api, tenantId, async (tx) => {
      await alone(tx, tenantId);
      const ended = await this.#end(tx, tenantId, playbookId);
      if (ended === null) return false;
      await record(tx, tenantId, who, { what: 'shadow_stopped', subject: playbookId, details: { version: ended } });
      await invalidate(tx, tenantId);
      return true;
    });
  }

  async #end(tx: TenantTx, tenantId: string, playbookId: string): Promise<number | null> {
    const [ended] = await tx
      .update(playbooks)
      .set({ status: AS_BEFORE })
      .where(
        and(eq(playbooks.tenantId, tenantId), eq(playbooks.playbookId, playbookId), eq(playbooks.status, 'shadow')),
      )
      .returning({ version: playbooks.version });
    return ended?.version ?? null;
  }
}
