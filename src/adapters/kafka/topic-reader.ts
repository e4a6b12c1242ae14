import { randomUUID } from 'node:crypto';
import type { Admin, Kafka } from 'kafkajs';
import type { ReadOptions } from '../../admin/ports/topic-reader.ts';
import type { TopicName } from '../../generated/topics.ts';
import type { RawRecord } from '../../pipeline/ports/intake.ts';
import { logUnavailable } from './client-errors.ts';
import { readHeaders } from './headers.ts';
import { MEMBER } from './member-settings.ts';
import type { KafkaNames } from './names.ts';

/** The end that was seen may lie behind a transaction that is still open; without news for this long, what can be read was read. */
const QUIET_MS = 3_000;

interface Bounds {
  readonly partition: number;
  readonly low: string;
  readonly high: string;
}

/** Where to begin in each partition; null: at its first record. */
async function startsOf(
  admin: Admin,
  fullName: string,
  from: ReadOptions['from'],
  bounds: readonly Bounds[],
): Promise<ReadonlyMap<number, bigint> | null> {
  if (from === 'earliest') return null;
  // The end as it was asked for before joining: "latest" resolved by the client later would skip what came between.
  if (from === 'latest') return new Map(bounds.map(({ partition, high }) => [partition, BigInt(high)]));
  if ('last' in from) {
    const starts = bounds.map(({ partition, low, high }): [number, bigint] => {
      const start = BigInt(high) - BigInt(from.last);
      return [partition, start > BigInt(low) ? start : BigInt(low)];
    });
    return new Map(starts);
  }
  const found = await admin.fetchTopicOffsetsByTimestamp(fullName, from.sinceMs);
  return new Map(found.map(({ partition, offset }) => [partition, BigInt(offset)]));
}

/**
 * TopicReader on Kafka: `read_committed`, in a group of its own that is deleted afterwards.
 * @throws MmmError LOG_UNAVAILABLE, TOPIC_MISSING; what `onRecord` throws.
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
  // Joining a group takes 3 s on a broker with default settings: silence counts only after it.
  let lastNews = Infinity;
  const quiet = setInterval(() => {
    if (!options.follow && Date.now() - lastNews > QUIET_MS) done.resolve();
  }, 500);
  const onAbort = (): void => done.resolve();
  options.signal.addEventListener('abort', onAbort, { once: true });
  try {
    const bounds = await deps.admin.fetchTopicOffsets(fullName);
    const starts = await startsOf(deps.admin, fullName, options.from, bounds);
    const open = new Map<number, bigint>();
    for (const { partition, low, high } of bounds) {
      if ((starts?.get(partition) ?? BigInt(low)) < BigInt(high)) open.set(partition, BigInt(high));
    }
    if (!options.follow && open.size === 0) return;
    // Nothing is committed: a member that has to join again (its session expired, a broker went) would begin anew and hand everything over twice.
    const next = new Map(starts ?? []);
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      if (!payload.restart) done.reject(payload.error);
    });
    consumer.on(consumer.events.GROUP_JOIN, () => {
      lastNews = Date.now();
      for (const [partition, offset] of next) consumer.seek({ topic: fullName, partition, offset: offset.toString() });
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
        // Whoever takes the records may be slow (a database, a pager): neither is that the end of the topic, nor does the session expire over it.
        lastNews = Infinity;
        const beating = setInterval(() => void payload.heartbeat().catch(() => undefined), MEMBER.heartbeatInterval);
        try {
          for (const message of batch.messages) {
            if (!payload.isRunning() || options.signal.aborted) return;
            const position = BigInt(message.offset);
            if (position < (next.get(batch.partition) ?? position)) continue;
            next.set(batch.partition, position + 1n);
            await onRecord({
              channel: topic,
              lane: batch.partition,
              position,
              timestampMs: Number(message.timestamp),
              key: message.key,
              value: message.value,
              headers: readHeaders(message.headers),
            });
          }
        } catch (error) {
          done.reject(error);
        } finally {
          clearInterval(beating);
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
