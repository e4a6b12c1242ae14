import type { TopicName } from '../../generated/topics.ts';
import type { Metrics } from '../../pipeline/ports/metrics.ts';
import type { SqlDatabase } from './sql-database.ts';
import { logSql } from './sql-file.ts';

/** Gauges mmm_consumer_lag_records and mmm_consumer_lag_seconds of a group of the embedded log. Called by whoever reports metrics. */
export const reportLag = async (
  database: SqlDatabase,
  group: string,
  topics: readonly TopicName[],
  nowMs: number,
  metrics: Metrics,
): Promise<void> => {
  const rows = await database.query<{ records: string; oldest_ms: string | null }>(logSql('lag'), [group, topics]);
  const { records = '0', oldest_ms: oldestMs = null } = rows[0] ?? {};
  metrics.gauge('mmm_consumer_lag_records', Number(records), { group });
  const seconds = oldestMs === null ? 0 : Math.max(0, nowMs - Number(oldestMs)) / 1_000;
  metrics.gauge('mmm_consumer_lag_seconds', seconds, { group });
};
