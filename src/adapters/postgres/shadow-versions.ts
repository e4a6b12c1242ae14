import { and, eq } from 'drizzle-orm';
import { MmmError } from '../../errors.ts';
import { alone, type DefinitionWriter, invalidate, record } from './definition-write.ts';
import { playbooks } from './schema.ts';
import { asTenant } from './tenant-transaction.ts';

/** Shadow versions of playbooks: decided and recorded beside the published one, never sent unless an experiment makes them arms. Role mmm_api. */
export class ShadowVersions {
  readonly #writer: DefinitionWriter;

  constructor(writer: DefinitionWriter) {
    this.#writer = writer;
  }

  /** A draft becomes a shadow. False: it is one already. Throws RESOURCE_NOT_FOUND, CONFLICT. */
  async start(tenantId: string, playbookId: string, version: number, who: string): Promise<boolean> {
    return await this.#move(tenantId, playbookId, version, 'shadow', who);
  }

  /** A shadow becomes a draft again. False: it is none. Throws RESOURCE_NOT_FOUND. */
  async stop(tenantId: string, playbookId: string, version: number, who: string): Promise<boolean> {
    return await this.#move(tenantId, playbookId, version, 'draft', who);
  }

  async #move(
    tenantId: string,
    playbookId: string,
    version: number,
    to: 'shadow' | 'draft',
    who: string,
  ): Promise<boolean> {
    return await asTenant(this.#writer.api, tenantId, async (tx) => {
      await alone(tx, tenantId);
      const one = and(
        eq(playbooks.tenantId, tenantId),
        eq(playbooks.playbookId, playbookId),
        eq(playbooks.version, version),
      );
      const [held] = await tx
        .select({ status: playbooks.status, digest: playbooks.digest })
        .from(playbooks)
        .where(one)
        .for('update');
      if (held === undefined) throw new MmmError('RESOURCE_NOT_FOUND', `there is no ${playbookId}@${version}`);
      if (held.status === to || (to === 'draft' && held.status !== 'shadow')) return false;
      if (to === 'shadow' && held.status !== 'draft')
        throw new MmmError('CONFLICT', `${playbookId}@${version} is ${held.status}: only a draft can become a shadow`);
      await tx.update(playbooks).set({ status: to }).where(one);
      const what = to === 'shadow' ? 'shadow_started' : 'shadow_stopped';
      await record(tx, this.#writer, {
        ...{ tenantId, who, id: playbookId, type: `playbook.${what}`, what, details: { version } },
        before: { version, ...held },
        after: { version, ...held, status: to },
      });
      await invalidate(tx, tenantId);
      return true;
    });
  }
}
