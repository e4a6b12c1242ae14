import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openEmbeddedLog } from '../../../src/adapters/embedded/log.ts';
import type { EmbeddedLog } from '../../../src/adapters/embedded/log.ts';
import { reportLag } from '../../../src/adapters/embedded/log-lag.ts';
import { LogTopicReader } from '../../../src/adapters/embedded/log-topic-reader.ts';
import { cutTopic, deleteExpired, readTopic, topicOffsets } from '../../../src/adapters/embedded/log-topics.ts';
import type { Database } from '../../../src/adapters/postgres/database.ts';
import type { Metrics } from '../../../src/pipeline/ports/metrics.ts';
import type { RawRecord } from '../../../src/pipeline/ports/intake.ts';
import type { OutputRecord } from '../../../src/pipeline/ports/records.ts';
import { noMetrics } from '../../pipeline/harness.ts';
import { keyOfPartition, partitionsContract } from '../../contracts/partitions.ts';
import type { TestDatabase } from '../postgres/test-database.ts';
import { silent } from '../postgres/silent-logger.ts';
import { makeDatabase } from '../postgres/test-database.ts';

const PARTITIONS = 6;
const DAY_MS = 24 * 3_600_000;

const openLog = (database: Database, now = (): number => Date.now()): EmbeddedLog =>
  openEmbeddedLog({
    database,
    clock: { now, monotonicMs: () => performance.now() },
    logger: silent,
    metrics: noMetrics,
    signalPartitions: PARTITIONS,
    inputTopics: ['mmm.triggers', 'release.events'],
    outcomeTopics: ['mmm.outcome_reports'],
  });

partitionsContract('PostgreSQL', async () => {
  const database = await makeDatabase();
  const log = openLog(database.pipeline);
  return {
    ...log,
    readAll: async (topic) => await readTopic(database.pipeline, topic, new Map(), 10_000),
    close: async () => await database.drop(),
  };
});

const trigger = (partition: number, text: string, topic: OutputRecord['topic'] = 'mmm.triggers'): OutputRecord => ({
  topic,
  key: keyOfPartition(partition, PARTITIONS),
  value: Buffer.from(text),
  headers: {},
});

describe('embedded log', () => {
  let database: TestDatabase;
  let log: EmbeddedLog;

  beforeAll(async () => {
    database = await makeDatabase();
    log = openLog(database.pipeline);
  });
  afterAll(async () => {
    await database.drop();
  });

  test('a wake before a take ends its wait, also behind a take that may not wait', async () => {
    const reader = log.group.reader(5);
    await reader.seek(0n);
    reader.wake();
    expect(await reader.take(10, 0)).toEqual([]);
    expect(await reader.take(10, 600_000)).toEqual([]);
  });

  test('eight writers at once over several partitions: offsets without gap, each writer in order', async () => {
    const write = async (name: string): Promise<void> => {
      for (let round = 0; round < 15; round++) {
        await log.writer.append(
          [3, 1, 2, 3].map((partition, index) =>
            trigger(partition, `${name}-${round * 10 + index}`, 'incident.events'),
          ),
        );
      }
    };
    await Promise.all(Array.from({ length: 8 }, async (_, index) => await write(`w${index}`)));
    const records = await readTopic(database.pipeline, 'incident.events', new Map(), 10_000);
    expect(records).toHaveLength(8 * 15 * 4);
    for (const partition of [1, 2, 3]) {
      const mine = records
        .filter((record) => record.partition === partition)
        .sort((a, b) => Number(a.offset - b.offset));
      expect(mine.map((record) => record.offset)).toEqual(mine.map((_, index) => BigInt(index)));
      for (let writer = 0; writer < 8; writer++) {
        const numbers = mine
          .map((record) =>
            Buffer.from(record.value ?? [])
              .toString()
              .split('-'),
          )
          .filter(([name]) => name === `w${writer}`)
          .map(([, number]) => Number(number));
        expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
      }
    }
  });

  test('intake gets every record in lane order, again after its handler failed, and goes on where it stopped', async () => {
    const seen: RawRecord[] = [];
    const waiters: { wanted: number; resolve: () => void }[] = [];
    const have = async (wanted: number): Promise<void> =>
      await new Promise((resolve) => {
        if (seen.length >= wanted) resolve();
        else waiters.push({ wanted, resolve });
      });
    let failures = 1;
    const handler = (batch: readonly RawRecord[]): Promise<void> => {
      if (failures-- > 0) return Promise.reject(new Error('not now'));
      seen.push(...batch);
      for (const { wanted, resolve } of waiters) if (seen.length >= wanted) resolve();
      return Promise.resolve();
    };
    await log.writer.append([trigger(0, 'a'), trigger(0, 'b'), trigger(1, 'c'), trigger(0, 'r', 'release.events')]);
    const first = openLog(database.pipeline).intake;
    await first.start(handler);
    await have(4);
    expect(first.health().joined).toBe(true);
    await first.stop();
    const lane = seen.filter((record) => record.channel === 'mmm.triggers' && record.lane === 0);
    expect(lane.map((record) => [record.position, Buffer.from(record.value ?? []).toString()])).toEqual([
      [0n, 'a'],
      [1n, 'b'],
    ]);

    await log.writer.append([trigger(0, 'd')]);
    const second = openLog(database.pipeline).intake;
    await second.start(handler);
    await have(5);
    await log.writer.append([trigger(1, 'e')]);
    await have(6);
    await second.stop();
    expect(seen.slice(4).map((record) => Buffer.from(record.value ?? []).toString())).toEqual(['d', 'e']);
  });

  test('records without key or value stay without', async () => {
    await log.writer.append([{ topic: 'mmm.dlq', key: null, value: null, headers: { 'mmm-dlq-code': 'EMPTY_VALUE' } }]);
    const [record] = await readTopic(database.pipeline, 'mmm.dlq', new Map(), 10);
    expect(record).toMatchObject({
      key: null,
      value: null,
      headers: { 'mmm-dlq-code': 'EMPTY_VALUE' },
      partition: 0,
      offset: 0n,
    });
  });

  test('a topic is read on from given offsets', async () => {
    await log.writer.append(['1', '2', '3'].map((text) => trigger(4, text, 'mmm.outcomes')));
    const records = await readTopic(database.pipeline, 'mmm.outcomes', new Map([[4, 1n]]), 1);
    expect(records.map((record) => record.offset)).toEqual([1n]);
    expect(await readTopic(database.pipeline, 'mmm.outcomes', new Map([[4, 3n]]), 10)).toEqual([]);
    expect((await topicOffsets(database.pipeline, 'mmm.outcomes')).get(4)).toEqual({ first: 0n, next: 3n });
  });

  test('a partition is read in its order, each record once, also where a later record has an earlier time', async () => {
    const now = Date.now();
    const at = (ms: number): EmbeddedLog => openLog(database.pipeline, () => now + ms);
    await at(20).writer.append([trigger(2, 'late clock', 'mmm.decisions')]);
    await at(10).writer.append([trigger(3, 'other lane', 'mmm.decisions'), trigger(2, 'early clock', 'mmm.decisions')]);
    const seen: [number, bigint][] = [];
    const reading = { from: 'earliest', follow: false, signal: new AbortController().signal } as const;
    await new LogTopicReader(database.pipeline).read('mmm.decisions', reading, ({ lane, position }) => {
      seen.push([lane, position]);
    });
    expect(seen.sort(([a], [b]) => a - b)).toEqual([
      [2, 0n],
      [2, 1n],
      [3, 0n],
    ]);
  });

  test('cut: what stands before is gone for good, the next record has the next number, other topics are untouched', async () => {
    await log.writer.append(['1', '2', '3'].map((text) => trigger(4, text, 'mmm.admin_config')));
    await cutTopic(database.pipeline, 'mmm.admin_config', new Map([[4, 2n]]));
    expect((await topicOffsets(database.pipeline, 'mmm.admin_config')).get(4)).toEqual({ first: 2n, next: 3n });
    const left = await readTopic(database.pipeline, 'mmm.admin_config', new Map(), 10);
    expect(left.map((record) => Buffer.from(record.value ?? []).toString())).toEqual(['3']);
    await cutTopic(database.pipeline, 'mmm.admin_config', new Map([[4, 99n]]));
    expect((await topicOffsets(database.pipeline, 'mmm.admin_config')).get(4)).toEqual({ first: 3n, next: 3n });
    await log.writer.append([trigger(4, '4', 'mmm.admin_config')]);
    expect((await readTopic(database.pipeline, 'mmm.admin_config', new Map(), 10)).map(({ offset }) => offset)).toEqual(
      [3n],
    );
  });

  test('retention deletes what is older than the topic keeps, oldest first, and offsets go on', async () => {
    const now = Date.now();
    await openLog(database.pipeline, () => now - 8 * DAY_MS).writer.append([trigger(0, 'old', 'detection.alerts')]);
    await openLog(database.pipeline, () => now - 6 * DAY_MS).writer.append([trigger(0, 'kept', 'detection.alerts')]);
    expect(await deleteExpired(database.pipeline, now)).toBe(1);
    const left = await readTopic(database.pipeline, 'detection.alerts', new Map(), 10);
    expect(left.map((record) => [record.offset, Buffer.from(record.value ?? []).toString()])).toEqual([[1n, 'kept']]);
    expect((await topicOffsets(database.pipeline, 'detection.alerts')).get(0)).toEqual({ first: 1n, next: 2n });
  });

  test('lag is what a group has not acknowledged, and the age of the oldest of it', async () => {
    const now = Date.now();
    const topics = ['governance.actor_deletions'] as const;
    const gauges: unknown[] = [];
    const metrics: Metrics = { ...noMetrics, gauge: (...told) => void gauges.push(told) };
    const lag = async (): Promise<unknown[]> => {
      await reportLag(database.pipeline, 'readers', topics, now, metrics);
      return gauges.splice(0);
    };
    const said = (records: number, seconds: number): unknown[] => [
      ['mmm_consumer_lag_records', records, { group: 'readers' }],
      ['mmm_consumer_lag_seconds', seconds, { group: 'readers' }],
    ];
    expect(await lag()).toEqual(said(0, 0));
    await openLog(database.pipeline, () => now - 9_000).writer.append([trigger(0, '1', topics[0])]);
    await openLog(database.pipeline, () => now - 4_000).writer.append([1, 0].map((at) => trigger(at, '2', topics[0])));
    expect(await lag()).toEqual(said(3, 9));
    await database.pipeline.query(
      `INSERT INTO mmm_log_offsets (group_id, topic, "partition", next_offset) VALUES ('readers', $1, 0, 1)`,
      [topics[0]],
    );
    expect(await lag()).toEqual(said(2, 4));
  });

  test('a new owner waits for the publication of the old one and then sees its positions', async () => {
    const old = await log.outputs.open(5);
    await old.fence();
    const blocked = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const holder = database.pipeline.transaction(async (tx) => {
      await tx.query(
        `INSERT INTO mmm_log_heads (topic, "partition") VALUES ('mmm.receipts', 5) ON CONFLICT DO NOTHING`,
      );
      blocked.resolve();
      await release.promise;
    });
    await blocked.promise;
    const publishing = old.publish({ records: [trigger(5, 'x', 'mmm.receipts')], inputNext: 4n, cursor: 4n });
    const waits = async (query: string): Promise<void> => {
      for (;;) {
        const rows = await database.owner.query(
          `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE $1`,
          [query],
        );
        if (rows.length > 0) return;
      }
    };
    await waits('%mmm_log_publish%');
    const owner = await log.outputs.open(5);
    const fencing = owner.fence();
    await waits('%mmm_log_fences AS f%');
    release.resolve();
    await Promise.all([holder, publishing]);
    expect(await fencing).toEqual({ input: 4n, cursor: 4n });
  });
});
