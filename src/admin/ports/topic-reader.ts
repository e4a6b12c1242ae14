import type { TopicName } from '../../generated/topics.ts';
import type { RawRecord } from '../../pipeline/ports/intake.ts';

/** Where to begin in each partition: `sinceMs` = first record at or after this time, `last` = that many offsets before the end. */
export type ReadFrom = 'earliest' | 'latest' | { readonly sinceMs: number } | { readonly last: number };

export interface ReadOptions {
  readonly from: ReadFrom;
  /** Go on after the end until `signal`. */
  readonly follow: boolean;
  /** Ends the reading: no further record is handed over. */
  readonly signal: AbortSignal;
}

/**
 * Reads a topic as any outside reader would (committed records only) and moves no offset of the engine. Resolves at the end as it was at the
 * start, or when `signal` fires. Order holds within a partition.
 */
export interface TopicReader {
  /** Throws LOG_UNAVAILABLE, TOPIC_MISSING, DATABASE_UNAVAILABLE; what `onRecord` throws. */
  read(topic: TopicName, options: ReadOptions, onRecord: (record: RawRecord) => void | Promise<void>): Promise<void>;
}
