import { partitionOf } from '../../src/domain/partitioner.ts';
import { MmmError } from '../../src/errors.ts';
import type { TopicName } from '../../src/generated/topics.ts';
import type { LogRecord, OutputRecord } from '../../src/pipeline/ports/records.ts';
import type { Cancel, World } from './world.ts';

/** The broker aborts a transaction that is open for longer, as the adapter asks it to. */
const TRANSACTION_TIMEOUT_MS = 20_000;

export interface Positions {
  readonly input: bigint | null;
  readonly cursor: bigint | null;
}

/** A record as it lies in its partition, also when no reader ever sees it. */
export interface LoggedRecord extends LogRecord {
  readonly topic: TopicName;
  readonly partition: number;
  /** Null: written without a transaction. */
  readonly transaction: Transaction | null;
}

export interface Transaction {
  readonly number: number;
  readonly partition: number;
  state: 'open' | 'committing' | 'aborting' | 'committed' | 'aborted';
  input: bigint | null;
  cursor: bigint | null;
  readonly records: LoggedRecord[];
}

/** What the coordinator holds of one transactional id. */
export interface ProducerId {
  readonly partition: number;
  epoch: number;
  transaction: Transaction | null;
  cancelTimeout: Cancel;
}

/**
 * Kafka as far as the stages can see it: partitions, transactions under protocol 1 (an epoch for each initialisation, EndTxn answers before its
 * markers are written), and the offsets of the decide group, which move when a transaction is complete.
 */
export class Broker {
  readonly partitions: number;
  readonly #world: World;
  readonly #topics = new Map<TopicName, LoggedRecord[][]>();
  readonly #watchers = new Set<() => void>();
  readonly #ids = new Map<number, ProducerId>();
  readonly #offsets = new Map<number, Positions>();
  readonly transactions: Transaction[] = [];
  /** Told of each group offset before it changes. */
  onOffsets: (partition: number, from: Positions, to: Positions) => void = () => {};

  constructor(world: World, partitions: number) {
    this.#world = world;
    this.partitions = partitions;
  }

  /** One partition's records, those of open and aborted transactions included. */
  lane(topic: TopicName, partition: number): LoggedRecord[] {
    let lanes = this.#topics.get(topic);
    if (lanes === undefined) {
      lanes = Array.from({ length: this.partitions }, () => []);
      this.#topics.set(topic, lanes);
    }
    return lanes[partition]!;
  }

  /** What a read_committed consumer sees of a topic when no transaction is open, partition by partition. */
  visible(topic: TopicName): LoggedRecord[] {
    const lanes = this.#topics.get(topic) ?? [];
    return lanes.flatMap((lane) => lane.filter((record) => (record.transaction?.state ?? 'committed') === 'committed'));
  }

  topics(): TopicName[] {
    return [...this.#topics.keys()];
  }

  append(records: readonly OutputRecord[]): void {
    for (const record of records) this.#write(record, null);
    for (const tell of this.#watchers) tell();
  }

  /** Calls back when records came. */
  watch(watcher: () => void): Cancel {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** A new epoch shuts the former one out and aborts what it left open. Null: not yet, an earlier transaction is not complete. */
  initialise(id: ProducerId): number | null {
    const { transaction } = id;
    if (transaction?.state === 'open') {
      id.epoch += 1;
      this.#end(id, transaction, 'aborting');
      return null;
    }
    if (transaction !== null) return null;
    id.epoch += 1;
    return id.epoch;
  }

  producerId(partition: number): ProducerId {
    const held = this.#ids.get(partition) ?? this.newProducerId(partition);
    this.#ids.set(partition, held);
    return held;
  }

  newProducerId(partition: number): ProducerId {
    return { partition, epoch: 0, transaction: null, cancelTimeout: () => {} };
  }

  /** False: not yet, the producer's earlier transaction is not complete. */
  produce(id: ProducerId, epoch: number, records: readonly OutputRecord[]): boolean {
    const transaction = this.#begun(id, epoch);
    if (transaction === null) return false;
    for (const record of records) transaction.records.push(this.#write(record, transaction));
    return true;
  }

  sendOffsets(id: ProducerId, epoch: number, positions: Positions): boolean {
    const transaction = this.#begun(id, epoch);
    if (transaction === null) return false;
    transaction.input = positions.input ?? transaction.input;
    transaction.cursor = positions.cursor ?? transaction.cursor;
    return true;
  }

  commit(id: ProducerId, epoch: number): void {
    this.#checkEpoch(id, epoch);
    if (id.transaction?.state === 'open') this.#end(id, id.transaction, 'committing');
  }

  positions(partition: number): Positions {
    return this.#offsets.get(partition) ?? { input: null, cursor: null };
  }

  /** An offset commit outside of any transaction, as operators (and faulty variants) do it. */
  setPositions(partition: number, positions: Positions): void {
    this.onOffsets(partition, this.positions(partition), positions);
    this.#offsets.set(partition, positions);
  }

  /** As `setPositions`, but unseen: the broker lost it, or an operator set it on purpose. */
  forceCursor(partition: number, cursor: bigint | null): void {
    this.#offsets.set(partition, { ...this.positions(partition), cursor });
  }

  #checkEpoch(id: ProducerId, epoch: number): void {
    if (epoch !== id.epoch) throw new MmmError('FENCED', undefined, { details: { partition: id.partition, epoch } });
  }

  #begun(id: ProducerId, epoch: number): Transaction | null {
    this.#checkEpoch(id, epoch);
    if (id.transaction !== null) return id.transaction.state === 'open' ? id.transaction : null;
    const transaction: Transaction = {
      number: this.transactions.length + 1,
      partition: id.partition,
      state: 'open',
      input: null,
      cursor: null,
      records: [],
    };
    this.transactions.push(transaction);
    id.transaction = transaction;
    id.cancelTimeout = this.#world.after(TRANSACTION_TIMEOUT_MS, null, 'transaction timeout', () => {
      id.epoch += 1;
      this.#end(id, transaction, 'aborting');
    });
    return transaction;
  }

  #end(id: ProducerId, transaction: Transaction, state: 'committing' | 'aborting'): void {
    transaction.state = state;
    id.cancelTimeout();
    const markersMs = this.#world.random.chance(0.8)
      ? this.#world.random.between(0.2, 3)
      : this.#world.random.between(3, 400);
    this.#world.after(markersMs, null, `markers of transaction ${transaction.number} (${state})`, () => {
      transaction.state = state === 'committing' ? 'committed' : 'aborted';
      id.transaction = null;
      if (state === 'aborting') return;
      const from = this.positions(transaction.partition);
      this.setPositions(transaction.partition, {
        input: transaction.input ?? from.input,
        cursor: transaction.cursor ?? from.cursor,
      });
    });
  }

  #write(record: OutputRecord, transaction: Transaction | null): LoggedRecord {
    const key = typeof record.key === 'string' ? Buffer.from(record.key) : record.key;
    const partition = key === null ? 0 : partitionOf(key, this.partitions);
    const lane = this.lane(record.topic, partition);
    const logged: LoggedRecord = {
      topic: record.topic,
      partition,
      transaction,
      offset: BigInt(lane.length),
      key,
      value: record.value,
      headers: record.headers,
      timestampMs: Math.trunc(this.#world.nowMs),
    };
    lane.push(logged);
    return logged;
  }
}
