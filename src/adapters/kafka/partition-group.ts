import type { Admin, EachBatchPayload } from 'kafkajs';
import { MmmError } from '../../errors.ts';
import type { Clock } from '../../pipeline/ports/clock.ts';
import type { SourceHealth } from '../../pipeline/ports/intake.ts';
import type { PartitionGroup, PartitionListener, PartitionReader } from '../../pipeline/ports/partitions.ts';
import { logUnavailable } from './client-errors.ts';
import { GroupMember, type GroupMemberDeps } from './group-member.ts';
import { DECIDE_GROUP } from './names.ts';
import type { PartitionCounts } from './partition-counts.ts';
import { onceLed } from './once-led.ts';
import { PartitionBuffer } from './partition-buffer.ts';
import { logRecord } from './read-record.ts';

export interface PartitionGroupDeps extends GroupMemberDeps {
  readonly clock: Clock;
  /** Connected. */
  readonly admin: Admin;
  readonly counts: PartitionCounts;
}

/** A partition and what this member knows of it. `again` is the position that was read anew once because of a gap. */
interface Slot {
  readonly buffer: PartitionBuffer;
  readonly reader: PartitionReader;
  paused: boolean;
  again: bigint | null;
  mending: boolean;
}

/**
 * Membership in the decide group. Its callbacks only move records into buffers and tell of assignments; committing is SessionOutput's.
 * Rebalances are eager: each starts every kept partition again at the committed offset, hence the seek to `next` after each join.
 */
export class KafkaPartitionGroup implements PartitionGroup {
  readonly #deps: PartitionGroupDeps;
  readonly #topic: string;
  readonly #member: GroupMember;
  readonly #slots = new Map<number, Slot>();
  #owned: ReadonlySet<number> = new Set();
  #listener: PartitionListener | null = null;
  #running = false;

  constructor(deps: PartitionGroupDeps) {
    this.#deps = deps;
    this.#topic = deps.names.topic('mmm.signals');
    this.#member = new GroupMember(deps, DECIDE_GROUP);
    this.#listen();
  }

  async start(listener: PartitionListener): Promise<void> {
    this.#listener = listener;
    this.#running = true;
    // Handlers only enqueue, so that none of them can hold another up.
    const eachBatch = async (payload: EachBatchPayload): Promise<void> => this.#enqueue(payload);
    await this.#member.start([this.#topic], { partitionsConsumedConcurrently: 1, eachBatch });
  }

  reader(partition: number): PartitionReader {
    return this.#slot(partition).reader;
  }

  async stop(): Promise<void> {
    this.#running = false;
    this.#listener = null;
    for (const { buffer } of this.#slots.values()) buffer.close();
    await this.#member.leave();
  }

  async partitionCount(): Promise<number> {
    return this.#deps.counts.refresh('mmm.signals');
  }

  health(): SourceHealth {
    return this.#member.health.now(`partitions ${[...this.#owned].sort((a, b) => a - b).join(',')}`);
  }

  /** Gauge mmm_consumer_lag_seconds: age of the oldest record that was fetched and not taken. Called by whoever reports metrics. */
  reportLag(): void {
    const oldest = [...this.#owned].map((partition) => this.#slots.get(partition)?.buffer.oldestTimestampMs ?? null);
    const now = this.#deps.clock.now();
    const ages = oldest.map((timestampMs) => (timestampMs === null ? 0 : now - timestampMs) / 1_000);
    this.#deps.metrics.gauge('mmm_consumer_lag_seconds', Math.max(0, ...ages), { group: DECIDE_GROUP });
  }

  #listen(): void {
    const { GROUP_JOIN, END_BATCH_PROCESS } = this.#member.consumer.events;
    this.#member.consumer.on(GROUP_JOIN, ({ payload }) => this.#joined(payload.memberAssignment[this.#topic] ?? []));
    // Runs of only control or aborted records never reach `eachBatch`, and yet the log goes on after them.
    this.#member.consumer.on(END_BATCH_PROCESS, ({ payload }) => {
      const slot = this.#slots.get(payload.partition);
      if (slot === undefined || payload.topic !== this.#topic || payload.firstOffset === null) return;
      // With records in it this is no such run: the handler had it, and may have refused it because of a seek to this very place.
      if (payload.batchSize > 0) return;
      const run = { first: BigInt(payload.firstOffset), last: BigInt(payload.lastOffset), records: [] };
      if (slot.buffer.next === run.first) slot.buffer.offer(run);
    });
  }

  /** Runs inside the client's join, before its first fetch: positions and pauses set here hold from the start. */
  #joined(assigned: readonly number[]): void {
    const before = this.#owned;
    this.#owned = new Set(assigned);
    for (const partition of before) {
      if (this.#owned.has(partition)) continue;
      this.#slot(partition).buffer.close();
      this.#listener?.revoked(partition);
    }
    for (const partition of assigned) {
      const slot = this.#slot(partition);
      if (slot.buffer.next !== null) this.#moveTo(partition, slot.buffer.next);
      this.#throttle(partition, slot, true);
      if (!before.has(partition)) this.#listener?.assigned(partition);
    }
    this.#deps.logger.info('kafka.partitions_assigned', { group: DECIDE_GROUP, partitions: [...assigned] });
  }

  #slot(partition: number): Slot {
    const existing = this.#slots.get(partition);
    if (existing !== undefined) return existing;
    const buffer = new PartitionBuffer();
    const reader: PartitionReader = {
      seek: async (position) => this.#seek(partition, position),
      take: async (maxRecords, waitMs) => {
        const records = await buffer.take(maxRecords, waitMs);
        this.#throttle(partition, this.#slot(partition));
        return records;
      },
      wake: () => buffer.wake(),
    };
    const slot: Slot = { buffer, reader, paused: false, again: null, mending: false };
    this.#slots.set(partition, slot);
    return slot;
  }

  async #seek(partition: number, position: bigint | 'earliest'): Promise<void> {
    const slot = this.#slot(partition);
    slot.buffer.close();
    // Asked for, not left to the client: its own way to "earliest" commits a special offset to the group.
    const offset = position === 'earliest' ? await this.#logStart(partition) : position;
    slot.buffer.open(offset);
    slot.again = null;
    this.#moveTo(partition, offset);
    this.#throttle(partition, slot, true);
  }

  #enqueue(payload: EachBatchPayload): void {
    const { batch } = payload;
    const { partition } = batch;
    const first = batch.firstOffset();
    if (payload.isStale() || first === null) return;
    const slot = this.#slot(partition);
    const run = { first: BigInt(first), last: BigInt(batch.lastOffset()), records: batch.messages.map(logRecord) };
    const expected = slot.buffer.next;
    if (expected !== null && BigInt(batch.highWatermark) < expected) {
      this.#startOver(partition, slot);
      return;
    }
    const answer = slot.buffer.offer(run);
    if (answer === 'taken') slot.again = null;
    if (answer === 'taken' || answer === 'known') {
      payload.resolveOffset(batch.lastOffset());
      this.#throttle(partition, slot);
    } else if (answer === 'gap') {
      this.#mend(partition, slot, run.first);
    }
  }

  /**
   * What arrived lies ahead of what is expected. Either it is the answer to a fetch from before a seek (read again from the right
   * place), or the log no longer holds what is expected: then that is lost, said so, and reading goes on at the log's start.
   */
  #mend(partition: number, slot: Slot, arrived: bigint): void {
    void this.#withLogStart(partition, slot, (start, expected) => {
      const skipped = slot.again === expected ? arrived : start;
      if (skipped > expected) {
        this.#deps.logger.error('kafka.records_lost', { partition, from: String(expected), to: String(skipped) });
        slot.buffer.open(skipped);
      }
      slot.again = expected;
      this.#moveTo(partition, slot.buffer.next ?? expected);
    });
  }

  /**
   * The log ends before what was already read: it lost its tail (an election of a broker that was behind), and new records take numbers that pass for
   * known ones. Everything is read again from the log's start; the journal tells what is new. A log that has grown past the place again meanwhile can
   * not be told apart: that needs leader epochs, which this client does not have.
   */
  #startOver(partition: number, slot: Slot): void {
    void this.#withLogStart(partition, slot, (start, expected) => {
      this.#deps.logger.error('kafka.log_went_back', { partition, expected: String(expected), from: String(start) });
      slot.buffer.open(start);
      slot.again = null;
      this.#moveTo(partition, start);
    });
  }

  /** One at a time: the same wrong fetch comes again meanwhile, and must not pass for a second finding. */
  async #withLogStart(partition: number, slot: Slot, work: (start: bigint, expected: bigint) => void): Promise<void> {
    const expected = slot.buffer.next;
    if (expected === null || slot.mending) return;
    slot.mending = true;
    try {
      const start = await this.#logStart(partition);
      if (slot.buffer.next === expected) work(start, expected);
    } catch (error) {
      // The next fetch finds the same and comes here again.
      this.#deps.logger.warn('kafka.place_not_mended', { partition, error });
    } finally {
      slot.mending = false;
    }
  }

  async #logStart(partition: number): Promise<bigint> {
    try {
      const offsets = await onceLed(() => this.#deps.admin.fetchTopicOffsets(this.#topic));
      const found = offsets.find((entry) => entry.partition === partition);
      if (found !== undefined) return BigInt(found.low);
    } catch (error) {
      throw logUnavailable(error);
    }
    throw new MmmError('PARTITIONS_CHANGED', undefined, { details: { topic: this.#topic, partition } });
  }

  /** Without effect before the first join and between crash and restart: `#joined` sets the position then. */
  #moveTo(partition: number, offset: bigint): void {
    if (this.#member.health.joined)
      this.#member.consumer.seek({ topic: this.#topic, partition, offset: offset.toString() });
  }

  /** Pauses a partition that nobody reads or whose buffer is full, and resumes it when enough was taken. */
  #throttle(partition: number, slot: Slot, force = false): void {
    if (!this.#running || !this.#member.health.joined || !this.#owned.has(partition)) return;
    const { buffer } = slot;
    const pause = buffer.next === null || buffer.full || (slot.paused && !buffer.low);
    if (pause === slot.paused && !force) return;
    slot.paused = pause;
    const partitions = [{ topic: this.#topic, partitions: [partition] }];
    if (pause) this.#member.consumer.pause(partitions);
    else this.#member.consumer.resume(partitions);
  }
}
