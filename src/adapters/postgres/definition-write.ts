import { createHash } from 'node:crypto';
import { sql } from 'drizzle-orm';
import type { ConfigChange, ConfigRecords } from '../../admin/ports/config-change.ts';
import { encodeKeyPart } from '../../domain/ids.ts';
import { partitionOf } from '../../domain/partitioner.ts';
import { canonicalJson } from '../../domain/receipt/canonical-json.ts';
import { MmmError } from '../../errors.ts';
import { headersToText } from '../../pipeline/ports/header-text.ts';
import type { Database } from './database.ts';
import { audit } from './schema.ts';
import type { TenantTx } from './tenant-transaction.ts';

/** What every writer of definitions needs. `api`: role mmm_api. Without a way to tell a change nothing can be changed. */
export interface DefinitionWriter {
  readonly api: Database;
  readonly toRecord: ConfigRecords;
}

/** What a write did; `changed` false: it was there already, and nothing was written. */
export interface Written {
  readonly version: number;
  readonly changed: boolean;
}

/** A change that was just made: its line of the audit, and what its event tells. */
export interface MadeChange extends Omit<ConfigChange, 'repeats' | 'auditId'> {
  readonly repeats?: number;
  /** As mmm_audit has it. */
  readonly what: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** What tells two documents of a definition apart, whatever the order of their members. */
export const digestOf = (document: unknown): string =>
  createHash('sha256').update(canonicalJson(document)).digest('hex');

/** One writer of a tenant's definitions at a time: "the latest version" is read and written in one piece. */
export const alone = async (tx: TenantTx, tenantId: string): Promise<void> => {
  await tx.execute(sql`SELECT pg_advisory_xact_lock(hashtext('mmm.definitions'), hashtext(${tenantId}))`);
};

/** Any hash of the partitioner, before it is cut down to a count of partitions. */
const HASHES = 0x8000_0000;

/**
 * Locks the shard that the tenant's events leave by until the transaction ends, and answers it. The last thing before the event is written, because a
 * session waits for the same row; but before an actor is locked, because a commit locks the shard first. Throws DATABASE_WENT_BACK, OVERLOADED.
 */
export const lockShard = async (tx: TenantTx, tenantId: string): Promise<number> => {
  const key = encodeKeyPart(tenantId);
  const { rows } = await tx.execute<{ shard: number }>(
    sql`SELECT mmm_lock_config_shard(${partitionOf(key, HASHES)}, ${Buffer.from(key)}) AS shard`,
  );
  if (rows[0] === undefined) throw new MmmError('INTERNAL_ERROR', 'no shard was locked');
  return rows[0].shard;
};

/** The line of the audit and the event of `mmm.admin_config`, in the transaction that made the change: both or neither. `shard` if it is locked already. */
export const record = async (
  tx: TenantTx,
  { toRecord }: Pick<DefinitionWriter, 'toRecord'>,
  { what, details, ...change }: MadeChange,
  shard?: number,
): Promise<void> => {
  const { tenantId, who, id: subject } = change;
  const [line] = await tx
    .insert(audit)
    .values({ tenantId, who, what, subject, details })
    .returning({ auditId: audit.auditId });
  if (line === undefined) throw new MmmError('INTERNAL_ERROR', 'the audit was not written');
  const { key, value, headers } = toRecord({ repeats: null, ...change, auditId: line.auditId.toString() });
  const at = shard ?? (await lockShard(tx, tenantId));
  await tx.execute(
    sql`SELECT mmm_put_config_event(${at}, ${Buffer.from(key ?? '')}, ${headersToText(headers)}, ${Buffer.from(value ?? '')})`,
  );
};

/** Every process drops what it compiled of this tenant (design 3.5). Sent with the commit, so never too early. */
export const invalidate = async (tx: TenantTx, tenantId: string): Promise<void> => {
  await tx.execute(sql`SELECT pg_notify('mmm_rules', ${tenantId})`);
};
