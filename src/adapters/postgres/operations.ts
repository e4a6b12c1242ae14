import type { CursorRequest } from '../../admin/commands/set-cursor.ts';
import type { ShardRow } from '../../admin/queries/judge-shard.ts';
import type { Database, Queryable } from './database.ts';
import { audit } from './schema.ts';
import { sqlFile } from './sql-file.ts';
import { asTenant } from './tenant-transaction.ts';

/** mmm_audit belongs to tenants; what an operator does to the whole installation stands under a name that no tenant id can be (control character). */
export const INSTALLATION = '\u0001installation';

interface ShardResult {
  readonly shard: number;
  readonly epoch: string;
  readonly next_number: string;
  readonly published_upto: string;
  readonly moved: boolean;
}

/** Every shard that ever had a session or a row, in order. As role mmm_pipeline. */
export const shardRows = async (pipeline: Queryable): Promise<readonly ShardRow[]> => {
  const rows = await pipeline.query<ShardResult>(
    `SELECT shard, epoch, next_number, published_upto, timeline <> mmm_timeline() AS moved FROM mmm_shards ORDER BY shard`,
  );
  return rows.map((row) => ({
    shard: row.shard,
    epoch: BigInt(row.epoch),
    nextNumber: BigInt(row.next_number),
    publishedUpto: BigInt(row.published_upto),
    timelineMoved: row.moved,
  }));
};

/** What is stored of the partition count; null: no engine has started on this database. As role mmm_pipeline. */
export const storedPartitions = async (pipeline: Queryable): Promise<number | null> => {
  const rows = await pipeline.query<{ value: number }>(`SELECT value FROM mmm_settings WHERE name = 'partitions'`);
  return rows[0]?.value ?? null;
};

/** The database's clock in ms. */
export const databaseNow = async (database: Queryable): Promise<number> => {
  const rows = await database.query<{ ms: string }>(
    `SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS ms`,
  );
  return Number(rows[0]?.ms ?? Number.NaN);
};

/** As role mmm_pipeline; false when a row between is not kept any more. */
export const forgetPublished = async (pipeline: Queryable, shard: number, to: bigint): Promise<boolean> =>
  (await pipeline.query(sqlFile('forget-published'), [shard, to.toString()])).length > 0;

/** A line in mmm_audit of what an operator did to a shard. As role mmm_api. */
export const auditCursor = async (
  api: Database,
  what: string,
  { shard, to, reason, who, publishAgain }: CursorRequest,
  from: bigint | null,
): Promise<void> => {
  const details = {
    shard,
    from: from === null ? null : from.toString(),
    to: to.toString(),
    reason,
    publish_again: publishAgain,
  };
  await asTenant(api, INSTALLATION, async (tx) => {
    await tx.insert(audit).values({ tenantId: INSTALLATION, who, what, subject: `shard ${shard}`, details });
  });
};
