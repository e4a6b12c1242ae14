import type { ReadFrom, ReadOptions, TopicReader } from '../../admin/ports/topic-reader.ts';
import type { TopicName } from '../../generated/topics.ts';
import type { RawRecord } from '../../pipeline/ports/intake.ts';
import { onTopicChanged, readTopic, topicOffsets, type TopicRecord } from './log-topics.ts';
import type { SqlDatabase } from './sql-database.ts';
import { WakeUp } from './wake-up.ts';

const RECORDS_AT_ONCE = 500;
/** A notification may be missed; looking again costs one statement. */
const POLL_MS = 500;

type Bounds = Awaited<ReturnType<typeof topicOffsets>>;

const startsOf = (from: ReadFrom, bounds: Bounds): Map<number, bigint> => {
  const starts = [...bounds].map(([partition, { first, next }]): [number, bigint] => {
    if (from === 'latest') return [partition, next];
    if (typeof from === 'object' && 'last' in from) {
      const start = next - BigInt(from.last);
      return [partition, start > first ? start : first];
    }
    return [partition, first];
  });
  return new Map(starts);
};

const asRaw = (topic: TopicName, record: TopicRecord): RawRecord => ({
  channel: topic,
  lane: record.partition,
  position: record.offset,
  timestampMs: record.timestampMs,
  key: record.key,
  value: record.value,
  headers: record.headers,
});

/** TopicReader on the embedded log. Records of several partitions come by time, as far as one look reaches. */
export class LogTopicReader implements TopicReader {
  readonly #database: SqlDatabase;

  constructor(database: SqlDatabase) {
    this.#database = database;
  }

  async read(
    topic: TopicName,
    options: ReadOptions,
    onRecord: (record: RawRecord) => void | Promise<void>,
  ): Promise<void> {
    const { from, follow, signal } = options;
    const sinceMs = typeof from === 'object' && 'sinceMs' in from ? from.sinceMs : 0;
    const bounds = await topicOffsets(this.#database, topic);
    const next = startsOf(from, bounds);
    const wake = new WakeUp();
    const onAbort = (): void => wake.wake();
    const stopListening = follow ? onTopicChanged(this.#database, topic, () => wake.wake()) : () => undefined;
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      while (!signal.aborted) {
        const records = await readTopic(this.#database, topic, next, RECORDS_AT_ONCE);
        for (const record of records) {
          if (signal.aborted) return;
          next.set(record.partition, record.offset + 1n);
          const beyond = !follow && record.offset >= (bounds.get(record.partition)?.next ?? 0n);
          if (!beyond && record.timestampMs >= sinceMs) await onRecord(asRaw(topic, record));
        }
        const atEnd = [...bounds].every(([partition, { next: end }]) => (next.get(partition) ?? 0n) >= end);
        if (!follow && (atEnd || records.length === 0)) return;
        if (records.length === 0) await wake.wait(POLL_MS);
      }
    } finally {
      stopListening();
      signal.removeEventListener('abort', onAbort);
    }
  }
}
