import type { Consumer, EachBatchPayload, Kafka } from './kafka-types.ts';
import { readTrace } from './signals.ts';

/** What one run got out, as a `read_committed` consumer of the delivery topic sees it. */
export interface Arrivals {
  /** Distinct numbers that have arrived. */
  readonly count: number;
  readonly repeated: number;
  /** Milliseconds since the epoch of the last arrival. */
  readonly lastAtMs: number;
  /** Milliseconds from due to seen, by number of the signal. */
  readonly latenciesMs: readonly number[];
}

interface Expectation {
  readonly wanted: number;
  readonly seen: Set<number>;
  readonly latencies: number[];
  readonly measureFrom: number;
  repeated: number;
  lastAtMs: number;
  readonly complete: () => void;
}

export interface Sink {
  /** Counts what arrives from now on until `wanted` distinct numbers are there. `measureFrom`: latencies of earlier numbers are left out. */
  expect(wanted: number, measureFrom?: number): { readonly complete: Promise<Arrivals>; readonly seen: () => number };
  close(): Promise<void>;
}

/** Reads delivery topics from their end. */
export const openSink = async (kafka: Kafka, topics: readonly string[], group: string): Promise<Sink> => {
  let current: Expectation | null = null;
  const consumer: Consumer = kafka.consumer({
    groupId: group,
    minBytes: 1,
    maxWaitTimeInMs: 100,
    readUncommitted: false,
  });
  const take = ({ batch }: EachBatchPayload): Promise<void> => {
    const now = performance.timeOrigin + performance.now();
    for (const { headers } of batch.messages) {
      const trace = readTrace(headers?.['traceparent']?.toString() ?? '');
      if (trace === null || current === null) continue;
      if (current.seen.has(trace.number)) {
        current.repeated += 1;
        continue;
      }
      current.seen.add(trace.number);
      current.lastAtMs = now;
      if (trace.number >= current.measureFrom) current.latencies.push(now - trace.dueMs);
      if (current.seen.size === current.wanted) current.complete();
    }
    return Promise.resolve();
  };
  await consumer.connect();
  await consumer.subscribe({ topics: [...topics], fromBeginning: false });
  const joined = new Promise<void>((resolve) => consumer.on(consumer.events.GROUP_JOIN, () => resolve()));
  const fetched = new Promise<void>((resolve) => consumer.on(consumer.events.FETCH, () => resolve()));
  await consumer.run({ autoCommit: false, eachBatch: take });
  await joined;
  // Its place at the end is fixed with the first fetch: what is sent before it would not be seen.
  await fetched;
  return {
    expect: (wanted, measureFrom = 0) => {
      const done = Promise.withResolvers<void>();
      const expectation: Expectation = {
        wanted,
        seen: new Set(),
        latencies: [],
        measureFrom,
        repeated: 0,
        lastAtMs: 0,
        complete: done.resolve,
      };
      current = expectation;
      return {
        seen: () => expectation.seen.size,
        complete: done.promise.then(() => ({
          count: expectation.seen.size,
          repeated: expectation.repeated,
          lastAtMs: expectation.lastAtMs,
          latenciesMs: expectation.latencies,
        })),
      };
    },
    close: () => consumer.disconnect(),
  };
};
