import { partitionOf } from '../../domain/partitioner.ts';
import type { TopicName } from '../../generated/topics.ts';
import { headersToText } from '../../pipeline/ports/header-text.ts';
import type { OutputRecord } from '../../pipeline/ports/records.ts';

export type PartitionsOf = (topic: TopicName) => number;

const bytesOf = (value: Uint8Array | string | null): Uint8Array | null =>
  typeof value === 'string' ? Buffer.from(value, 'utf8') : value;

/** The arguments of mmm_log_append (migrations/0004_embedded_log.sql): one binary blob, and where each record's parts lie in it. */
export const appendArguments = (
  records: readonly OutputRecord[],
  nowMs: number,
  partitionsOf: PartitionsOf,
): unknown[] => {
  const parts: Uint8Array[] = [];
  const [topics, partitions]: [string[], number[]] = [[], []];
  const [starts, headers, keys, values]: [number[], number[], number[], number[]] = [[], [], [], []];
  let next = 1;
  const add = (bytes: Uint8Array | null): number => {
    if (bytes === null) return -1;
    parts.push(bytes);
    next += bytes.length;
    return bytes.length;
  };
  for (const record of records) {
    const key = bytesOf(record.key);
    topics.push(record.topic);
    // Without a key any partition will do, and one keeps the order of such a topic.
    partitions.push(key === null ? 0 : partitionOf(key, partitionsOf(record.topic)));
    starts.push(next);
    headers.push(add(Buffer.from(headersToText(record.headers), 'utf8')));
    keys.push(add(key));
    values.push(add(record.value));
  }
  return [Buffer.concat(parts), nowMs, topics, partitions, starts, headers, keys, values];
};
