import { isRetriable, MmmError } from '../errors.ts';
import type { MmmSignalInput } from '../generated/records.ts';
import { deadLetter, describeError, isTooLargeToCopy, LENGTH_AND_DIGEST } from './dead-letter.ts';
import { ActorMemory } from './decide/actor-memory.ts';
import { checkSignal } from './decide/check-signal.ts';
import { type BatchPlace, decideBatch, type DecideBatchDeps } from './decide/decide-batch.ts';
import { countBatch, countPublished, receivedOfShown, timeDeliveries } from './decide/decide-metrics.ts';
import { MicroBatchSize } from './decide/micro-batch-size.ts';
import type { Logger } from './ports/logger.ts';
import type { Metrics } from './ports/metrics.ts';
import type { PartitionReader, SessionOutput, SessionOutputs } from './ports/partitions.ts';
import type { LogRecord, OutputRecord } from './ports/records.ts';
import type { StateCache } from './ports/state-cache.ts';
import { cursorToStartFrom } from './publish/cursor-check.ts';
import { Publisher, type PublishTarget } from './publish/publisher.ts';

export interface SessionDeps extends DecideBatchDeps {
  readonly outputs: SessionOutputs;
  readonly cache: StateCache;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly engineVersion: string;
  /** Gives a session its turn among those of the process, from planning a batch to the answer of its commit. Default: all at once. */
  readonly turn?: InTurn;
}

export type InTurn = <T>(work: () => Promise<T>) => Promise<T>;
const atOnce: InTurn = (work) => work();

/** How long an idle session waits before it looks for rows that others wrote (design 3.2); a notification shortens it. */
const OUTBOX_POLL_MS = 500;

/** A commit and a transaction cost about as much as deciding this many signals. */
const WORTH_OVERLAPPING_RECORDS = 50;

/** Committed offsets of a topic without readers expire after 7 days by broker default; once an hour is far inside (design 3.2). */
const CURSOR_REFRESH_MS = 3_600_000;

/**
 * One owner's work on one partition of `mmm.signals`, from fence to end (design 3.2).
 *
 *   new -> starting -> running -> ended
 *
 * - starting: epoch raised, producer fenced, positions read, in this order and no other. Nothing is written.
 * - running:  one commit to the journal and one transaction of the log at a time; the commit of batch n+1 may overlap the transaction of batch n
 *             and is at most one batch ahead of it.
 * - ended:    by `stop` (after the running transaction) or by any error, a lost answer included. Producer, memory, cursor and position are
 *             dropped, nothing is aborted; a new session reads what had won. A session is never used again.
 */
export class PartitionSession {
  readonly #deps: SessionDeps;
  readonly #partition: number;
  readonly #reader: PartitionReader;
  readonly #batchSize = new MicroBatchSize();
  #state: 'new' | 'starting' | 'running' | 'ended' = 'new';
  #stopping = false;
  #inFlight: Promise<void> = Promise.resolve();
  #publishing = false;
  #inFlightFailure: Error | null = null;

  constructor(deps: SessionDeps, partition: number, reader: PartitionReader) {
    this.#deps = deps;
    this.#partition = partition;
    this.#reader = reader;
  }

  get state(): 'new' | 'starting' | 'running' | 'ended' {
    return this.#state;
  }

  /** Resolves after `stop`; rejects with what ended the session. */
  async run(onRunning: () => void): Promise<void> {
    this.#move('starting');
    const output = await this.#deps.outputs.open(this.#partition);
    try {
      const { publisher, epoch } = await this.#start(output);
      this.#move('running');
      onRunning();
      await this.#loop(publisher, epoch);
      await this.#settleInFlight();
      // Else rows that are out would count as waiting for as long as no other session starts.
      await publisher.settle();
    } finally {
      this.#move('ended');
      await Promise.allSettled([this.#inFlight]);
      await output.discard();
    }
  }

  /** Takes no new batch; `run` resolves once what is decided is also published. */
  stop(): void {
    this.#stopping = true;
    this.#reader.wake();
  }

  async #start(output: SessionOutput): Promise<{ publisher: Publisher; epoch: bigint }> {
    let status = await this.#deps.journal.openShard(this.#partition);
    const committed = await output.fence();
    // Until the fence the former owner published rows that others had written since: only a counter from after it can say that the database went back.
    if (committed.cursor !== null && committed.cursor >= status.nextNumber) {
      status = await this.#deps.journal.openShard(this.#partition);
    }
    const cursor = cursorToStartFrom(this.#partition, status, committed);
    const publisher = new Publisher(
      {
        shard: this.#partition,
        epoch: status.epoch,
        journal: this.#deps.journal,
        output,
        clock: this.#deps.clock,
        onPublished: (records) => countPublished(this.#deps.metrics, records),
      },
      cursor,
    );
    // Always: sessions that all end within the hour would never refresh the cursor of a quiet shard, and it would expire. It also tells the journal
    // that cursor and counter were compared: after a failover that takes no commit before (design 3.2, "When a store goes back").
    await publisher.start();
    await publisher.publish({ written: [], upto: null, inputNext: null, deadLetters: [] });
    await this.#reader.seek(committed.input ?? 'earliest');
    this.#deps.logger.info('session_started', {
      partition: this.#partition,
      epoch: status.epoch.toString(),
      input: committed.input?.toString() ?? 'earliest',
      cursor: publisher.cursor.toString(),
    });
    return { publisher, epoch: status.epoch };
  }

  async #loop(publisher: Publisher, epoch: bigint): Promise<void> {
    const memory = new ActorMemory(this.#deps.journal, this.#deps.cache);
    const place = { shard: this.#partition, epoch, publishedUpto: () => publisher.cursor };
    let refreshedAt = this.#deps.clock.monotonicMs();
    while (!this.#stopping) {
      const records = await this.#takeBatch();
      if (this.#inFlightFailure !== null) throw this.#inFlightFailure;
      if (this.#stopping) return;
      if (records.length > 0) {
        await this.#decideAndPublish(records, memory, publisher, place);
      } else {
        await this.#settleInFlight();
        await this.#sweep(publisher);
        if (this.#deps.clock.monotonicMs() - refreshedAt > CURSOR_REFRESH_MS) await publisher.refreshCursor();
        else continue;
      }
      refreshedAt = this.#deps.clock.monotonicMs();
    }
  }

  /**
   * Overlapping pays when batches are full. A few records that come while a transaction runs would wait for it anyway: they wait here, and go with
   * what has come until then in one commit and one transaction instead of several.
   */
  async #takeBatch(): Promise<readonly LogRecord[]> {
    const records = await this.#reader.take(this.#batchSize.limit, OUTBOX_POLL_MS);
    if (records.length === 0 || records.length >= WORTH_OVERLAPPING_RECORDS || !this.#publishing) return records;
    await this.#settleInFlight();
    return this.#filledUp(records);
  }

  /** With what has come while they waited for other work. */
  async #filledUp(records: readonly LogRecord[]): Promise<readonly LogRecord[]> {
    const room = this.#batchSize.limit - records.length;
    return room > 0 ? [...records, ...(await this.#reader.take(room, 0))] : records;
  }

  async #decideAndPublish(
    records: readonly LogRecord[],
    memory: ActorMemory,
    publisher: Publisher,
    place: BatchPlace,
  ): Promise<void> {
    const { turn = atOnce } = this.#deps;
    let hadToWait = false;
    const decided = turn(async () => this.#decide(hadToWait ? await this.#filledUp(records) : records, memory, place));
    // A turn that is free begins within the call: looking for more then would cost a timer or a query for nothing.
    hadToWait = true;
    const { target, shownMs } = await decided;
    await this.#settleInFlight();
    this.#publishInBackground(publisher, target, shownMs);
  }

  /** What is to be published of a batch, and nothing else of it: plans and texts kept until it was out only grew what the collector carries. */
  async #decide(
    records: readonly LogRecord[],
    memory: ActorMemory,
    place: BatchPlace,
  ): Promise<{ target: PublishTarget; shownMs: readonly number[] }> {
    const started = this.#deps.clock.monotonicMs();
    const { recordOf, deadLetters } = await this.#decode(records);
    const result = await decideBatch(this.#deps, memory, place, [...recordOf.keys()]);
    for (const { signal, error } of result.failed) deadLetters.push(this.#deadLetter(recordOf.get(signal)!, error));
    this.#batchSize.took(records.length, result.planMs);
    this.#deps.metrics.observe('mmm_stage_seconds', (this.#deps.clock.monotonicMs() - started) / 1000, {
      stage: 'decide',
    });
    countBatch(this.#deps.metrics, result);
    const { written, lastNumber } = result;
    const inputNext = records.at(-1)!.offset + 1n;
    return { target: { written, upto: lastNumber, inputNext, deadLetters }, shownMs: receivedOfShown(result) };
  }

  async #decode(
    records: readonly LogRecord[],
  ): Promise<{ recordOf: Map<MmmSignalInput, LogRecord>; deadLetters: OutputRecord[] }> {
    const recordOf = new Map<MmmSignalInput, LogRecord>();
    const deadLetters: OutputRecord[] = [];
    for (const record of records) {
      try {
        if (record.value === null) continue;
        const decoded = this.#deps.codec.decodeSignal(record.value);
        recordOf.set(checkSignal(decoded instanceof Promise ? await decoded : decoded), record);
      } catch (error) {
        if (isRetriable(error)) throw error;
        deadLetters.push(this.#deadLetter(record, error));
      }
    }
    return { recordOf, deadLetters };
  }

  #deadLetter(record: LogRecord, error: unknown): OutputRecord {
    const { code, message } = describeError(error);
    this.#deps.metrics.records('decide', 'rejected', code);
    this.#deps.metrics.count('mmm_dlq_records_total', { reason: code });
    this.#deps.logger.warn('signal_undecidable', {
      partition: this.#partition,
      offset: record.offset.toString(),
      code,
      error,
    });
    const source = { ...record, topic: 'mmm.signals', partition: this.#partition };
    return deadLetter(
      source,
      {
        stage: 'decide',
        code,
        message,
        attempts: 1,
        failedAtMs: this.#deps.clock.now(),
        engineVersion: this.#deps.engineVersion,
      },
      isTooLargeToCopy(source) ? LENGTH_AND_DIGEST : null,
    );
  }

  /** Rows that HTTP and other writers put into this shard take the same way out. */
  async #sweep(publisher: Publisher): Promise<void> {
    await publisher.publish({ written: [], upto: null, inputNext: null, deadLetters: [] });
  }

  #publishInBackground(publisher: Publisher, target: PublishTarget, shownMs: readonly number[]): void {
    const started = this.#deps.clock.monotonicMs();
    this.#publishing = true;
    const published = publisher.publish(target).then(() => {
      this.#deps.metrics.observe('mmm_stage_seconds', (this.#deps.clock.monotonicMs() - started) / 1000, {
        stage: 'publish',
      });
      timeDeliveries(this.#deps.metrics, shownMs, this.#deps.clock.now());
    });
    // Also what telling the metrics threw: a rejection that nobody awaits yet would end the process.
    this.#inFlight = published
      .catch((error: unknown) => {
        this.#inFlightFailure = error instanceof Error ? error : new MmmError('IN_DOUBT', undefined, { cause: error });
        this.#reader.wake();
      })
      .finally(() => {
        this.#publishing = false;
      });
  }

  async #settleInFlight(): Promise<void> {
    await this.#inFlight;
    if (this.#inFlightFailure !== null) throw this.#inFlightFailure;
  }

  #move(next: 'starting' | 'running' | 'ended'): void {
    if (this.#state === 'ended' || (next === 'starting' && this.#state !== 'new')) {
      if (next === 'ended') return;
      throw new MmmError('INTERNAL_ERROR', `a session can not go from ${this.#state} to ${next}`);
    }
    this.#state = next;
  }
}
