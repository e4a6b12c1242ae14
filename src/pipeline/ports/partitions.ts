import type { SourceHealth } from './intake.ts';
import type { LogRecord, OutputRecord } from './records.ts';

/**
 * Membership in the decide group: who owns which partition of `mmm.signals`. The callbacks only enqueue (style 6); they may come in any
 * order and twice, and `revoked` is best effort: the fence of SessionOutput is what makes two owners harmless, never this.
 */
export interface PartitionGroup {
  /** Resolves when the group has been asked; what is owned comes by the callbacks. */
  start(listener: PartitionListener): Promise<void>;
  reader(partition: number): PartitionReader;
  /** Takes nothing new and leaves the group. Sessions are stopped before. */
  stop(): Promise<void>;
  partitionCount(): Promise<number>;
  health(): SourceHealth;
}

export interface PartitionListener {
  assigned(partition: number): void;
  revoked(partition: number): void;
}

/** Reads one owned partition forward. Bounded: it holds at most a few batches in memory and stops fetching above that (back-pressure). */
export interface PartitionReader {
  /** The next `take` starts at this offset; whatever was held is dropped. `earliest` is the start of the log, never its end. */
  seek(position: bigint | 'earliest'): Promise<void>;
  /** At most `maxRecords` in order, without waiting longer than `waitMs` for the first one. Empty when there is none or after `wake`. */
  take(maxRecords: number, waitMs: number): Promise<readonly LogRecord[]>;
  /** Makes a waiting `take` return at once (outbox notification, stop). One that may not wait (`waitMs` 0) does not use it up. */
  wake(): void;
}

/** Where a session stands in the log: both null when nothing was ever committed. */
export interface CommittedPositions {
  readonly input: bigint | null;
  readonly cursor: bigint | null;
}

export interface Publication {
  readonly records: readonly OutputRecord[];
  /** Next offset of the input partition to read, or null when no input is covered. */
  readonly inputNext: bigint | null;
  /** The outbox number up to which everything is published once this is committed. */
  readonly cursor: bigint;
}

/** One session's way out: one transactional producer. Used by one session, by one call at a time, and never again after any error. */
export interface SessionOutput {
  /** Shuts every earlier owner out, waits until its transaction is complete, and only then reads the committed positions. */
  fence(): Promise<CommittedPositions>;
  /** Records, input offset and cursor visible together or not at all. Throws FENCED, IN_DOUBT or LOG_UNAVAILABLE; the session then ends. */
  publish(publication: Publication): Promise<void>;
  /** Drops the producer without aborting: what was in doubt is settled by the next fence. */
  discard(): Promise<void>;
}

export interface SessionOutputs {
  open(partition: number): Promise<SessionOutput>;
}
