import type { Admin, Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import { expect, test } from '@jest/globals';
import { KafkaNames } from '../../../src/adapters/kafka/names.ts';
import { PartitionCounts } from '../../../src/adapters/kafka/partition-counts.ts';
import { KafkaPartitionGroup } from '../../../src/adapters/kafka/partition-group.ts';
import type { PartitionReader } from '../../../src/pipeline/ports/partitions.ts';
import { clock, logger, metrics } from './cluster.ts';

const EVENTS = ['GROUP_JOIN', 'REBALANCING', 'HEARTBEAT', 'CRASH', 'STOP', 'END_BATCH_PROCESS'] as const;
type EventName = (typeof EVENTS)[number];

/** The client's consumer, as far as the adapter sees it: events and batches come when the test says, which is what a race needs. */
class ScriptedConsumer {
  readonly events = Object.fromEntries(EVENTS.map((name) => [name, name]));
  readonly #listeners = new Map<string, ((event: { payload: unknown }) => void)[]>();
  #eachBatch: ((payload: EachBatchPayload) => Promise<void>) | null = null;
  #seeking = false;
  #sought = Promise.withResolvers<void>();

  on(name: string, listener: (event: { payload: unknown }) => void): void {
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), listener]);
  }
  emit(name: EventName, payload: unknown): void {
    for (const listener of this.#listeners.get(name) ?? []) listener({ payload });
  }
  seek(): void {
    this.#seeking = true;
    this.#sought.resolve();
    this.#sought = Promise.withResolvers();
  }
  nextSeek(): Promise<void> {
    return this.#sought.promise;
  }
  /** The client's next fetch takes the seek; until then, what it has fetched before is stale. */
  seekIsTaken(): void {
    this.#seeking = false;
  }
  connect = (): Promise<void> => Promise.resolve();
  disconnect = (): Promise<void> => Promise.resolve();
  subscribe = (): Promise<void> => Promise.resolve();
  pause(): void {}
  resume(): void {}
  run({ eachBatch }: { eachBatch: (payload: EachBatchPayload) => Promise<void> }): Promise<void> {
    this.#eachBatch = eachBatch;
    return Promise.resolve();
  }

  /** As the client does: the handler, then the event, also for a batch that the handler refused. */
  async deliver(topic: string, first: number, values: readonly string[], end?: number): Promise<void> {
    const last = first + values.length - 1;
    const highWatermark = String(end ?? last + 1);
    const messages = values.map((value, i) => ({
      offset: String(first + i),
      key: null,
      value: Buffer.from(value),
      timestamp: '0',
      headers: {},
    }));
    const batch = {
      topic,
      partition: 0,
      messages,
      highWatermark,
      firstOffset: () => String(first),
      lastOffset: () => String(last),
    };
    await this.#eachBatch!({
      batch,
      isStale: () => this.#seeking,
      resolveOffset: () => {},
    } as unknown as EachBatchPayload);
    this.emit('END_BATCH_PROCESS', {
      topic,
      partition: 0,
      batchSize: values.length,
      firstOffset: String(first),
      lastOffset: String(last),
    });
  }
}

const topic = new KafkaNames('').topic('mmm.signals');

/** A group that owns partition 0, on a log that starts at 0. */
const started = async (consumer: ScriptedConsumer): Promise<KafkaPartitionGroup> => {
  const names = new KafkaNames('');
  const admin = {
    fetchTopicOffsets: () => Promise.resolve([{ partition: 0, low: '0', high: '0', offset: '0' }]),
  } as unknown as Admin;
  const group = new KafkaPartitionGroup({
    kafka: { consumer: () => consumer as unknown as Consumer } as unknown as Kafka,
    admin,
    names,
    counts: new PartitionCounts(admin, names, clock),
    metrics,
    clock,
    logger,
    onFailed: () => undefined,
  });
  await group.start({ assigned: () => undefined, revoked: () => undefined });
  consumer.emit('GROUP_JOIN', { memberAssignment: { [topic]: [0] } });
  return group;
};

const textsOf = async (reader: PartitionReader): Promise<string[]> =>
  (await reader.take(10, 0)).map(({ value }) => String(value));

test('records that were fetched while a session seeks to that very place are not lost', async () => {
  const consumer = new ScriptedConsumer();
  const group = await started(consumer);
  const reader = group.reader(0);
  await reader.seek(5n);
  await consumer.deliver(topic, 5, ['a', 'b']);
  consumer.seekIsTaken();
  await consumer.deliver(topic, 5, ['a', 'b']);
  expect(await textsOf(reader)).toEqual(['a', 'b']);
  await group.stop();
});

test('a log that lost its tail is read again from its start: new records under numbers that were read before are not skipped', async () => {
  const consumer = new ScriptedConsumer();
  const group = await started(consumer);
  const reader = group.reader(0);
  await reader.seek(5n);
  consumer.seekIsTaken();
  await consumer.deliver(topic, 5, ['old 5', 'old 6']);
  expect(await textsOf(reader)).toEqual(['old 5', 'old 6']);
  // An election of a broker that held only 0 to 3: the client starts over by itself, and what it brings looks known.
  const sought = consumer.nextSeek();
  await consumer.deliver(topic, 4, ['new 4'], 5);
  await sought;
  consumer.seekIsTaken();
  await consumer.deliver(topic, 0, ['old 0', 'old 1', 'old 2', 'old 3', 'new 4'], 5);
  expect(await textsOf(reader)).toEqual(['old 0', 'old 1', 'old 2', 'old 3', 'new 4']);
  await group.stop();
});
