import { MmmError } from '../../errors.ts';
import { partitionOf } from '../../domain/partitioner.ts';
import type { RecordWriter, SourceHealth } from '../../pipeline/ports/intake.ts';
import type {
  CommittedPositions,
  PartitionGroup,
  PartitionListener,
  PartitionReader,
  Publication,
  SessionOutput,
  SessionOutputs,
} from '../../pipeline/ports/partitions.ts';
import type { LogRecord, OutputRecord } from '../../pipeline/ports/records.ts';

/**
 * The log in memory: partitions, committed positions, one fence per partition. A publication is one turn of the event loop, so it is atomic; a
 * record behind the committed position can be dropped. For `try`, simulation and tests; passes the same contract suite as Kafka and PostgreSQL.
 */
export class MemoryLog implements RecordWriter, PartitionGroup, SessionOutputs {
  readonly partitions: number;
  readonly #now: () => number;
  readonly #keepRead: boolean;
  readonly #records = new Map<string, Lane[]>();
  readonly #committed = new Map<number, { input: bigint | null; cursor: bigint | null }>();
  readonly #fences = new Map<number, number>();
  readonly #readers = new Map<number, MemoryReader>();
  #joined = false;
  #publications: (() => void)[] = [];
  readonly #watchers = new Set<(record: OutputRecord) => void>();

  /** `keepRead: false` drops outputs at once and input once it is behind the committed position: for runs longer than memory. */
  constructor(partitions: number, now: () => number, options: { readonly keepRead: boolean } = { keepRead: true }) {
    this.partitions = partitions;
    this.#now = now;
    this.#keepRead = options.keepRead;
  }

  append(records: readonly OutputRecord[]): Promise<void> {
    for (const record of records) this.#write(record);
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  partitionCount(): Promise<number> {
    return Promise.resolve(this.partitions);
  }

  start(listener: PartitionListener): Promise<void> {
    for (let partition = 0; partition < this.partitions; partition++) listener.assigned(partition);
    this.#joined = true;
    return Promise.resolve();
  }

  health(): SourceHealth {
    return { joined: this.#joined, detail: 'memory' };
  }

  stop(): Promise<void> {
    this.#joined = false;
    return Promise.resolve();
  }

  reader(partition: number): PartitionReader {
    const held = this.#readers.get(partition) ?? new MemoryReader(this.#lane('mmm.signals', partition));
    this.#readers.set(partition, held);
    return held;
  }

  open(partition: number): Promise<SessionOutput> {
    return Promise.resolve(new MemorySessionOutput(this, partition));
  }

  /** Everything of a topic, partition by partition. */
  read(topic: string): readonly LogRecord[] {
    return (this.#records.get(topic) ?? []).flatMap((lane) => lane.held);
  }

  /** One past the last offset. */
  end(topic: string, partition: number): bigint {
    return BigInt(this.#lane(topic, partition).end);
  }

  /** Resolves after the next publication, by whichever session. */
  nextPublication(): Promise<void> {
    return new Promise((resolve) => this.#publications.push(resolve));
  }

  /** Calls back with each output record the moment it is committed. */
  watch(watcher: (record: OutputRecord) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  committed(partition: number): CommittedPositions {
    return this.#committed.get(partition) ?? { input: null, cursor: null };
  }

  /** @internal of the session output */
  raiseFence(partition: number): number {
    const fence = (this.#fences.get(partition) ?? 0) + 1;
    this.#fences.set(partition, fence);
    return fence;
  }

  /** @internal of the session output */
  publish(partition: number, fence: number, publication: Publication): void {
    if (this.#fences.get(partition) !== fence) throw new MmmError('FENCED', undefined, { details: { partition } });
    for (const record of publication.records) this.#write(record);
    const held = this.committed(partition);
    this.#committed.set(partition, { input: publication.inputNext ?? held.input, cursor: publication.cursor });
    if (!this.#keepRead && publication.inputNext !== null)
      this.#lane('mmm.signals', partition).dropBefore(Number(publication.inputNext));
    const waiting = this.#publications;
    this.#publications = [];
    for (const resolve of waiting) resolve();
  }

  #write(record: OutputRecord): void {
    const key = typeof record.key === 'string' ? Buffer.from(record.key) : record.key;
    const partition = key === null ? 0 : partitionOf(key, this.partitions);
    const lane = this.#lane(record.topic, partition);
    lane.add({ key, value: record.value, headers: record.headers, timestampMs: this.#now() });
    if (!this.#keepRead && record.topic !== 'mmm.signals') lane.dropBefore(lane.end);
    if (record.topic === 'mmm.signals') this.#readers.get(partition)?.wake();
    for (const watcher of this.#watchers) watcher(record);
  }

  #lane(topic: string, partition: number): Lane {
    let lanes = this.#records.get(topic);
    if (lanes === undefined) {
      lanes = Array.from({ length: this.partitions }, () => new Lane());
      this.#records.set(topic, lanes);
    }
    return lanes[partition]!;
  }
}

/** One partition: records from `start` on, the ones before dropped. */
class Lane {
  held: LogRecord[] = [];
  #start = 0;

  get end(): number {
    return this.#start + this.held.length;
  }

  add(record: Omit<LogRecord, 'offset'>): void {
    this.held.push({ ...record, offset: BigInt(this.end) });
  }

  from(position: number, maxRecords: number): readonly LogRecord[] {
    const at = Math.max(0, position - this.#start);
    return this.held.slice(at, at + maxRecords);
  }

  dropBefore(position: number): void {
    this.held = this.held.slice(position - this.#start);
    this.#start = position;
  }
}

class MemoryReader implements PartitionReader {
  readonly #lane: Lane;
  #position = 0;
  #wake: (() => void) | null = null;

  constructor(lane: Lane) {
    this.#lane = lane;
  }

  seek(position: bigint | 'earliest'): Promise<void> {
    this.#position = position === 'earliest' ? 0 : Number(position);
    return Promise.resolve();
  }

  async take(maxRecords: number, waitMs: number): Promise<readonly LogRecord[]> {
    if (this.#lane.end <= this.#position) await this.#wait(waitMs);
    const taken = this.#lane.from(this.#position, maxRecords);
    this.#position += taken.length;
    return taken;
  }

  wake(): void {
    this.#wake?.();
  }

  async #wait(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = null;
  }
}

class MemorySessionOutput implements SessionOutput {
  readonly #log: MemoryLog;
  readonly #partition: number;
  #fence = 0;
  #dead = false;

  constructor(log: MemoryLog, partition: number) {
    this.#log = log;
    this.#partition = partition;
  }

  fence(): Promise<CommittedPositions> {
    this.#fence = this.#log.raiseFence(this.#partition);
    return Promise.resolve(this.#log.committed(this.#partition));
  }

  publish(publication: Publication): Promise<void> {
    return Promise.try(() => {
      if (this.#dead) throw new MmmError('FENCED', 'a session output is never used again after an error');
      // Dead until the log has taken it: whatever goes wrong on the way, this output is not used again.
      this.#dead = true;
      this.#log.publish(this.#partition, this.#fence, publication);
      this.#dead = false;
    });
  }

  discard(): Promise<void> {
    this.#dead = true;
    return Promise.resolve();
  }
}
