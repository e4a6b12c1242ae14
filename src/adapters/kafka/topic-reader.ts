import { randomUUID } from 'node:crypto';
import type { Admin, Kafka } from 'kafkajs';
import type { TopicName } from '../../generated/topics.ts';
import type { RawRecord } from '../../pipeline/ports/intake.ts';
import { logUnavailable } from './client-errors.ts';
import { readHeaders } from './headers.ts';
import { MEMBER } from './member-settings.ts';
import type { KafkaNames } from './names.ts';

/** The end that was seen may lie behind a transaction that is still open; without news for this long, what can be read was read. */
const QUIET_MS = 3_000;

export interface ReadOptions {
  readonly from: 'earliest' | 'latest';
  /** Go on after the end until `signal`. */
  readonly follow: boolean;
  readonly signal: AbortSignal;
}

/**
 * Reads a topic as any outside reader would (`read_committed`), in a group of its own that is deleted afterwards: it moves no offset of
 * the engine. Resolves at the end as it was at the start, or with `follow` when `signal` fires. Order holds within a partition.
 * @throws MmmError LOG_UNAVAILABLE; what `onRecord` throws.
 */
export async function readTopic(
  deps: { readonly kafka: Kafka; readonly admin: Admin; readonly names: KafkaNames },
  topic: TopicName,
  options: ReadOptions,
  onRecord: (record: RawRecord) => void | Promise<void>,
): Promise<void> {
  const fullName = deps.names.topic(topic);
  const groupId = deps.names.group(`mmm-consume-${randomUUID()}`);
  const consumer = deps.kafka.consumer({ ...MEMBER, groupId });
  const done = Promise.withResolvers<void>();
  let lastNews = Date.now();
  const quiet = setInterval(() => {
    if (!options.follow && Date.now() - lastNews > QUIET_MS) done.resolve();
  }, 500);
  const onAbort = (): void => done.resolve();
  options.signal.addEventListener('abort', onAbort, { once: true });
  try {
    const offsets = await deps.admin.fetchTopicOffsets(fullName);
    const open = new Map(offsets.filter((o) => o.low !== o.high).map((o) => [o.partition, BigInt(o.high)]));
    if (!options.follow && (options.from === 'latest' || open.size === 0)) return;
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      if (!payload.restart) done.reject(payload.error);
    });
    consumer.on(consumer.events.GROUP_JOIN, () => {
      lastNews = Date.now();
      if (options.from !== 'latest') return;
      // The end as it was asked for above: "latest" resolved by the client later would skip what came between.
      for (const { partition, high } of offsets) consumer.seek({ topic: fullName, partition, offset: high });
    });
    consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
      lastNews = Date.now();
      const end = open.get(payload.partition);
      if (end !== undefined && BigInt(payload.lastOffset) + 1n >= end) open.delete(payload.partition);
      if (!options.follow && open.size === 0) done.resolve();
    });
    await consumer.connect();
    await consumer.subscribe({ topics: [fullName], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatch: async (payload) => {
        const { batch } = payload;
        try {
          for (const message of batch.messages) {
            if (!payload.isRunning() || options.signal.aborted) return;
            await onRecord({
              channel: topic,
              lane: batch.partition,
              position: BigInt(message.offset),
              timestampMs: Number(message.timestamp),
              key: message.key,
              value: message.value,
              headers: readHeaders(message.headers),
            });
          }
        } catch (error) {
          done.reject(error);
        }
      },
    });
    await done.promise;
  } catch (error) {
    throw logUnavailable(error);
  } finally {
    clearInterval(quiet);
    options.signal.removeEventListener('abort', onAbort);
    await consumer.disconnect();
    // Nothing was committed, so brokers often know no such group any more.
    await deps.admin.deleteGroups([groupId]).catch(() => undefined);
  }
}
