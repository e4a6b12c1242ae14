import type { LogRecord } from '../../pipeline/ports/records.ts';

/** Fetching stops above either and goes on below half: two full micro-batches wait while one is decided. */
const HIGH_RECORDS = 2_000;
const HIGH_BYTES = 4 * 1_024 * 1_024;

/** A fetched run of the log, control and aborted records counted in `first` and `last`, which the log numbers without a gap. */
export interface FetchedRun {
  readonly first: bigint;
  readonly last: bigint;
  readonly records: readonly LogRecord[];
}

const sizeOf = (record: LogRecord): number => (record.key?.length ?? 0) + (record.value?.length ?? 0);

/**
 * What was fetched of one partition and not yet taken. States: closed (no position: whatever arrives is dropped) and open at `next`
 * (the offset of the record that must arrive next). `seek` opens, `close` closes; both drop what is held.
 */
export class PartitionBuffer {
  #next: bigint | null = null;
  #records: LogRecord[] = [];
  #taken = 0;
  #bytes = 0;
  #woken = false;
  #notify: (() => void) | null = null;

  get next(): bigint | null {
    return this.#next;
  }

  get held(): number {
    return this.#records.length - this.#taken;
  }

  get full(): boolean {
    return this.held >= HIGH_RECORDS || this.#bytes >= HIGH_BYTES;
  }

  /** True when enough was taken to fetch again. */
  get low(): boolean {
    return this.held <= HIGH_RECORDS / 2 && this.#bytes <= HIGH_BYTES / 2;
  }

  get oldestTimestampMs(): number | null {
    return this.#records[this.#taken]?.timestampMs ?? null;
  }

  open(next: bigint): void {
    this.#drop();
    this.#next = next;
    // A wake from before is for whoever waited then.
    this.#woken = false;
  }

  close(): void {
    this.#drop();
    this.#next = null;
    this.wake();
  }

  /**
   * `taken`: kept, the next run is expected after it. `known`: all of it had arrived before (a rejoin reads from the committed offset
   * again). `closed`: nobody reads. `gap`: something is missing before it; taking it would lose records in silence.
   */
  offer(run: FetchedRun): 'taken' | 'known' | 'closed' | 'gap' {
    const next = this.#next;
    if (next === null) return 'closed';
    if (run.last < next) return 'known';
    if (run.first > next) return 'gap';
    for (const record of run.records) {
      if (record.offset < next) continue;
      this.#records.push(record);
      this.#bytes += sizeOf(record);
    }
    this.#next = run.last + 1n;
    if (this.held > 0) this.#notify?.();
    return 'taken';
  }

  /** At most `max`, without waiting. */
  poll(max: number): readonly LogRecord[] {
    const end = Math.min(this.#taken + max, this.#records.length);
    const taken = this.#records.slice(this.#taken, end);
    for (const record of taken) this.#bytes -= sizeOf(record);
    this.#taken = end;
    // Keeps the taken records from staying reachable, at a cost that is spread over as many of them.
    if (this.#taken === this.#records.length || this.#taken >= HIGH_RECORDS) {
      this.#records = this.#records.slice(this.#taken);
      this.#taken = 0;
    }
    return taken;
  }

  /**
   * As the port says: a wake that came while nobody waited ends the next wait. Who does not wait leaves it to who does, and is not held up by a timer
   * that has run out: on a busy machine that was a turn of the event loop, some 10 ms, for every second batch.
   */
  async take(max: number, waitMs: number): Promise<readonly LogRecord[]> {
    if (waitMs > 0) {
      if (this.held === 0 && !this.#woken) await this.#arrival(waitMs);
      this.#woken = false;
    }
    return this.poll(max);
  }

  wake(): void {
    this.#woken = true;
    this.#notify?.();
  }

  async #arrival(waitMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#notify = resolve;
      timer = setTimeout(resolve, waitMs);
    });
    this.#notify = null;
    clearTimeout(timer);
  }

  #drop(): void {
    this.#records = [];
    this.#taken = 0;
    this.#bytes = 0;
  }
}
