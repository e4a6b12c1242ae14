import type { Queryable } from './database.ts';

/**
 * The partition count this database was set up with (design 7), stored on the first call. Answers the stored one: a caller that finds
 * another in the log stops with PARTITIONS_CHANGED. As role mmm_pipeline.
 */
export const ensurePartitionCount = async (database: Queryable, count: number): Promise<number> => {
  await database.query(
    `INSERT INTO mmm_settings (name, value) VALUES ('partitions', to_jsonb($1::integer)) ON CONFLICT DO NOTHING`,
    [count],
  );
  const rows = await database.query<{ value: number }>(`SELECT value FROM mmm_settings WHERE name = 'partitions'`);
  return rows[0]?.value ?? count;
};
