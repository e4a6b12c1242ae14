import { and, desc, eq, sql } from 'drizzle-orm';
import { MmmError } from '../../errors.ts';
import { NOT_THERE } from '../../admin/ports/config-change.ts';
import { serverError } from './database-errors.ts';
import { alone, type DefinitionWriter, digestOf, invalidate, record } from './definition-write.ts';
import { playbooks } from './schema.ts';
import { asTenant } from './tenant-transaction.ts';
import type { TenantTx } from './tenant-transaction.ts';
import type { Written } from './definition-write.ts';

/** Whose playbook, and who does it. */
export interface PlaybookWrite {
  readonly tenantId: string;
  readonly playbookId: string;
  readonly who: string;
}

/**
 * The version the caller saw as live (null: none) when it checked what it is about to do; absent: whichever is live. Between the look and the write
 * another administrator may have published.
 */
export interface SeenLive {
  readonly seenLive?: number | null;
}

export interface RolledBack {
  readonly version: number;
  /** The version whose document it repeats. */
  readonly repeats: number;
}

const ONE_PUBLISHED = 'mmm_playbooks_one_published';

const conflict = (message: string): MmmError => new MmmError('CONFLICT', message);
const overtaken = (playbookId: string): MmmError =>
  conflict(
    `another version of ${playbookId} was published at the same time; look at it (playbooks diff) and decide anew`,
  );

/**
 * Everything below: draft -> published -> deprecated, never back, the document never changed. Each write is audited with what was live before, and told to
 * all processes. Decisions keep the version that they were made with. Role mmm_api.
 *
 * Publishing takes no lock over the tenant. Of two administrators at once, the second waits for the row that the first withdraws, finds it withdrawn,
 * and is refused by the unique index when it brings in its own: a lock would let it through after the first, unseen.
 */
const write = async <T>(
  writer: DefinitionWriter,
  { tenantId, playbookId }: PlaybookWrite,
  work: (tx: TenantTx) => Promise<T>,
): Promise<T> => {
  try {
    return await asTenant(writer.api, tenantId, work);
  } catch (error) {
    if (serverError(error)?.constraint === ONE_PUBLISHED) throw overtaken(playbookId);
    throw error;
  }
};

/**
 * A new draft version only if the document differs from the latest version, or that one is withdrawn: what was withdrawn is never live again under
 * its number. The document's own id names the playbook.
 */
export const importDraft = async (writer: DefinitionWriter, on: PlaybookWrite, document: unknown): Promise<Written> => {
  const { tenantId, playbookId, who } = on;
  const digest = digestOf(document);
  return await write(writer, on, async (tx) => {
    await alone(tx, tenantId);
    const latest = await latestOf(tx, tenantId, playbookId);
    if (latest?.digest === digest && latest.status !== 'deprecated') return { version: latest.version, changed: false };
    const version = (latest?.version ?? 0) + 1;
    await tx
      .insert(playbooks)
      .values({ tenantId, playbookId, version, status: 'draft', document, digest, createdBy: who });
    await record(tx, writer, {
      ...{ tenantId, who, id: playbookId, type: 'playbook.imported', what: 'playbook_imported' },
      before: latest ?? NOT_THERE,
      after: { version, digest, status: 'draft' },
      details: { version, digest },
    });
    return { version, changed: true };
  });
};

/** Makes this draft the published version; the one before becomes deprecated. Throws RESOURCE_NOT_FOUND, CONFLICT. */
export const publishDraft = async (
  writer: DefinitionWriter,
  on: PlaybookWrite,
  version: number,
  seen: SeenLive = {},
): Promise<Written> => {
  const { tenantId, playbookId, who } = on;
  return await write(writer, on, async (tx) => {
    const mine = and(eq(playbooks.tenantId, tenantId), eq(playbooks.playbookId, playbookId));
    const [held] = await tx
      .select({ status: playbooks.status, digest: playbooks.digest })
      .from(playbooks)
      .where(and(mine, eq(playbooks.version, version)))
      .for('update');
    if (held === undefined)
      throw new MmmError('RESOURCE_NOT_FOUND', `there is no version ${version} of ${playbookId}`, {
        details: { playbookId, version },
      });
    if (held.status === 'published') return { version, changed: false };
    if (held.status === 'deprecated')
      throw conflict(
        `version ${version} of ${playbookId} was withdrawn; publish its text again with playbooks rollback`,
      );
    const before = await withdrawLive(tx, tenantId, playbookId, seen);
    await tx
      .update(playbooks)
      .set({ status: 'published', publishedAt: sql`now()` })
      .where(and(mine, eq(playbooks.version, version)));
    await record(tx, writer, {
      ...{ tenantId, who, id: playbookId, type: 'playbook.published', what: 'playbook_published' },
      before: before === null ? NOT_THERE : { ...before, status: 'published' },
      after: { version, digest: held.digest, status: 'published' },
      details: { version, digest: held.digest, before },
    });
    await invalidate(tx, tenantId);
    return { version, changed: true };
  });
};

/** Withdraws the live version; nothing is live then. Throws CONFLICT if nothing is, or if it is not the one that was seen. */
export const deprecateLive = async (
  writer: DefinitionWriter,
  on: PlaybookWrite,
  seen: SeenLive = {},
): Promise<Written> => {
  const { tenantId, playbookId, who } = on;
  return await write(writer, on, async (tx) => {
    const before = await withdrawLive(tx, tenantId, playbookId, seen);
    if (before === null) throw conflict(`no version of ${playbookId} is published`);
    await record(tx, writer, {
      ...{ tenantId, who, id: playbookId, type: 'playbook.deprecated', what: 'playbook_deprecated' },
      before: { ...before, status: 'published' },
      after: { ...before, status: 'deprecated' },
      details: { version: before.version, digest: before.digest, before },
    });
    await invalidate(tx, tenantId);
    return { version: before.version, changed: true };
  });
};

/** Publishes the document of an earlier version under a new number. Throws RESOURCE_NOT_FOUND, CONFLICT. */
export const rollBackTo = async (
  writer: DefinitionWriter,
  on: PlaybookWrite,
  to: number,
  seen: SeenLive = {},
): Promise<RolledBack> => {
  const { tenantId, playbookId, who } = on;
  return await write(writer, on, async (tx) => {
    await alone(tx, tenantId);
    const [earlier] = await tx
      .select({ document: playbooks.document, digest: playbooks.digest, status: playbooks.status })
      .from(playbooks)
      .where(and(eq(playbooks.tenantId, tenantId), eq(playbooks.playbookId, playbookId), eq(playbooks.version, to)));
    if (earlier === undefined)
      throw new MmmError('RESOURCE_NOT_FOUND', `there is no version ${to} of ${playbookId}`, {
        details: { playbookId, version: to },
      });
    if (earlier.status === 'published') throw conflict(`version ${to} of ${playbookId} is the live one`);
    if (earlier.status !== 'deprecated') throw conflict(`version ${to} of ${playbookId} was never live; publish it`);
    const version = ((await latestOf(tx, tenantId, playbookId))?.version ?? 0) + 1;
    const before = await withdrawLive(tx, tenantId, playbookId, seen);
    const { document, digest } = earlier;
    await tx.insert(playbooks).values({
      tenantId,
      playbookId,
      version,
      status: 'published',
      document,
      digest,
      createdBy: who,
      publishedAt: sql`now()`,
    });
    await record(tx, writer, {
      ...{ tenantId, who, id: playbookId, type: 'playbook.rolled_back', what: 'playbook_rolled_back', repeats: to },
      before: before === null ? NOT_THERE : { ...before, status: 'published' },
      after: { version, digest, status: 'published' },
      details: { version, repeats: to, digest, before },
    });
    await invalidate(tx, tenantId);
    return { version, repeats: to };
  });
};

interface Live {
  readonly version: number;
  readonly digest: string;
}

const latestOf = async (
  tx: TenantTx,
  tenantId: string,
  playbookId: string,
): Promise<{ readonly version: number; readonly digest: string; readonly status: string } | undefined> => {
  const [latest] = await tx
    .select({ version: playbooks.version, digest: playbooks.digest, status: playbooks.status })
    .from(playbooks)
    .where(and(eq(playbooks.tenantId, tenantId), eq(playbooks.playbookId, playbookId)))
    .orderBy(desc(playbooks.version))
    .limit(1);
  return latest;
};

/** The version that was live until now, deprecated; null: none was. Waits for whoever holds that row. */
const withdrawLive = async (
  tx: TenantTx,
  tenantId: string,
  playbookId: string,
  { seenLive }: SeenLive,
): Promise<Live | null> => {
  const [withdrawn] = await tx
    .update(playbooks)
    .set({ status: 'deprecated' })
    .where(
      and(eq(playbooks.tenantId, tenantId), eq(playbooks.playbookId, playbookId), eq(playbooks.status, 'published')),
    )
    .returning({ version: playbooks.version, digest: playbooks.digest });
  if (seenLive !== undefined && seenLive !== (withdrawn?.version ?? null)) throw overtaken(playbookId);
  return withdrawn ?? null;
};
