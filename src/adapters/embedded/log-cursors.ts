import { DECIDE_GROUP } from './log-session-outputs.ts';
import type { SqlDatabase } from './sql-database.ts';

/** The outbox cursors of the embedded log: what the decide group has committed on mmm.outbox. Shards without one are not in the map. */
export const committedLogCursors = async (database: SqlDatabase): Promise<ReadonlyMap<number, bigint>> => {
  const rows = await database.query<{ partition: number; next_offset: string }>(
    `SELECT "partition", next_offset FROM mmm_log_offsets WHERE group_id = $1 AND topic = 'mmm.outbox'`,
    [DECIDE_GROUP],
  );
  return new Map(rows.map((row) => [row.partition, BigInt(row.next_offset)]));
};
