import type { Admin, Kafka, Producer } from 'kafkajs';
import type { Clock } from '../../pipeline/ports/clock.ts';
import type { Logger } from '../../pipeline/ports/logger.ts';
import type { Metrics } from '../../pipeline/ports/metrics.ts';
import type { CommittedPositions, Publication, SessionOutput } from '../../pipeline/ports/partitions.ts';
import { MmmError } from '../../errors.ts';
import { clientErrorFacts, transactionError } from './client-errors.ts';
import { DECIDE_GROUP } from './names.ts';
import type { KafkaNames } from './names.ts';
import type { PartitionCounts } from './partition-counts.ts';
import { chosenPartition, sendable } from './produce.ts';
import { within } from './within.ts';

/** The broker aborts a transaction that is open for longer. */
const TRANSACTION_TIMEOUT_MS = 20_000;
/** Half of it: the client goes on retrying a broker that does not answer; past this the session starts anew instead. */
const PUBLISH_DEADLINE_MS = 10_000;
/** A fence may have to wait out the transaction of a dead owner, which the broker ends with the new initialisation: seconds at worst. */
const FENCE_DEADLINE_MS = 30_000;

export interface SessionOutputDeps {
  readonly kafka: Kafka;
  /** Connected. Never the client object of `kafka`. */
  readonly admin: Admin;
  readonly names: KafkaNames;
  readonly counts: PartitionCounts;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whose transactions and positions, full names; absent: the decide session's of the partition. A replay has its own (replay-output.ts). */
  readonly owner?: { readonly transactionalId: string; readonly group: string };
}

/**
 * States: new -> fenced (by `fence`) -> fenced (each `publish`) -> dead (any error, or `discard`).
 * Dead is final: a transactional producer that saw an error may hold half a transaction, and its own state machine can not leave it.
 * It never aborts: a late abort could end a later transaction of its own id (transaction protocol 1); the next fence settles it.
 */
export class KafkaSessionOutput implements SessionOutput {
  readonly #deps: SessionOutputDeps;
  readonly #partition: number;
  readonly #producer: Producer;
  #state: 'new' | 'fenced' | 'dead' = 'new';

  constructor(deps: SessionOutputDeps, partition: number) {
    this.#deps = deps;
    this.#partition = partition;
    this.#producer = deps.kafka.producer({
      transactionalId: deps.owner?.transactionalId ?? deps.names.transactionalId(partition),
      transactionTimeout: TRANSACTION_TIMEOUT_MS,
      // Not `idempotent`: connecting would then ask for a second, useless producer id.
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: chosenPartition,
    });
  }

  async fence(): Promise<CommittedPositions> {
    this.#expect('new');
    try {
      await within(FENCE_DEADLINE_MS, this.#initialise());
      // Only now: a transaction of the former owner that was being committed is complete, and its offsets show.
      const positions = await within(FENCE_DEADLINE_MS, this.#committed());
      this.#expect('new');
      this.#state = 'fenced';
      return positions;
    } catch (error) {
      throw this.#die(error, false);
    }
  }

  async publish(publication: Publication): Promise<void> {
    this.#expect('fenced');
    const startedAt = this.#deps.clock.monotonicMs();
    const progress = { asked: false };
    try {
      await within(PUBLISH_DEADLINE_MS, this.#transact(publication, progress));
      this.#measure('committed', startedAt);
    } catch (error) {
      const failure = this.#die(error, progress.asked);
      this.#measure(
        failure.code === 'FENCED' ? 'fenced' : failure.code === 'IN_DOUBT' ? 'in_doubt' : 'error',
        startedAt,
      );
      throw failure;
    }
  }

  async discard(): Promise<void> {
    this.#state = 'dead';
    // In the background: closing waits for requests that may never be answered, and nobody depends on it.
    void this.#producer.disconnect().catch((error: unknown) => {
      this.#deps.logger.debug('kafka.producer_disconnect_failed', {
        partition: this.#partition,
        ...clientErrorFacts(error),
      });
    });
  }

  /** The producer id is asked for by the first transaction, not by connecting; an empty abort sends nothing. */
  async #initialise(): Promise<void> {
    await this.#producer.connect();
    const transaction = await this.#producer.transaction();
    await transaction.abort();
  }

  /**
   * Fenced, so every transaction of this shard is complete. One that still has an offset open was left so by the broker (its coordinator says complete
   * and the partition has no marker), and what is committed below it may be older than what readers see: publishing from there would send twice.
   */
  async #committed(): Promise<CommittedPositions> {
    const { admin, names } = this.#deps;
    const input = names.topic('mmm.signals');
    const cursor = names.topic('mmm.outbox');
    const groups = await admin.fetchOffsets({ groupId: this.#group(), topics: [input, cursor], requireStable: true });
    const committed = (topic: string): bigint | null => {
      const partitions = groups.find((entry) => entry.topic === topic)?.partitions ?? [];
      const found = partitions.find((entry) => entry.partition === this.#partition);
      const details = { topic, partition: this.#partition };
      if (found === undefined) throw new MmmError('PARTITIONS_CHANGED', undefined, { details });
      if (found.isStable !== true) throw new MmmError('TRANSACTION_HANGING', undefined, { details });
      const offset = BigInt(found.offset);
      return offset < 0n ? null : offset;
    };
    return { input: committed(input), cursor: committed(cursor) };
  }

  async #transact({ records, inputNext, cursor }: Publication, progress: { asked: boolean }): Promise<void> {
    const { names, counts } = this.#deps;
    const portions = await sendable(records, names, counts);
    this.#expect('fenced');
    const transaction = await this.#producer.transaction();
    for (const topicMessages of portions) {
      await transaction.sendBatch({ topicMessages });
      // After the deadline this chain still runs: it must not go on to commit what the session has given up.
      this.#expect('fenced');
    }
    const at = (topic: string, offset: bigint) => ({
      topic,
      partitions: [{ partition: this.#partition, offset: offset.toString() }],
    });
    const cursorOffset = at(names.topic('mmm.outbox'), cursor);
    await transaction.sendOffsets({
      consumerGroupId: this.#group(),
      topics: inputNext === null ? [cursorOffset] : [at(names.topic('mmm.signals'), inputNext), cursorOffset],
    });
    this.#expect('fenced');
    progress.asked = true;
    await transaction.commit();
  }

  #group(): string {
    return this.#deps.owner?.group ?? this.#deps.names.group(DECIDE_GROUP);
  }

  #expect(state: 'new' | 'fenced'): void {
    if (this.#state !== state) throw new Error(`session output is ${this.#state}, not ${state}`);
  }

  #die(error: unknown, asked: boolean): MmmError {
    this.#state = 'dead';
    void this.discard();
    return transactionError(error, asked);
  }

  #measure(outcome: string, startedAt: number): void {
    const seconds = (this.#deps.clock.monotonicMs() - startedAt) / 1_000;
    this.#deps.metrics.observe('mmm_tx_seconds', seconds, { outcome });
  }
}
