import type { TopicName } from '../../generated/topics.ts';
import type { SourceHealth } from '../../pipeline/ports/intake.ts';
import type { PartitionGroup, PartitionListener, PartitionReader } from '../../pipeline/ports/partitions.ts';
import type { LogRecord } from '../../pipeline/ports/records.ts';
import { readRecords } from './read-records.ts';
import type { SqlDatabase } from './sql-database.ts';
import { WakeUp } from './wake-up.ts';

const POLL_MS = 500;
export const INPUT_TOPIC: TopicName = 'mmm.signals';

/**
 * Membership in the decide group of the embedded log: one engine per data folder, so this process owns every partition. Should a second one
 * come all the same, the fences of the session outputs keep it right.
 */
export class LogPartitionGroup implements PartitionGroup {
  readonly #database: SqlDatabase;
  readonly #count: number;
  readonly #readers = new Map<number, LogPartitionReader>();
  #stopListening: () => void = () => undefined;
  #joined = false;

  constructor(database: SqlDatabase, count: number) {
    this.#database = database;
    this.#count = count;
  }

  start(listener: PartitionListener): Promise<void> {
    this.#stopListening = this.#database.listen('mmm_log', (topic) => {
      if (topic !== null && topic !== INPUT_TOPIC) return;
      for (const reader of this.#readers.values()) reader.changed();
    });
    for (let partition = 0; partition < this.#count; partition++) listener.assigned(partition);
    this.#joined = true;
    return Promise.resolve();
  }

  reader(partition: number): PartitionReader {
    const known = this.#readers.get(partition);
    if (known !== undefined) return known;
    const made = new LogPartitionReader(this.#database, partition);
    this.#readers.set(partition, made);
    return made;
  }

  stop(): Promise<void> {
    this.#stopListening();
    this.#joined = false;
    for (const reader of this.#readers.values()) reader.wake();
    return Promise.resolve();
  }

  partitionCount(): Promise<number> {
    return Promise.resolve(this.#count);
  }

  health(): SourceHealth {
    return { joined: this.#joined, detail: `all ${this.#count} partitions` };
  }
}

/** Holds no records between two calls: each `take` reads what it gives, so back-pressure is nothing more than not calling it. */
class LogPartitionReader implements PartitionReader {
  readonly #database: SqlDatabase;
  readonly #partition: number;
  readonly #wake = new WakeUp();
  #position = 0n;
  #woken = false;

  constructor(database: SqlDatabase, partition: number) {
    this.#database = database;
    this.#partition = partition;
  }

  seek(position: bigint | 'earliest'): Promise<void> {
    this.#position = position === 'earliest' ? 0n : position;
    return Promise.resolve();
  }

  async take(maxRecords: number, waitMs: number): Promise<readonly LogRecord[]> {
    const end = performance.now() + waitMs;
    for (;;) {
      const at = this.#position;
      const records = await readRecords(this.#database, INPUT_TOPIC, this.#partition, at, maxRecords);
      const last = records.at(-1);
      // A seek while reading: what came is of the old place.
      if (last !== undefined && this.#position === at) {
        this.#position = last.offset + 1n;
        return records;
      }
      // Who does not wait leaves a wake to who does.
      if (waitMs <= 0) return [];
      if (this.#woken) {
        this.#woken = false;
        return [];
      }
      const left = end - performance.now();
      if (left <= 0) return [];
      await this.#wake.wait(Math.min(left, POLL_MS));
    }
  }

  wake(): void {
    this.#woken = true;
    this.#wake.wake();
  }

  /** There may be new records: look again, but go on waiting if there are none. */
  changed(): void {
    this.#wake.wake();
  }
}
