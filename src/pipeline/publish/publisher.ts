import { MmmError } from '../../errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Journal, OutboxRow } from '../ports/journal.ts';
import type { SessionOutput } from '../ports/partitions.ts';
import type { OutputRecord } from '../ports/records.ts';

/** One transaction's worth (design 3.2 step 6): well below half the transaction timeout on the slowest broker we measured. */
export const PUBLISH_MAX_ROWS = 2_000;
export const PUBLISH_MAX_BYTES = 4_000_000;

/**
 * How far publishing has come goes to the journal with the next commit, and by itself when there is nothing to publish. Without either (duplicates alone,
 * say) it goes after this long. It is also when old rows are deleted.
 */
const NOTE_EVERY_MS = 5_000;

export interface PublisherDeps {
  readonly shard: number;
  readonly epoch: bigint;
  readonly journal: Journal;
  readonly output: SessionOutput;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** Told of the records of each transaction that is known to be committed. */
  readonly onPublished?: (records: readonly OutputRecord[]) => void;
}

/** What is to be out once `publish` resolves. */
export interface PublishTarget {
  /** Runs of rows still in memory, with their numbers. Only a saving: what is not here is read from the journal. */
  readonly written: readonly { readonly first: bigint; readonly records: readonly OutputRecord[] }[];
  /** Publish up to this number; null: whatever the journal holds above the cursor now. */
  readonly upto: bigint | null;
  /** Next input offset, moved in the same transaction as the last of the rows. */
  readonly inputNext: bigint | null;
  /** Dead letters of the same input range: no outbox row, exactly once because they move with the offset. */
  readonly deadLetters: readonly OutputRecord[];
}

/**
 * Moves outbox rows out in number order, each transaction carrying rows, cursor and (the last) the input offset together. One per session, one
 * call at a time. The cursor advances only when a transaction is known to be committed; any error ends the session.
 */
export class Publisher {
  readonly #deps: PublisherDeps;
  #cursor: bigint;
  #noted: bigint;
  #notedAtMs: number;
  #noting: Promise<void> | null = null;
  #noteFailure: { readonly error: unknown } | null = null;

  constructor(deps: PublisherDeps, cursor: bigint) {
    this.#deps = deps;
    this.#cursor = cursor;
    this.#noted = cursor;
    this.#notedAtMs = deps.clock.monotonicMs();
  }

  /** The number up to which everything is known to be out. */
  get cursor(): bigint {
    return this.#cursor;
  }

  /** Answers how many records went out. */
  async publish(target: PublishTarget): Promise<number> {
    this.#refuseAfterFailure();
    const held = numbered(target.written);
    let published = 0;
    for (;;) {
      const rows = await this.#nextRows(held, target.upto);
      const reached = rows.length === 0 ? this.#cursor : rows.at(-1)!.number;
      const last = rows.length === 0 || (target.upto !== null && reached >= target.upto);
      const inputNext = last ? target.inputNext : null;
      const deadLetters = last ? target.deadLetters : [];
      if (rows.length === 0 && inputNext === null && deadLetters.length === 0) {
        await this.settle();
        return published;
      }

      const records = [...rows.map(withNumber(this.#deps.shard)), ...deadLetters];
      await this.#deps.output.publish({ records, inputNext, cursor: reached });
      published += records.length;
      this.#deps.onPublished?.(records);
      this.#cursor = reached;
      if (this.#deps.clock.monotonicMs() - this.#notedAtMs >= NOTE_EVERY_MS) this.#tell();
      if (last) return published;
    }
  }

  /** At the start, after cursor and counter were compared: commits the cursor where it stands, so that it exists before the first row goes out. */
  async start(): Promise<void> {
    await this.#commitCursor();
    await this.#deps.journal.accepted(this.#deps.shard, this.#deps.epoch, this.#cursor);
    this.#noted = this.#cursor;
  }

  /** Commits the cursor again, so that it does not expire on a quiet shard. */
  async refreshCursor(): Promise<void> {
    await this.#commitCursor();
    await this.#deps.journal.published(this.#deps.shard, this.#deps.epoch, this.#cursor);
    this.#noted = this.#cursor;
  }

  async #commitCursor(): Promise<void> {
    await this.#deps.output.publish({ records: [], inputNext: null, cursor: this.#cursor });
    await this.settle();
  }

  /** Resolves when the journal knows how far publishing has come. Throws what the journal threw. */
  async settle(): Promise<void> {
    this.#tell();
    await this.#noting;
    this.#refuseAfterFailure();
  }

  /** Not without something to tell: `#note` would end before its promise is kept here, and nothing would ever be told again. */
  #tell(): void {
    if (this.#noted < this.#cursor) this.#noting ??= this.#note();
  }

  /**
   * Tells the journal, in the background and one call at a time: it is a lower bound that only a later session compares with, and waiting for it
   * held back each next transaction by a write to disk. Never rejects: the next `publish` throws what it met.
   */
  async #note(): Promise<void> {
    try {
      while (this.#noted < this.#cursor) {
        const upto = this.#cursor;
        await this.#deps.journal.published(this.#deps.shard, this.#deps.epoch, upto);
        this.#noted = upto;
        this.#notedAtMs = this.#deps.clock.monotonicMs();
      }
    } catch (error) {
      this.#noteFailure = { error };
    } finally {
      this.#noting = null;
    }
  }

  #refuseAfterFailure(): void {
    if (this.#noteFailure !== null) throw this.#noteFailure.error;
  }

  async #nextRows(held: ReadonlyMap<bigint, OutputRecord>, upto: bigint | null): Promise<readonly OutboxRow[]> {
    if (upto !== null && this.#cursor >= upto) return [];
    const fromMemory = run(held, this.#cursor + 1n, upto);
    if (fromMemory.length > 0) return fromMemory;
    const rows = await this.#deps.journal.outbox(this.#deps.shard, this.#cursor, PUBLISH_MAX_ROWS, PUBLISH_MAX_BYTES);
    this.#refuseGap(rows, upto);
    return rows;
  }

  /** Number order is commit order, so a hole is lost data: publishing past it would make the loss final. */
  #refuseGap(rows: readonly OutboxRow[], upto: bigint | null): void {
    const whole = rows.every((row, index) => row.number === this.#cursor + 1n + BigInt(index));
    if (whole && (rows.length > 0 || upto === null)) return;
    throw new MmmError('OUTBOX_GAP', undefined, {
      details: { shard: this.#deps.shard, cursor: this.#cursor.toString() },
    });
  }
}

const numbered = (written: PublishTarget['written']): ReadonlyMap<bigint, OutputRecord> => {
  const held = new Map<bigint, OutputRecord>();
  for (const { first, records } of written) records.forEach((record, index) => held.set(first + BigInt(index), record));
  return held;
};

const run = (held: ReadonlyMap<bigint, OutputRecord>, from: bigint, upto: bigint | null): OutboxRow[] => {
  const rows: OutboxRow[] = [];
  let bytes = 0;
  for (let number = from; upto === null || number <= upto; number++) {
    const record = held.get(number);
    if (record === undefined || rows.length >= PUBLISH_MAX_ROWS) break;
    bytes += record.value?.length ?? 0;
    if (rows.length > 0 && bytes > PUBLISH_MAX_BYTES) break;
    rows.push({ number, record });
  }
  return rows;
};

const withNumber =
  (shard: number) =>
  ({ number, record }: OutboxRow): OutputRecord => ({
    ...record,
    headers: { ...record.headers, 'mmm-outbox': `${shard}:${number}` },
  });
