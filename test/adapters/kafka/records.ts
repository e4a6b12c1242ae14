import { partitionOf } from '../../../src/domain/partitioner.ts';
import type { TopicName } from '../../../src/generated/topics.ts';
import type { PartitionGroup, PartitionReader } from '../../../src/pipeline/ports/partitions.ts';
import type { LogRecord, OutputRecord } from '../../../src/pipeline/ports/records.ts';

const WAIT_MS = 15_000;

/** A key whose records lie in this partition. */
export function keyIn(partition: number, partitions: number): string {
  for (let i = 0; ; i++) if (partitionOf(`t|actor-${i}`, partitions) === partition) return `t|actor-${i}`;
}

export const record = (topic: TopicName, key: string, value: string): OutputRecord => ({
  topic,
  key,
  value: Buffer.from(value),
  headers: { 'mmm-outbox': '0:1' },
});

/** Takes until `count` records came or the time is over. */
export async function takeAll(reader: PartitionReader, count: number, perTake = 500): Promise<LogRecord[]> {
  const taken: LogRecord[] = [];
  const until = Date.now() + WAIT_MS;
  while (taken.length < count && Date.now() < until) taken.push(...(await reader.take(perTake, 500)));
  return taken;
}

/** Starts the group and resolves with the partitions once `count` of them are assigned. */
export function assignments(group: PartitionGroup, count: number): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const assigned = new Set<number>();
    const listener = {
      assigned: (partition: number): void => {
        assigned.add(partition);
        if (assigned.size === count) resolve([...assigned].sort((a, b) => a - b));
      },
      revoked: (partition: number): void => void assigned.delete(partition),
    };
    group.start(listener).catch(reject);
  });
}
