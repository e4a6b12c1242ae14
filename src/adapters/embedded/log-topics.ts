import type { TopicName } from '../../generated/topics.ts';
import { TOPICS } from '../../generated/topics.ts';
import type { LogRecord } from '../../pipeline/ports/records.ts';
import type { PartitionsOf } from './append-arguments.ts';
import { readRecords } from './read-records.ts';
import type { SqlDatabase } from './sql-database.ts';
import { logSql } from './sql-file.ts';

const DELETE_RECORDS = 5_000;

export interface TopicRecord extends LogRecord {
  readonly partition: number;
}

/** As topics.yaml says, but `mmm.signals` and `mmm.outbox` have as many as the database was set up with. */
export const partitionsBySetting =
  (signalPartitions: number): PartitionsOf =>
  (topic) =>
    topic === 'mmm.signals' || topic === 'mmm.outbox' ? signalPartitions : TOPICS[topic].partitions;

interface Head {
  readonly topic: TopicName;
  readonly partition: number;
  readonly first_offset: string;
  readonly next_offset: string;
}

const headsOf = async (database: SqlDatabase, topic: TopicName | null): Promise<readonly Head[]> =>
  await database.query<Head>(
    'SELECT topic, "partition", first_offset, next_offset FROM mmm_log_heads WHERE $1::text IS NULL OR topic = $1 ORDER BY topic, "partition"',
    [topic],
  );

/** First and next offset of each partition that ever had a record. */
export const topicOffsets = async (
  database: SqlDatabase,
  topic: TopicName,
): Promise<ReadonlyMap<number, { readonly first: bigint; readonly next: bigint }>> => {
  const heads = await headsOf(database, topic);
  return new Map(
    heads.map((head) => [head.partition, { first: BigInt(head.first_offset), next: BigInt(head.next_offset) }]),
  );
};

/**
 * For `mmm consume`: records of all partitions from the offsets given (absent = earliest), at most `limit` of each, by time and then place.
 * To follow, call again with the offsets after what came; `onTopicChanged` tells when.
 */
export const readTopic = async (
  database: SqlDatabase,
  topic: TopicName,
  from: ReadonlyMap<number, bigint>,
  limit: number,
): Promise<readonly TopicRecord[]> => {
  const found: { readonly record: TopicRecord; readonly notBefore: number }[] = [];
  for (const { partition, next_offset } of await headsOf(database, topic)) {
    const start = from.get(partition) ?? 0n;
    if (start >= BigInt(next_offset)) continue;
    // Two writers' clocks may disagree with the order they came in: within a partition the offset is the order, and time only joins partitions.
    let notBefore = -Infinity;
    for (const record of await readRecords(database, topic, partition, start, limit)) {
      notBefore = Math.max(notBefore, record.timestampMs);
      found.push({ record: { ...record, partition }, notBefore });
    }
  }
  return found
    .sort(
      (a, b) =>
        a.notBefore - b.notBefore ||
        a.record.partition - b.record.partition ||
        Number(a.record.offset - b.record.offset),
    )
    .map(({ record }) => record);
};

/** Calls back soon after records of the topic were appended. Best effort. Returns the way to stop. */
export const onTopicChanged = (database: SqlDatabase, topic: TopicName, callback: () => void): (() => void) =>
  database.listen('mmm_log', (which) => {
    if (which === null || which === topic) callback();
  });

/** Deletes the records before the offsets given, by partition. */
export const cutTopic = async (
  database: SqlDatabase,
  topic: TopicName,
  before: ReadonlyMap<number, bigint>,
): Promise<void> => {
  for (const [partition, offset] of before) await database.query(logSql('cut'), [topic, partition, offset.toString()]);
};

/** Deletes what is older than its topic's retention and answers how many records that was. To be called every few minutes. */
export const deleteExpired = async (database: SqlDatabase, nowMs: number): Promise<number> => {
  let total = 0;
  for (const { topic, partition } of await headsOf(database, null)) {
    const before = nowMs - TOPICS[topic].retentionMs;
    let deleted: number;
    do {
      const rows = await database.query<{ deleted: number }>(logSql('delete-expired'), [
        topic,
        partition,
        before,
        DELETE_RECORDS,
      ]);
      deleted = rows[0]?.deleted ?? 0;
      total += deleted;
    } while (deleted === DELETE_RECORDS);
  }
  return total;
};
