import type { Admin, Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import { expect, test } from '@jest/globals';
import { KafkaNames } from '../../../src/adapters/kafka/names.ts';
import { PartitionCounts } from '../../../src/adapters/kafka/partition-counts.ts';
import { KafkaPartitionGroup } from '../../../src/adapters/kafka/partition-group.ts';
import { clock, logger, metrics } from './cluster.ts';

const EVENTS = ['GROUP_JOIN', 'REBALANCING', 'HEARTBEAT', 'CRASH', 'STOP', 'END_BATCH_PROCESS'] as const;
type EventName = (typeof EVENTS)[number];

/** The client's consumer, as far as the adapter sees it: events and batches come when the test says, which is what a race needs. */
class ScriptedConsumer {
  readonly events = Object.fromEntries(EVENTS.map((name) => [name, name]));
  readonly #listeners = new Map<string, ((event: { payload: unknown }) => void)[]>();
  #eachBatch: ((payload: EachBatchPayload) => Promise<void>) | null = null;
  #seeking = false;

  on(name: string, listener: (event: { payload: unknown }) => void): void {
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), listener]);
  }
  emit(name: EventName, payload: unknown): void {
    for (const listener of this.#listeners.get(name) ?? []) listener({ payload });
  }
  seek(): void {
    this.#seeking = true;
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
  async deliver(topic: string, first: number, values: readonly string[]): Promise<void> {
    const last = first + values.length - 1;
    const messages = values.map((value, i) => ({
      offset: String(first + i),
      key: null,
      value: Buffer.from(value),
      timestamp: '0',
      headers: {},
    }));
    const batch = { topic, partition: 0, messages, firstOffset: () => String(first), lastOffset: () => String(last) };
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

test('records that were fetched while a session seeks to that very place are not lost', async () => {
  const consumer = new ScriptedConsumer();
  const names = new KafkaNames('');
  const admin = {} as Admin;
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
  const topic = names.topic('mmm.signals');
  await group.start({ assigned: () => undefined, revoked: () => undefined });
  consumer.emit('GROUP_JOIN', { memberAssignment: { [topic]: [0] } });
  const reader = group.reader(0);
  await reader.seek(5n);
  await consumer.deliver(topic, 5, ['a', 'b']);
  consumer.seekIsTaken();
  await consumer.deliver(topic, 5, ['a', 'b']);
  expect((await reader.take(10, 0)).map(({ value }) => String(value))).toEqual(['a', 'b']);
  await group.stop();
});
